/**
 * Room to work in that is kept between calls. Most sets of addresses are tiny, and a typed
 * array is dear to allocate.
 */

/** Larger room is given, but not kept: 4 MiB. A list of 50,000 networks needs a quarter of it. */
const MOST_KEPT = 2 ** 20

/**
 * Gives at least so many words, of any content; they are the caller's until the next call. So it
 * must not be called while code of others runs in between (an iterator, a callback).
 */
export type WorkRoom = (length: number) => Uint32Array

export function createWorkRoom(): WorkRoom {
  let room = new Uint32Array(256)
  return (length) => {
    if (length <= room.length) return room
    const larger = new Uint32Array(2 ** Math.ceil(Math.log2(length)))
    if (larger.length <= MOST_KEPT) room = larger
    return larger
  }
}
