/** A week's document, changed in one place: what the publisher's file could say instead. */

export interface TagValue {
  name: string
  readonly properties: Record<string, unknown> & { addressPrefixes: unknown[] }
}

export interface WeekDocument extends Record<string, unknown> {
  values: TagValue[]
}

/** From one text to another. */
export type Edit = (text: string) => string

/** As the publisher prints it, after the change. */
export function changed(change: (document: WeekDocument) => void): Edit {
  return (text) => {
    const document = JSON.parse(text) as WeekDocument
    change(document)
    return JSON.stringify(document, null, 2)
  }
}

/** By default one that no list names, so that only the rules for every tag are at work. */
export function tagOf(document: WeekDocument, name = 'Storage'): TagValue {
  const tag = document.values.find((value) => value.name === name)
  if (!tag) throw new Error(`the feed has no tag ${name}`)
  return tag
}

/** With these keys instead; `undefined` leaves one out. */
export function withKeys(keys: Readonly<Record<string, unknown>>): Edit {
  return changed((document) => void Object.assign(document, keys))
}

/** With these properties of an ordinary tag instead. */
export function withProperties(properties: Readonly<Record<string, unknown>>): Edit {
  return changed((document) => void Object.assign(tagOf(document).properties, properties))
}

/** With one prefix more. */
export function withPrefix(prefix: unknown, tag?: string): Edit {
  return changed((document) => void tagOf(document, tag).properties.addressPrefixes.push(prefix))
}

/** With another name for an ordinary tag. */
export function withName(name: string): Edit {
  return changed((document) => {
    tagOf(document).name = name
  })
}

/** With this tag's list of prefixes empty. */
export function withEmpty(name: string): Edit {
  return changed((document) => {
    tagOf(document, name).properties.addressPrefixes = []
  })
}

/** With those tags only. */
export function withTags(which: (name: string, i: number) => boolean): Edit {
  return changed((document) => {
    document.values = document.values.filter(({ name }, i) => which(name, i))
  })
}

/** With a member in front, as text: no object could be printed so. */
export function withMember(key: string, json: string): Edit {
  return (text) => text.replace('{', () => `{ ${JSON.stringify(key)}: ${json},`)
}

/** A document without any tag but these values, as text. */
export function withValues(values: string): Edit {
  return () => `{"changeNumber":1,"cloud":"Public","values":${values}}`
}

/** Lists in lists. */
export function nested(depth: number): string {
  return '['.repeat(depth) + ']'.repeat(depth)
}
