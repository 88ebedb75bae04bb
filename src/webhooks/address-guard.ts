/**
 * Which addresses a webhook may reach. Whoever may create a webhook chooses where this service sends
 * requests from within its network; this is what keeps them from the inside of it. Public addresses
 * are free, others only as far as RANGEWARDEN_WEBHOOK_ALLOW names their network, and a few never.
 */
import { formatAddress, parseAddress, type Address } from '../core/address.ts'
import { parsePrefix, type Prefix } from '../core/prefix.ts'
import { RangeSet } from '../core/range-set.ts'
import { refuse, accept, type Result } from '../core/result.ts'
import { SPECIAL_RANGES, SPECIAL_SPACE } from '../core/special-space.ts'
import { sample } from '../sources/sample.ts'
import { carriedIPv4, isMapped, MAPPED } from './carried-ipv4.ts'

/** `isInside`: in a network that was allowed, so that plain http will do. */
export type Verdict =
  | { readonly ok: true; readonly isInside: boolean }
  | { readonly ok: false; readonly reason: string }

export interface AddressGuard {
  /** Whether any network is allowed. */
  readonly allowsAny: boolean
  /** On an address in any spelling; what cannot be read is refused. */
  verdict(text: string): Verdict
}

/** Networks with their name in a refusal. */
interface NamedNetwork {
  readonly network: Prefix
  readonly set: RangeSet
  readonly name: string
}

/**
 * Not reached whatever is allowed. Within an allowed private network the addresses of cloud services
 * that hand out credentials and configuration to whoever asks from the machine itself stay closed.
 */
const NEVER: readonly NamedNetwork[] = [
  named('0.0.0.0/8', 'an unspecified address'),
  named('::/128', 'an unspecified address'),
  named('169.254.0.0/16', 'a link-local address, where clouds keep their metadata services'),
  named('fe80::/10', 'a link-local address'),
  named('224.0.0.0/4', 'a multicast address'),
  named('ff00::/8', 'a multicast address'),
  named('240.0.0.0/4', 'kept for later, or broadcast'),
  // MicrosoftDocs/azure-docs, articles/virtual-network/what-is-ip-address-168-63-129-16.md
  named('168.63.129.16/32', "Azure's wire server"),
  // canonical/cloud-init, doc/rtd/reference/datasources/aliyun.rst; IPv6 as in its tests
  named('100.100.100.200/32', "Alibaba Cloud's metadata service"),
  named('fd00:100::100:200/128', "Alibaba Cloud's metadata service"),
  // Oracle Cloud Classic, from lists of metadata services for testers; IPv6 from
  // oracle/oci-python-sdk, auth/signers/instance_principals_security_token_signer.py
  named('192.0.0.192/32', "Oracle Cloud's metadata service"),
  named('fd00:c1::a9fe:a9fe/128', "Oracle Cloud's metadata service"),
  // docs.aws.amazon.com: EC2 "Retrieve instance metadata", EKS "Set up the Pod Identity Agent"
  named('fd00:ec2::254/128', "AWS's metadata service"),
  named('fd00:ec2::23/128', "the agent of AWS's Pod Identity"),
  // GoogleCloudPlatform/k8s-config-connector takes it for GCE_METADATA_HOST
  named('fd20:ce::254/128', "Google Cloud's metadata service"),
  // canonical/cloud-init, doc/rtd/reference/datasources/{scaleway,akamai}.rst
  named('fd00:42::42/128', "Scaleway's metadata service"),
  named('fd00:a9fe:a9fe::1/128', "Akamai's metadata service"),
]

const SPECIAL: readonly NamedNetwork[] = SPECIAL_SPACE.map((network) => ({
  network,
  set: RangeSet.of([network]),
  name: network.text,
}))

/**
 * IPv4 inside IPv6 is judged as well, and of an IPv4-mapped address it alone: `allowed` has to hold
 * both, the network of a translator (64:ff9b::/96 where DNS64 is used) and what it leads to.
 */
export function createAddressGuard(allowed: readonly Prefix[]): AddressGuard {
  const inside = RangeSet.of(allowed)

  function against(address: Address): string | undefined {
    const never = NEVER.find(({ set }) => set.contains(address))
    if (never) return `${never.name} (${never.network.text}), which no webhook may reach`
    if (!SPECIAL_RANGES.contains(address) || inside.contains(address)) return undefined
    const special = SPECIAL.find(({ set }) => set.contains(address))
    return `in ${special?.name ?? 'special space'}, which RANGEWARDEN_WEBHOOK_ALLOW does not hold`
  }

  return {
    allowsAny: allowed.length > 0,
    verdict(text) {
      const read = readAddress(text)
      if (!read.ok) return { ok: false, reason: `${sample(text, 60)}: ${read.reason}` }
      const judged = addressesIn(read.value)
      for (const address of judged) {
        const why = against(address)
        if (why !== undefined) return { ok: false, reason: `${nameOf(text, address)} is ${why}` }
      }
      return { ok: true, isInside: judged.every((address) => inside.contains(address)) }
    },
  }
}

/** The address itself, unless it is another in disguise, and those it carries. */
function addressesIn(address: Address): readonly Address[] {
  if (address.family === 4) return [address]
  const carried = carriedIPv4(address.words).map((word): Address => ({ family: 4, words: [word] }))
  return isMapped(address.words) ? carried : [address, ...carried]
}

function nameOf(text: string, judged: Address): string {
  const name = formatAddress(judged)
  return judged.family === 4 && text.includes(':') ? `${text}, which carries ${name},` : name
}

/** More than `parseAddress` reads: what a resolver answers and what a socket says of its other end. */
function readAddress(text: string): Result<Address> {
  if (!text.includes(':')) return parseAddress(text)
  if (text.includes('%')) return refuse('an address with a zone id leads to the link alone')
  const rule = 'not an IPv6 address'
  if (!/^[0-9a-f:.]{2,45}$/i.test(text)) return refuse(rule)
  // Reads every spelling, a dotted tail among them, and writes one: hexadecimal and shortened.
  const url = URL.parse(`http://[${text}]/`)
  if (!url) return refuse(rule)
  const canonical = url.hostname.slice(1, -1)
  const mapped = /^::ffff:([0-9a-f]+):([0-9a-f]+)$/.exec(canonical)
  if (!mapped) return parseAddress(canonical)
  const [high, low] = [mapped[1] ?? '', mapped[2] ?? ''].map((group) => Number.parseInt(group, 16))
  return accept({ family: 6, words: [...MAPPED, (((high ?? 0) << 16) | (low ?? 0)) >>> 0] })
}

function named(text: string, name: string): NamedNetwork {
  const network = parsePrefix(text)
  if (!network.ok) throw new Error(`${text}: ${network.reason}`)
  return { network: network.value, set: RangeSet.of([network.value]), name }
}
