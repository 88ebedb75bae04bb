/** A feed looked at by programs that are not ours: a validator's grammar, and a feed reader. */
import { execFileSync, spawnSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import type { Requirement } from '../support/requirements.ts'

const SCHEMA = fileURLToPath(new URL('atom.rng', import.meta.url))

/** What the validator says against a feed; empty if it is valid. */
export function schemaMistakes(xml: string): string {
  const args = ['--noout', '--nonet', '--relaxng', SCHEMA, '-']
  const { status, stderr } = spawnSync('xmllint', args, { input: xml, encoding: 'utf8' })
  return status === 0 ? '' : stderr.replaceAll(/^- validates\n/gm, '')
}

/** The distribution's own: a package of Debian is for no other Python. */
const PYTHON = '/usr/bin/python3'

export const feedparser: Requirement = hasFeedparser()
  ? {}
  : { missing: 'the Python module feedparser (python3-feedparser)' }

export interface ReadEntry {
  readonly id: string
  readonly title: string
  readonly published: string
  readonly updated: string
  readonly links: readonly { readonly rel: string; readonly href: string; readonly type: string }[]
  readonly tags: readonly string[]
  readonly summary: string
  readonly content: string
}

export interface ReadFeed {
  /** True if the reader had to repair something. */
  readonly bozo: boolean
  readonly version: string
  readonly id: string
  readonly title: string
  readonly author: string
  readonly updated: string
  readonly entries: readonly ReadEntry[]
}

const SCRIPT = `
import feedparser, json, sys, time
headers = {'content-location': sys.argv[1], 'content-type': 'application/atom+xml; charset=utf-8'}
read = feedparser.parse(sys.stdin.buffer.read(), response_headers=headers)
when = lambda moment: time.strftime('%Y-%m-%dT%H:%M:%SZ', moment)
print(json.dumps({
  'bozo': bool(read.bozo), 'version': read.version, 'id': read.feed.id, 'title': read.feed.title,
  'author': read.feed.author, 'updated': when(read.feed.updated_parsed),
  'entries': [{
    'id': entry.id, 'title': entry.title, 'published': when(entry.published_parsed),
    'updated': when(entry.updated_parsed), 'summary': entry.summary,
    'tags': [tag.term for tag in entry.get('tags', [])],
    'links': [{'rel': link.rel, 'href': link.href, 'type': link.type} for link in entry.links],
    'content': entry.content[0].value,
  } for entry in read.entries],
}))
`

/** As a feed reader has it that fetched the feed from this address. */
export function readFeed(xml: string, url: string): ReadFeed {
  const options = { input: xml, encoding: 'utf8', maxBuffer: 64 << 20 } as const
  return JSON.parse(execFileSync(PYTHON, ['-I', '-c', SCRIPT, url], options)) as ReadFeed
}

function hasFeedparser(): boolean {
  if (!existsSync(PYTHON)) return false
  return spawnSync(PYTHON, ['-I', '-c', 'import feedparser']).status === 0
}
