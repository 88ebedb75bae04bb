/** Bodies of every type of event made from its shape: the largest, and any with hostile texts. */
import fc from 'fast-check'
import { z } from 'zod'
import {
  bodyShapeOf,
  eventBodyShape,
  type EventBody,
  type EventType,
} from '../../src/webhooks/event.ts'

/** The real limits of what comes in: names of 256 characters, reasons and lines of 500. */
const MOST_NAME = 256
const MOST_TEXT = 500

/** More than there is of anything, with room to count on. */
const MOST_COUNT = 2 ** 52

/** What chats, cards and terminals might take for more than text. */
export const HOSTILE_PIECES: readonly string[] = [
  '&',
  '<',
  '"',
  '\\',
  '\n',
  '\u0000',
  '*_~`',
  '# ',
  '- ',
  '1. ',
  '漢',
  '💥',
  '\u202e',
  '\ud800',
  '\u2028',
  '@here ',
  '<!channel> ',
  '<@U012AB3CD> ',
  '<users/all>',
  '<at>all</at>',
  '[click](https://evil.example/) ',
  '![x](https://evil.example/x.png)',
  '<https://evil.example|Changes>',
  '&lt;!channel&gt;',
  '{{DATE(2025-01-01T00:00:00Z)}}',
  ':tada: ',
  'https://evil.example/ ',
]

/**
 * The largest body of that type: every list full, every number and text as long as it gets; texts are
 * made of `piece`.
 */
export function largestBody(type: EventType, piece: string): EventBody {
  const text = (most: number) => fc.constant(piece.repeat(most).slice(0, most))
  const count = fc.constant(MOST_COUNT)
  const largest = arbitraryOf(schemaOf(type), { text, count, full: true })
  const [body] = fc.sample(largest, { numRuns: 1, seed: 1 })
  return eventBodyShape.parse(body)
}

/** Any body of that type within the bounds of its shape, with hostile texts more often than not. */
export function anyBody(type: EventType): fc.Arbitrary<EventBody> {
  const any = { text: anyText, count: anyCount, full: false }
  return arbitraryOf(schemaOf(type), any).map((body) => eventBodyShape.parse(body))
}

const LINKS = [
  'https://ranges.example/v1/changes?cloud=Public&from=2025-10-20&to=2025-10-28',
  'http://[2001:db8::1]:8080/v1/runs/1?a=<|>&b=@here#*_x_*',
  'https://user:secret@ranges.example/',
  '/v1/holds/3',
  '//ranges.example/',
  'javascript:alert(1)',
]

const anyCount = fc.oneof(
  fc.nat(3),
  fc.maxSafeNat().map((count) => count % MOST_COUNT),
)

function anyText(most: number): fc.Arbitrary<string> {
  const piece = fc.constantFrom(...HOSTILE_PIECES)
  return fc
    .oneof(
      fc.tuple(piece, fc.nat(most)).map(([text, times]) => text.repeat(times)),
      fc.array(piece, { maxLength: 20 }).map((pieces) => pieces.join('')),
      fc.array(fc.nat(0xff_ff), { maxLength: most }).map((units) => String.fromCharCode(...units)),
      fc.constantFrom(...LINKS),
    )
    .map((text) => text.slice(0, most))
}

type JsonSchema = z.core.JSONSchema.JSONSchema

interface Values {
  readonly text: (most: number) => fc.Arbitrary<string>
  readonly count: fc.Arbitrary<number>
  /** Whether lists have as many items as they may. */
  readonly full: boolean
}

function schemaOf(type: EventType): JsonSchema {
  return z.toJSONSchema(bodyShapeOf(type), { io: 'input' })
}

/** Values of the schema; a part of it that this does not know is an error. */
function arbitraryOf(root: JsonSchema, values: Values): fc.Arbitrary<unknown> {
  return valueOf(root, MOST_TEXT)

  function valueOf(schema: JsonSchema, mostText: number): fc.Arbitrary<unknown> {
    const { $ref, anyOf, properties, items } = schema
    if ($ref !== undefined) {
      const definition = root.$defs?.[$ref.replace('#/$defs/', '')]
      if (definition === undefined) throw new Error(`${$ref} is not defined`)
      return valueOf(definition, mostText)
    }
    if (schema.const !== undefined) return fc.constant(schema.const)
    if (schema.enum !== undefined) return fc.constantFrom(...schema.enum)
    if (anyOf !== undefined) return oneOf(anyOf, mostText)
    if (Array.isArray(schema.type)) {
      return oneOf(
        schema.type.map((type) => ({ ...schema, type })),
        mostText,
      )
    }
    if (properties !== undefined) {
      return fc.record(
        Object.fromEntries(
          Object.entries(properties).map(([key, member]) => {
            return [key, partOf(member, key === 'names' ? MOST_NAME : MOST_TEXT)]
          }),
        ),
      )
    }
    if (schema.type === 'array' && items !== undefined && !Array.isArray(items)) {
      const most = schema.maxItems
      if (most === undefined) throw new Error('a list without a bound')
      return fc.array(partOf(items, mostText), {
        minLength: values.full ? most : 0,
        maxLength: most,
      })
    }
    if (schema.type === 'null') return fc.constant(null)
    if (schema.type === 'integer') {
      return schema.exclusiveMinimum === undefined ? values.count : positive(values.count)
    }
    if (schema.type === 'string') return textOf(schema, mostText)
    throw new Error(`no values for ${JSON.stringify(schema)}`)
  }

  /** `null` is the last of the forms and never the largest. */
  function oneOf(forms: readonly (JsonSchema | boolean)[], most: number): fc.Arbitrary<unknown> {
    return fc.oneof(
      ...forms.slice(0, values.full ? 1 : undefined).map((form) => partOf(form, most)),
    )
  }

  function partOf(schema: JsonSchema | boolean, mostText: number): fc.Arbitrary<unknown> {
    if (typeof schema === 'boolean') throw new Error('a part that may be anything')
    return valueOf(schema, mostText)
  }

  function textOf({ format, pattern }: JsonSchema, most: number): fc.Arbitrary<string> {
    const moment = fc.date({
      min: new Date('2020-01-01'),
      max: new Date('2099-12-31'),
      noInvalidDate: true,
    })
    if (format === 'date') return moment.map((date) => date.toISOString().slice(0, 10))
    if (format === 'date-time') return moment.map((date) => date.toISOString())
    if (pattern === '^\\d+$') return fc.bigInt(0n, 1n << 128n).map(String)
    return pattern === undefined ? values.text(most) : fc.stringMatching(new RegExp(pattern))
  }
}

function positive(count: fc.Arbitrary<number>): fc.Arbitrary<number> {
  return count.map((number) => Math.max(number, 1))
}
