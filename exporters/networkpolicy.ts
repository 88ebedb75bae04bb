/**
 * A NetworkPolicy of Kubernetes: pods with the list's label may open connections to its networks on
 * the ports of the article. One object, so that applying it leaves nothing of an older list.
 */
import type { Family } from '../src/core/address.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { head } from './head.ts'
import { comment } from './parts/comment.ts'
import { metadata, OBJECT_LIMITS } from './parts/kubernetes.ts'
import { lines, ofFamily, textsOf } from './parts/networks.ts'

const DENIES_THE_REST =
  'Pods with the label may open no other connection, not even to the DNS of the cluster, unless ' +
  'another policy allows it: policies add up.'

export const networkpolicy: Exporter = {
  name: 'networkpolicy',
  summary: 'a Kubernetes NetworkPolicy: egress of labelled pods to the networks on TCP 443 and 80',
  group: 'infrastructure',
  consumer: 'Kubernetes with a network plugin that enforces NetworkPolicy (networking.k8s.io/v1)',
  proof: {
    by: 'schema',
    with:
      'the schema of kubernetes-models 5.1.0 for networking.k8s.io/v1, and no member beyond those meant; ' +
      'no cluster was run',
  },
  guide: `\
Apply it in the namespace of the pods, and label the pods that it is for:

    kubectl -n connectors apply --server-side -f app-proxy-ip.yaml
    kubectl -n connectors label pod NAME rangewarden/allowlist=app-proxy-ip

A pod has one value of that label, so one list. **A pod with the label may do nothing else**: the first policy for
egress that selects a pod denies all that no policy allows, DNS included. Policies add up, so allow DNS with one of your
own:

    apiVersion: networking.k8s.io/v1
    kind: NetworkPolicy
    metadata:
      name: rangewarden-dns
    spec:
      podSelector:
        matchExpressions:
          - {key: rangewarden/allowlist, operator: Exists}
      policyTypes: [Egress]
      egress:
        - to: [{namespaceSelector: {}, podSelector: {matchLabels: {k8s-app: kube-dns}}}]
          ports: [{protocol: UDP, port: 53}, {protocol: TCP, port: 53}]

The networks are of any tenant of Azure. Names cannot be said in a NetworkPolicy: a list of names is refused.

**Replaces**: one object holds the whole list, and applying it sets the whole of \`spec\`, so networks that left are gone
(by the schema, where \`egress\` is one atomic list; no cluster was run). A list that was renamed leaves its old object.

**Limit**: 1,500,000 bytes of YAML, since etcd takes 1.5 MiB; AzureCloud of 2025-10-28, both families, takes 138 kB.
Without \`--server-side\`, kubectl keeps a copy in an annotation, and annotations end at 262,144 bytes. Network plugins
have limits of their own: Cilium has room for 16k pairs of network and port for each pod, which \`cilium-cidrgroup\` saves
(by documentation, not run). A budget makes a list smaller.`,
  mediaType: 'application/yaml',
  fileExtension: 'yaml',
  families: [4, 6],
  carries: ['addresses'],
  anyDestination: false,
  revision: 1,
  limits: OBJECT_LIMITS,
  addsUp: false,
  options: [],
  onEmpty: 'refuse',

  render(input) {
    return [
      head(input, '# '),
      comment('# ', DENIES_THE_REST),
      'apiVersion: networking.k8s.io/v1\nkind: NetworkPolicy\n',
      metadata('networkpolicy', input),
      spec(input),
      peers(input, 4),
      peers(input, 6),
    ]
  },
}

/** Everything but the networks, which follow it. */
function spec({ name }: ExportInput): string {
  return `spec:
  podSelector:
    matchLabels:
      rangewarden/allowlist: "${name}"
  policyTypes: ["Egress"]
  egress:
  - ports:
    - {protocol: "TCP", port: 443}
    - {protocol: "TCP", port: 80}
    to:
`
}

/** In two pieces: one text of them all takes longer to make, being larger than engines make fast. */
function peers({ prefixes }: ExportInput, family: Family): string {
  return lines(textsOf(ofFamily(prefixes, family)), '    - ipBlock: {cidr: "', '"}\n')
}
