/** What objects of Kubernetes have in common: their name, their label, their size. */
import { ExportRefused, type Exporter, type ExportInput } from '../contract.ts'

/** A name of objects: labels of RFC 1123 with dots between (RFC 1123 subdomain). */
const SUBDOMAIN = /^[a-z0-9](?:[a-z0-9-]*[a-z0-9])?(?:\.[a-z0-9](?:[a-z0-9-]*[a-z0-9])?)*$/

/** What an object may take as YAML; it is stored shorter, as JSON or protobuf. */
export const OBJECT_LIMITS: Exporter['limits'] = {
  bytes: 1_500_000,
  source: 'etcd refuses requests over 1.5 MiB (1,572,864 bytes) unless told otherwise',
}

/**
 * `metadata` of the list's object, as YAML. Texts are quoted, so that none is read as anything else.
 * @throws ExportRefused for a list's name that no object can have
 */
export function metadata(format: string, { name }: ExportInput): string {
  if (!SUBDOMAIN.test(name)) {
    throw new ExportRefused(
      `${format} cannot name an object after "${name}": Kubernetes wants letters and digits around ` +
        'every "." and at the end',
      { name },
    )
  }
  return `metadata:
  name: "rangewarden-${name}"
  labels:
    rangewarden/allowlist: "${name}"
`
}
