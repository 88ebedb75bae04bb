/** A weekly file of this machine, for a command that takes many: one that cannot be read is refused. */
import { refuse, type Result } from '../core/result.ts'
import { boundedMessageOf, readBounded, type WeeklyFile } from '../sources/weekly-files.ts'

export async function readWeeklyFile({ path }: WeeklyFile): Promise<Result<Buffer>> {
  try {
    return await readBounded(path)
  } catch (error) {
    return refuse(`cannot be read: ${boundedMessageOf(error)}`)
  }
}
