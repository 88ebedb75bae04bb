/**
 * A CiliumCIDRGroup: networks under one name that policies of Cilium refer to. By Cilium's
 * documentation a group generally has one identity, so that a policy does not grow with its networks.
 */
import type { Exporter } from './contract.ts'
import { head } from './head.ts'
import { metadata, OBJECT_LIMITS } from './parts/kubernetes.ts'
import { lines, textsOf } from './parts/networks.ts'

export const ciliumCidrgroup: Exporter = {
  name: 'cilium-cidrgroup',
  summary: 'a CiliumCIDRGroup: the networks under one name, for policies of Cilium to refer to',
  group: 'infrastructure',
  consumer: 'Cilium with CiliumCIDRGroup in cilium.io/v2',
  proof: {
    by: 'schema',
    with:
      'the schema of @kubernetes-models/cilium 4.0.0 for cilium.io/v2, and no member beyond those meant; ' +
      'no cluster was run',
  },
  guide: `\
\`kubectl apply --server-side -f app-proxy-ip.yaml\`; the object belongs to no namespace. It admits nothing by itself. A
policy refers to it, and says for whom and on which ports:

    apiVersion: cilium.io/v2
    kind: CiliumNetworkPolicy
    metadata:
      name: connectors
    spec:
      endpointSelector: {matchLabels: {app: connector}}
      egress:
        - toCIDRSet: [{cidrGroupRef: rangewarden-app-proxy-ip}]
          toPorts: [{ports: [{port: "443", protocol: TCP}, {port: "80", protocol: TCP}]}]

Such a policy denies the pods all other egress, DNS included, that no policy allows. Groups for egress came after 1.14
(cilium/cilium#30624). A Cilium that knows the group only as \`cilium.io/v2alpha1\` takes the same object with that
\`apiVersion\`: its schema is the same. Names cannot be said in a group; a policy has \`toFQDNs\` for them.

**Replaces**: one object holds the whole list, and applying it sets the list anew, so networks that left are gone (not
run: no cluster was at hand). A list that was renamed leaves its old object.

**Limit**: 1,500,000 bytes of YAML, since etcd takes 1.5 MiB. Without \`--server-side\`, kubectl keeps a copy in an
annotation, and annotations end at 262,144 bytes.`,
  mediaType: 'application/yaml',
  fileExtension: 'yaml',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: OBJECT_LIMITS,
  options: [],
  onEmpty: 'refuse',

  render(input) {
    return [
      head(input, '# '),
      'apiVersion: cilium.io/v2\nkind: CiliumCIDRGroup\n',
      metadata('cilium-cidrgroup', input),
      'spec:\n  externalCIDRs:\n',
      lines(textsOf(input.prefixes), '    - "', '"\n'),
    ]
  },
}
