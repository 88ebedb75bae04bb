/**
 * Values of one Terraform variable, in the JSON notation that Terraform loads by itself from a file
 * named NAME.auto.tfvars.json. Text in it is no template: \`\${...}\` stays as it is.
 */
import { formatPort, type EndpointRule } from '../src/core/endpoint-rule.ts'
import type { Exporter, ExportInput } from './contract.ts'
import { sentences } from './head.ts'
import { plain } from './parts/comment.ts'
import { jsonObject, jsonOf, jsonOfPlain } from './parts/json-text.ts'
import { hostName, withoutDots } from './parts/names.ts'
import { ofFamily, textsOf } from './parts/networks.ts'

export const terraform: Exporter = {
  name: 'terraform',
  summary: 'values of a Terraform variable, for NAME.auto.tfvars.json: networks, names with ports',
  group: 'infrastructure',
  consumer: 'Terraform 1, in a root module',
  proof: {
    by: 'program',
    with: 'Terraform 1.11.4: apply and output give back what went in, and after a second file only that',
  },
  guide: `\
Save as \`app-proxy.auto.tfvars.json\` beside the root module, which declares the variable once:

    variable "rangewarden_app-proxy" {
      type = object({
        about = list(string)
        ipv4  = list(string)
        ipv6  = list(string)
        names = list(object({ name = string, ports = list(string) }))
      })
    }

It is named after the list with "." written as "_": \`rangewarden_app-proxy_china\`. Use it as
\`var.rangewarden_app-proxy.ipv4\`; write spaces around a minus sign that follows the name. A port is \`"443"\`, or a range:
\`"10100-10120"\`; \`*.x\` is every name below x, not x itself. \`about\` says how many addresses the list admits and which
required names none of them covers; output it, or put it in a description.

Without the declaration Terraform only warns and goes on without the list (run): treat warnings of \`terraform plan\` as
errors. Only the root module reads the file; hand the value on to modules below it. What your provider holds is its own
limit: an AWS managed prefix list has at most 1,000 entries (by documentation, not run); a budget or shards make a list
fit.

**Replaces**: the whole value is set anew, so networks that left are gone from the next plan (run).`,
  mediaType: 'application/json',
  fileExtension: 'json',
  families: [4, 6],
  carries: ['names', 'addresses'],
  anyDestination: false,
  revision: 1,
  limits: {},
  options: [],
  onEmpty: 'refuse',

  render(input) {
    const variable = `rangewarden_${withoutDots(input.name)}`
    return [`${jsonObject({ [variable]: valueOf(input) }, 0)}\n`]
  },
}

/** Every member is there in every list: a type has no optional ones. */
function valueOf(input: ExportInput): string {
  const { prefixes, rules } = input
  return jsonObject(
    {
      about: jsonOf(sentences(input).map(plain), 4),
      ipv4: jsonOfPlain(textsOf(ofFamily(prefixes, 4)), 4),
      ipv6: jsonOfPlain(textsOf(ofFamily(prefixes, 6)), 4),
      names: jsonOf(rules.map(nameOf), 4),
    },
    2,
  )
}

function nameOf({ name, ports }: EndpointRule): { name: string; ports: string[] } {
  const { host, wild } = hostName('terraform', name)
  return { name: wild ? `*.${host}` : host, ports: ports.map(formatPort) }
}
