/**
 * Our own certificate and its key, as they are in two files. What cannot be served with is named by
 * its setting, its path and the rule it breaks, at the start and whenever the files are others.
 */
import { createPrivateKey, X509Certificate, type KeyObject } from 'node:crypto'
import { readFile } from 'node:fs/promises'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import { invalidInput, messageOf } from '../core/errors.ts'

/** As in RANGEWARDEN_TLS_CERT and RANGEWARDEN_TLS_KEY. */
export interface TlsPaths {
  readonly cert: string
  readonly key: string
}

/** The files' texts, PEM. */
export interface TlsTexts {
  readonly cert: string
  readonly key: string
}

/** A pair that can be served with. */
export interface TlsIdentity extends TlsTexts {
  /** The soonest of the whole chain, since clients refuse any that is expired; may be past. */
  readonly expiresAt: Date
}

/** @throws `invalid-input` for a file that cannot be read */
export async function readTlsTexts(paths: TlsPaths): Promise<TlsTexts> {
  const read = async (setting: string, path: string): Promise<string> => {
    try {
      return await readFile(path, 'utf8')
    } catch (error) {
      throw invalidInput(`${setting} "${path}": cannot be read: ${messageOf(error)}`)
    }
  }
  return {
    cert: await read('RANGEWARDEN_TLS_CERT', paths.cert),
    key: await read('RANGEWARDEN_TLS_KEY', paths.key),
  }
}

/** @throws `invalid-input` for texts that are no certificate and the key of it */
export function tlsIdentity({ cert, key }: TlsTexts, paths: TlsPaths): TlsIdentity {
  const ofCert = `RANGEWARDEN_TLS_CERT "${paths.cert}"`
  const ofKey = `RANGEWARDEN_TLS_KEY "${paths.key}"`
  const chain = certificatesIn(cert, ofCert)
  const [leaf] = chain
  if (!leaf) throw invalidInput(`${ofCert}: holds no certificate in PEM`)
  if (!leaf.checkPrivateKey(privateKeyIn(key, ofKey))) {
    throw invalidInput(
      `${ofKey}: is not the key of the first certificate of ${ofCert}; the service's own ` +
        'certificate comes first, the chain behind it',
    )
  }
  try {
    createSecureContext(secureContextOptions({ cert, key }))
  } catch (error) {
    throw invalidInput(`${ofCert}: cannot be served with: ${messageOf(error)}`)
  }
  const expiresAt = new Date(Math.min(...chain.map(({ validToDate }) => validToDate.getTime())))
  return { cert, key, expiresAt }
}

/** For a listener, and for one that gets another pair: it forgets what is not said again. */
export function secureContextOptions({ cert, key }: TlsTexts): SecureContextOptions {
  return { cert, key, minVersion: 'TLSv1.2' }
}

const CERTIFICATE = /-----BEGIN CERTIFICATE-----.+?-----END CERTIFICATE-----/gs

function certificatesIn(text: string, of: string): X509Certificate[] {
  return (text.match(CERTIFICATE) ?? []).map((pem, i) => {
    try {
      return new X509Certificate(pem)
    } catch (error) {
      throw invalidInput(`${of}: certificate ${i + 1} in it cannot be read: ${messageOf(error)}`)
    }
  })
}

function privateKeyIn(text: string, of: string): KeyObject {
  if (text.includes('ENCRYPTED')) {
    throw invalidInput(`${of}: is encrypted; the key is needed without a passphrase`)
  }
  try {
    return createPrivateKey(text)
  } catch (error) {
    throw invalidInput(`${of}: holds no private key in PEM: ${messageOf(error)}`)
  }
}
