/** The bytes of a list, as whoever asks for it gets them. */
import type { Lists } from '../../src/lists/lists.ts'
import { devicePath } from '../../src/lists/paths.ts'
import type {
  ListBytes,
  ListHead,
  PreparedList,
  StoredList,
} from '../../src/lists/prepared-list.ts'
import { someFormats } from './formats.ts'

export type AnyList = PreparedList | StoredList

export async function bytesOf(list: AnyList): Promise<ListBytes> {
  return 'representations' in list ? list : list.load()
}

/** Everything about a list that a client can see, bytes included. */
export async function seenOf(list: StoredList): Promise<ListHead & ListBytes> {
  return { ...list, ...(await list.load()), ...{ bytes: undefined, load: undefined } }
}

/** As if every list had been asked for in every format: the front answers what is in memory. */
export async function bringToMemory(lists: Lists): Promise<void> {
  for (const { name } of lists.definitions()) {
    for (const exporter of someFormats) {
      await lists.atPath(devicePath(name, exporter))?.list.load()
    }
  }
}
