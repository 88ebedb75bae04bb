/** The bytes of a list that is in memory. */
import type {
  ListBytes,
  ListHead,
  PreparedList,
  StoredList,
} from '../../src/lists/prepared-list.ts'

export type AnyList = PreparedList | StoredList

export function bytesOf(list: AnyList): ListBytes {
  const bytes = 'representations' in list ? list : list.bytes()
  if (bytes) return bytes
  throw new Error(`the list with digest ${list.digest} is not in memory`)
}

/** Everything about a list that a client can see, bytes included. */
export function seenOf(list: StoredList): ListHead & Partial<ListBytes> {
  return { ...list, ...list.bytes(), ...{ bytes: undefined, load: undefined } }
}
