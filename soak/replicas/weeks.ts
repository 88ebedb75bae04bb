/**
 * Weeks as real ones are: nearly everything stays, some tags gain an address and lose the one of the
 * week before. However many there are, the guard has nothing to say to any of them.
 */
import { z } from 'zod'
import { makeFeed, type FeedOptions } from '../../test/support/feed.ts'

export interface NextWeek {
  readonly fileDate: string
  readonly fileName: string
  readonly text: string
}

const documentShape = z.looseObject({
  values: z.array(
    z.looseObject({
      name: z.string(),
      properties: z.looseObject({ addressPrefixes: z.array(z.string()) }),
    }),
  ),
})

const FIRST = Date.parse('2019-01-07')
const WEEK_MS = 7 * 86_400_000

/** Changes every week, and the built-in list with it. */
const ALWAYS = 'AzureCloud'

/** Of the others one in so many has its turn. */
const TURNS = 40

/** The same seed gives the same weeks; a call gives the next one. */
export function createNextWeek(options: FeedOptions): () => NextWeek {
  const [base] = makeFeed({ ...options, weeks: 1 })
  const document = documentShape.parse(JSON.parse(base?.text ?? ''))
  let number = 0
  return () => {
    const week = number++
    const values = document.values.map((tag, i) => {
      if (tag.name !== ALWAYS && i % TURNS !== week % TURNS) return tag
      const { addressPrefixes } = tag.properties
      const added = `20.${200 + (week >>> 8)}.${week & 255}.${i & 255}/32` // no region owns it
      return {
        ...tag,
        properties: { ...tag.properties, addressPrefixes: [...addressPrefixes, added] },
      }
    })
    const fileDate = new Date(FIRST + week * WEEK_MS).toISOString().slice(0, 10)
    return {
      fileDate,
      fileName: `ServiceTags_Public_${fileDate.replaceAll('-', '')}.json`,
      text: JSON.stringify({ ...document, changeNumber: 1 + week, values }, null, 2),
    }
  }
}
