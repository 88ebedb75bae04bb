/** Who runs this command, as the operating system knows them. */
import { userInfo } from 'node:os'

/** The number where it has no name: a container's user often has none. */
export function userName(): string {
  try {
    return userInfo().username
  } catch {
    return `uid ${process.getuid?.() ?? 'unknown'}`
  }
}
