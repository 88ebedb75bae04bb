/**
 * What the clients of the proof ask for, and what is wrong with an answer. Nothing here knows the
 * code under test: a list is judged by its own headers, and by the digest that its ETag says it has.
 */
import { createHash } from 'node:crypto'
import type { IncomingHttpHeaders } from 'node:http'
import { brotliDecompressSync, gunzipSync } from 'node:zlib'
import type { Random } from '../../test/support/random.ts'

type Encoding = 'identity' | 'gzip' | 'br'

export interface Ask {
  readonly kind: 'list' | 'tag' | 'lookup'
  readonly method: 'GET' | 'HEAD'
  readonly path: string
  readonly headers: Readonly<Record<string, string>>
}

export interface Reply {
  readonly status: number
  readonly headers: IncomingHttpHeaders
  readonly body: Buffer
}

export interface Verdict {
  /** Undefined where nothing is wrong. */
  readonly fault: string | undefined
  /** Id of the snapshot that it says it is of. */
  readonly snapshot: string | undefined
  /** Of a list: which bytes it has, however they are sent. */
  readonly digest: string | undefined
}

/** A mix in which most is a list, as devices and pipelines ask for it, and some is the API. */
export interface Asker {
  next(): Ask
  judge(ask: Ask, reply: Reply): Verdict
}

/** Large ones and small ones, what changes every week and what never does. */
const LISTS = [
  '/l/app-proxy-ip/text.txt',
  '/l/app-proxy-ip/panos-edl-ip.txt',
  '/l/app-proxy-ip/squid.conf',
  '/l/app-proxy-ip/cisco-asa.cfg',
  '/v1/allowlists/app-proxy-ip/nftables',
  '/v1/allowlists/app-proxy-ip/json',
  '/l/app-proxy/squid-dstdomain.txt',
  '/v1/allowlists/app-proxy/json',
]

const TAGS = ['/v1/tags/ServiceBus', '/v1/tags/AzureActiveDirectory']

const LOOKUPS = ['/v1/lookup/20.200.0.0', '/v1/lookup/192.0.2.1']

const ENCODINGS: readonly Encoding[] = ['identity', 'gzip', 'br']

const DECODERS: Readonly<Record<string, (body: Buffer) => Buffer>> = {
  gzip: (body) => gunzipSync(body),
  br: (body) => brotliDecompressSync(body),
}

/** The digest, and what is appended to it for an encoding. */
const LIST_ETAG = /^"([0-9a-f]{32})(-gz|-br)?"$/

const SUFFIXES: Readonly<Record<string, string | undefined>> = { gzip: '-gz', br: '-br' }

export function createAsker(random: Random): Asker {
  /** As the last answer told them, by path and encoding. */
  const etags = new Map<string, string>()
  /** SHA-256 of bodies whose content has been compared with their tag. */
  const compared = new Set<string>()

  function nextList(): Ask {
    const path = random.pick(LISTS)
    const encoding = random.pick(ENCODINGS)
    const etag = etags.get(`${encoding} ${path}`)
    const isConditional = etag !== undefined && random.chance(0.5)
    return {
      kind: 'list',
      method: random.chance(0.15) ? 'HEAD' : 'GET',
      path,
      headers: {
        'accept-encoding': encoding,
        ...(isConditional ? { 'if-none-match': etag } : {}),
      },
    }
  }

  function hasDigest(body: Buffer, encoding: string | undefined, digest: string): boolean {
    const key = `${digest} ${sha256(body)}`
    if (compared.has(key)) return true
    const decode = encoding === undefined ? undefined : DECODERS[encoding]
    const isRight = sha256(decode ? decode(body) : body).startsWith(digest)
    if (isRight) compared.add(key)
    return isRight
  }

  function judgeList({ method, path, headers: asked }: Ask, reply: Reply): Verdict {
    const { status, headers, body } = reply
    const { etag = '', 'content-encoding': encoding } = headers
    const snapshot = textOf(headers['rangewarden-snapshot'])
    const [, digest, suffix] = LIST_ETAG.exec(etag) ?? []
    const verdict = (fault: string | undefined): Verdict => ({ fault, snapshot, digest })
    if (digest === undefined) return verdict(`ETag ${etag}`)
    if (snapshot === undefined) return verdict('no Rangewarden-Snapshot')
    if (status === 304) {
      if (body.length > 0) return verdict('304 with a body')
      return verdict(
        etag === asked['if-none-match'] ? undefined : `304 to another tag than ${etag}`,
      )
    }
    if (suffix !== SUFFIXES[encoding ?? ''])
      return verdict(`ETag ${etag} of ${encoding ?? 'plain'}`)
    etags.set(`${asked['accept-encoding'] ?? ''} ${path}`, etag)
    const length = Number(headers['content-length'])
    if (method === 'HEAD') return verdict(length > 0 ? undefined : `Content-Length ${length}`)
    if (length !== body.length) return verdict(`Content-Length ${length} of ${body.length} bytes`)
    if (!hasDigest(body, encoding, digest)) return verdict(`a body that is not of its ETag ${etag}`)
    return verdict(undefined)
  }

  return {
    next() {
      const dice = random.below(100)
      if (dice < 90) return nextList()
      const [kind, paths] = dice < 95 ? (['tag', TAGS] as const) : (['lookup', LOOKUPS] as const)
      return { kind, method: 'GET', path: random.pick(paths), headers: {} }
    },

    judge(ask, reply) {
      const { status } = reply
      const isAnswer = status === 200 || (status === 304 && 'if-none-match' in ask.headers)
      if (!isAnswer) {
        const said = reply.body.toString().slice(0, 300)
        return { fault: `${status}: ${said}`, snapshot: undefined, digest: undefined }
      }
      return ask.kind === 'list' ? judgeList(ask, reply) : judgeAnswer(ask, reply)
    },
  }
}

/** JSON, all of it; tags say of which snapshot they are. */
function judgeAnswer({ kind }: Ask, { headers, body }: Reply): Verdict {
  const length = Number(headers['content-length'])
  const text = body.toString()
  const verdict = (fault: string | undefined, snapshot?: string): Verdict => ({
    fault,
    snapshot,
    digest: undefined,
  })
  if (length !== body.length) return verdict(`Content-Length ${length} of ${body.length} bytes`)
  if (!isJson(text)) return verdict(`no JSON: ${text.slice(0, 100)}`)
  if (kind === 'lookup') return verdict(undefined)
  const snapshot = /^\{"snapshot":\{"id":"([^"]+)"/.exec(text)?.[1]
  return verdict(snapshot === undefined ? 'a tag of no snapshot' : undefined, snapshot)
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

function textOf(value: string | string[] | undefined): string | undefined {
  return typeof value === 'string' ? value : undefined
}

function sha256(data: Buffer): string {
  return createHash('sha256').update(data).digest('hex')
}
