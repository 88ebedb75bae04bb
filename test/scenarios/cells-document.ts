/** The file that is linked arrives whole, and its document is not what it should be. */
import { bytes } from '../support/publisher.ts'
import { BY_PAGE, nextText, type Cell, type Stage } from './cell.ts'
import {
  changed,
  nested,
  tagOf,
  withEmpty,
  withKeys,
  withMember,
  withName,
  withPrefix,
  withProperties,
  withTags,
  withValues,
  type Edit,
} from './documents.ts'

/** The next week's file says this. */
export function document(fault: string, edit: Edit, verdict: Verdict): Cell {
  const arrange = (stage: Stage): void => stage.offer(1, bytes(edit(nextText(stage))))
  return { step: 'file', fault, arrange, ...verdict }
}

/** The next week's file says what is published, after the edit: no other news. */
function published(fault: string, edit: Edit, verdict: Verdict): Cell {
  const arrange = ({ offer, week }: Stage): void => offer(1, bytes(edit(week(0).text)))
  return { step: 'file', fault, arrange, ...verdict }
}

export type Verdict = Pick<Cell, 'outcome' | 'says'>

export const refused = (says: RegExp): Verdict => ({ outcome: 'refused', says })
export const held = (says: RegExp): Verdict => ({ outcome: 'held', says })

/** Nothing is wrong with it. */
const accepted: Verdict = { outcome: 'published', says: BY_PAGE }

const shapes: readonly Cell[] = [
  document('null', () => 'null', refused(/"null".*the document is a JSON object/)),
  document('[]', () => '[]', refused(/a list of 0.*the document is a JSON object/)),
  document('{}', () => '{}', refused(/"values".*\(missing\).*a list of service tags/)),
  document(
    'missing key changeNumber',
    withKeys({ changeNumber: undefined }),
    refused(/"changeNumber".*\(missing\).*a whole number/),
  ),
  document(
    'missing key cloud',
    withKeys({ cloud: undefined }),
    refused(/"cloud".*\(missing\).*one of the clouds/),
  ),
  document(
    'missing key values',
    withKeys({ values: undefined }),
    refused(/"values".*\(missing\).*a list of service tags/),
  ),
  document(
    'missing key addressPrefixes',
    withProperties({ addressPrefixes: undefined }),
    refused(/addressPrefixes.*\(missing\).*a list of prefixes/),
  ),
  document(
    'extra keys everywhere',
    changed((all) => {
      Object.assign(all, { nextLink: null, state: [1] })
      Object.assign(tagOf(all), { etag: 'x' })
      Object.assign(tagOf(all).properties, { state: 'Available', more: { of: [] } })
    }),
    accepted,
  ),
  document(
    '8 million values, as many as the size lets in',
    withValues(`[${'0,'.repeat(8_000_000)}0]`),
    refused(/at most \d+ commas/),
  ),
  document('5,000-deep nesting', () => nested(5_000), refused(/at most \d+ levels/)),
  document(
    '5,000-deep nesting in an extra key',
    withMember('more', nested(5_000)),
    refused(/at most \d+ levels/),
  ),
  document(
    'of another cloud',
    withKeys({ cloud: 'China' }),
    refused(/China, Public was asked for/),
  ),
]

const EMPTY = /"rule":"tag-loss".*ServiceBus shrink by 100 %.*the limit is 30 %: it is empty/

/** The new one is in no estate of the feed. */
const emptyAndNew: Edit = (text) =>
  withPrefix('13.64.0.0/24', 'AzureCloud')(withEmpty('ServiceBus')(text))

const tags: readonly Cell[] = [
  document(
    'a tag twice',
    changed((all) => void all.values.push(tagOf(all))),
    refused(/values\[\d+\]\.name.*Storage.*the same tag as values\[\d+\]/),
  ),
  document(
    'a prefix twice in one tag',
    changed((all) => {
      const { addressPrefixes } = tagOf(all).properties
      addressPrefixes.push(addressPrefixes[0])
    }),
    refused(/addressPrefixes.*the same prefix twice in one tag/),
  ),
  document('an empty tag', withEmpty('Storage'), accepted),
  published('an empty tag that a list names', withEmpty('ServiceBus'), held(EMPTY)),
  {
    ...published('an empty tag that a list names, beside a new prefix', emptyAndNew, held(EMPTY)),
    adds: true,
  },
  document('an empty AzureCloud', withEmpty('AzureCloud'), refused(/AzureCloud has no prefixes/)),
  published(
    'half of the tags',
    withTags((name, i) => i % 2 === 0 || name === 'AzureCloud'),
    held(/"rule":"size".* tags vanish \([\d.]+ %\), the limit is 30 %/),
  ),
  document(
    'a tag named __proto__',
    withName('__proto__'),
    refused(/values\[\d+\]\.name.*__proto__.*a tag name is letters, digits/),
  ),
  document('a tag named constructor', withName('constructor'), accepted),
  document(
    'a key named __proto__ in place of what is missing',
    (text) => text.replace('"cloud"', '"__proto__": {"cloud": "Public"}, "x"'),
    refused(/"cloud".*\(missing\)/),
  ),
  document(
    'a control character in a tag name',
    withName('Sto\x07rage'),
    refused(/Sto\\\\u0007rage/),
  ),
  document('a NUL in a tag name', withName('Sto\0rage'), refused(/Sto\\\\u0000rage/)),
  document('a bidi override in a tag name', withName('Sto\u202egar'), refused(/Sto\\\\u202egar/)),
]

export const documentCells: readonly Cell[] = [...shapes, ...tags]
