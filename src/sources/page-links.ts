/**
 * Finds the newest weekly file on a download page, text in, links out. The page's own inventory
 * comes first (a JSON object in a script, names and sizes without guessing at markup); when it is
 * missing, has changed shape or lists nothing of the cloud, every link-like piece of text counts.
 */
import { z } from 'zod'
import type { Cloud } from '../core/cloud.ts'
import type { FileDate } from '../core/file-date.ts'
import type { Result } from '../core/result.ts'
import { compareText } from '../core/snapshot.ts'
import { parseWeeklyFileName } from './file-name.ts'
import { sample } from './sample.ts'

export interface PageLink {
  readonly url: URL
  readonly fileName: string
  readonly fileDate: FileDate
  /** In bytes, where the page says it. */
  readonly size?: number | undefined
}

export type PageLinks =
  | { readonly ok: true; readonly links: readonly PageLink[] }
  /** What was looked for, and a short sample of what was there instead. */
  | { readonly ok: false; readonly reason: string; readonly found: string }

/** Whether a link may be followed: where to, or the rule against it. */
export type Locate = (link: string) => Result<URL>

const MARKER = 'window.__DLCDetails__'
const MAX_URL = 2048
/** Of wrong links, in a refusal. */
const MAX_SHOWN = 3

/**
 * All links of the newest file date of the cloud, the inventory's first: the page can list more
 * than one, and some of them answer with an error. Dates after `notAfter` are slips of the pen as
 * long as there is another. O(length of the page).
 */
export function newestLinks(
  page: string,
  cloud: Cloud,
  locate: Locate,
  notAfter?: FileDate,
): PageLinks {
  const inventory = readInventory(page)
  const listed = inventory.files.flatMap(({ url, size }) => {
    const link = linkOf(url, cloud, locate)
    return link.ok ? [{ ...link.value, size }] : []
  })
  const wrong: string[] = []
  const found: PageLink[] = []
  for (const text of linksIn(page)) {
    const link = linkOf(text, cloud, locate)
    // The inventory names its files bare, too: that is no address.
    if (link.ok && (listed.length === 0 || text.includes('/'))) found.push(link.value)
    else if (link.ok) continue
    else if (wrong.length < MAX_SHOWN) wrong.push(`${sample(text)} (${link.reason})`)
  }
  const all = [...listed, ...found]
  const plausible = all.filter(({ fileDate }) => notAfter === undefined || fileDate <= notAfter)
  if (all.length > 0) return { ok: true, links: newest(plausible.length > 0 ? plausible : all) }
  return {
    ok: false,
    reason:
      `no link to ServiceTags_${cloud}_YYYYMMDD.json on the publisher's file host: ` +
      `${inventory.note}, and no such link in the page's text`,
    found: wrong.length > 0 ? wrong.join('; ') : `a page of ${page.length}: ${beginning(page)}`,
  }
}

function newest(links: readonly PageLink[]): PageLink[] {
  const last = links
    .map(({ fileDate }) => fileDate)
    .reduce((a, b) => (compareText(a, b) < 0 ? b : a))
  const byUrl = new Map<string, PageLink>()
  for (const link of links) {
    if (link.fileDate === last && !byUrl.has(link.url.href)) byUrl.set(link.url.href, link)
  }
  return [...byUrl.values()]
}

function linkOf(text: string, cloud: Cloud, locate: Locate): Result<PageLink> {
  if (text.length > MAX_URL) return { ok: false, reason: `longer than ${MAX_URL} characters` }
  const url = locate(text)
  if (!url.ok) return url
  const fileName = url.value.pathname.split('/').at(-1) ?? ''
  const name = parseWeeklyFileName(fileName)
  if (!name.ok) return name
  if (name.value.cloud !== cloud) return { ok: false, reason: `not of ${cloud}` }
  // The publisher has no compressed files; a `.gz` here is not what was looked for.
  if (name.value.compressed || name.value.format !== 'json') {
    return { ok: false, reason: 'not a .json file' }
  }
  return { ok: true, value: { url: url.value, fileName, fileDate: name.value.fileDate } }
}

const Inventory = z.object({
  dlcDetailsView: z.object({ downloadFile: z.array(z.unknown()).max(1000) }),
})

/** `size` is decimal text on the page; anything else is as good as none. */
const InventoryFile = z.object({
  url: z.string(),
  size: z
    .union([z.string().regex(/^[1-9]\d{0,11}$/), z.number().int().positive()])
    .transform(Number)
    .optional()
    .catch(undefined),
})

interface ListedFile {
  readonly url: string
  readonly size?: number | undefined
}

/** `note` says for a refusal what became of this way. */
function readInventory(page: string): { files: readonly ListedFile[]; note: string } {
  let note = `no ${MARKER} on the page`
  let at = page.indexOf(MARKER)
  // A script may mention the name before it sets it, but not often.
  for (let tries = 0; at >= 0 && tries < 10; tries++, at = page.indexOf(MARKER, at + 1)) {
    const text = objectFrom(page, at + MARKER.length)
    const inventory = Inventory.safeParse(text === undefined ? undefined : jsonOf(text))
    if (inventory.success) {
      const { downloadFile } = inventory.data.dlcDetailsView
      const files = downloadFile.flatMap((file) => InventoryFile.safeParse(file).data ?? [])
      return { files, note: `${MARKER} lists ${downloadFile.length} files, none of them it` }
    }
    note = `${MARKER} is not the inventory it was`
  }
  return { files: [], note }
}

/** Undefined for text that is not JSON, which no schema accepts. */
function jsonOf(text: string): unknown {
  try {
    return JSON.parse(text)
  } catch (error) {
    if (error instanceof SyntaxError) return undefined
    throw error
  }
}

/**
 * The text of the object assigned at `start`, up to the brace that closes it: braces within strings
 * do not count. A loop, as a pattern would go back over an unclosed string again and again.
 */
function objectFrom(page: string, start: number): string | undefined {
  const assignment = /\s*=\s*(?=\{)/y
  assignment.lastIndex = start
  if (!assignment.test(page)) return undefined
  const open = assignment.lastIndex
  let [depth, inString] = [0, false]
  for (let i = open; i < page.length; i++) {
    const char = page[i]
    if (inString) {
      if (char === '\\') i++
      else if (char === '"') inString = false
    } else if (char === '"') inString = true
    else if (char === '{') depth++
    else if (char === '}' && --depth === 0) return page.slice(open, i + 1)
  }
  return undefined
}

/**
 * Every piece of text that could be a link to a service-tags file, quoted or bare: what stands
 * between two characters that cannot be in a URL.
 */
function* linksIn(page: string): Iterable<string> {
  const plain = page
    .replaceAll(/\\(?:\/|u002f)|&#x2f;|&#47;/gi, '/')
    .replaceAll(/&quot;|&#34;|&#39;|&apos;/gi, '"')
    .replaceAll(/&amp;|\\u0026/gi, '&')
  for (const [piece] of plain.matchAll(/[^\s"'`<>\\,;()[\]{}|^]+/g)) {
    if (!piece.includes('ServiceTags_')) continue
    // `href=https://…` without quotes, `link:https://…`
    const scheme = piece.search(/https?:\/\//)
    yield scheme > 0 ? piece.slice(scheme) : piece
  }
}

/** The title if there is one: `Access Denied` says more than the page's first tags. */
function beginning(page: string): string {
  const title = /<title[^>]{0,200}>([^<]{1,400})/i.exec(page)?.[1]
  return sample(title ?? page)
}
