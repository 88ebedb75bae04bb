import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { describe, expect, it, onTestFinished } from 'vitest'
import { lockFolder } from '../../src/store/folder-lock.ts'
import { openStore } from '../../src/store/open.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { makeFeed } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'

const lockModule = fileURLToPath(new URL('../../src/store/folder-lock.ts', import.meta.url))

describe('the lock of a data folder', () => {
  it('is had by one holder, who is named with the address to use instead', async () => {
    const folder = temporaryFolder()
    const lock = await lockFolder(folder)
    lock.announce('http://127.0.0.1:8080')
    await expect(lockFolder(folder)).rejects.toThrow(
      `in use by process ${process.pid}: use it with --url http://127.0.0.1:8080`,
    )
    lock.release()
    const next = await lockFolder(folder)
    next.release()
  })

  it('is free again when its holder was killed', async () => {
    const folder = temporaryFolder()
    const holder = holdInOtherProcess(folder)
    await once(holder.stdout, 'data')
    await expect(lockFolder(folder)).rejects.toThrow(`in use by process ${holder.pid}`)
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    expect(existsSync(join(folder, 'lock.sock'))).toBe(true)
    const lock = await lockFolder(folder)
    lock.release()
  })

  it('is given to one of several that find a dead socket at the same moment', async () => {
    const folder = temporaryFolder()
    const holder = holdInOtherProcess(folder)
    await once(holder.stdout, 'data')
    holder.kill('SIGKILL')
    await once(holder, 'exit')
    const rivals = [1, 2, 3].map(() => holdInOtherProcess(folder))
    const answers = await Promise.all(
      rivals.map(async (rival) => String((await once(rival.stdout, 'data')) as unknown)),
    )
    expect(answers.sort()).toEqual(['held', 'in use', 'in use'])
  })

  it('says that a folder cannot be made where a file is', async () => {
    const folder = temporaryFolder({ file: '' })
    await expect(lockFolder(join(folder, 'file', 'data'))).rejects.toThrow(/cannot be created/)
  })

  it('says that a path is too long for a socket', async () => {
    await expect(lockFolder(join(temporaryFolder(), 'x'.repeat(100)))).rejects.toThrow(/too long/)
  })

  function holdInOtherProcess(folder: string) {
    const script = `
      import { lockFolder } from ${JSON.stringify(lockModule)}
      setInterval(() => undefined, 1000)
      await lockFolder(process.argv[1]).then(
        () => process.stdout.write('held'),
        () => process.stdout.write('in use'),
      )`
    const child = spawn(process.execPath, ['--input-type=module', '-e', script, folder])
    onTestFinished(() => void child.kill('SIGKILL'))
    return child
  }
})

describe('opening the store', () => {
  it('finds again what was published before the process ended', async () => {
    const dataDir = temporaryFolder()
    const [week] = makeFeed({ weeks: 1 })
    if (!week) throw new Error('no week')
    const entry = entryOf(week)
    const open = await openStore({ dataDir })
    await open.store.publications.publish(entry, publicationAfter(0))
    await expect(openStore({ dataDir })).rejects.toMatchObject({ code: 'cannot-start' })
    await open.close()
    const again = await openStore({ dataDir })
    const current = await again.store.publications.current('Public')
    expect(current).toMatchObject({ serial: 1, kind: 'sync' })
    await again.ping()
    await again.close()
  })

  it('says which server does not answer, what to do, and keeps the password to itself', async () => {
    const port = 1 // nothing listens on it
    const databaseUrl = `postgresql://user:secret@127.0.0.1:${port}/db`
    const attempt = openStore({ dataDir: 'unused', databaseUrl })
    await expect(attempt).rejects.toMatchObject({
      code: 'database-unavailable',
      message: expect.stringMatching(
        /127\.0\.0\.1:1\/db .*ECONNREFUSED.*unset DATABASE_URL/,
      ) as string,
    })
    await expect(attempt).rejects.not.toThrow(/secret/)
  })

  it('says that the embedded database is damaged and lets the folder go', async () => {
    const dataDir = temporaryFolder()
    execFileSync('mkdir', ['-p', join(dataDir, 'pg')])
    writeFileSync(join(dataDir, 'pg', 'PG_VERSION'), 'nonsense')
    await expect(openStore({ dataDir })).rejects.toMatchObject({
      code: 'cannot-start',
      message: expect.stringContaining(`embedded database in ${dataDir} does not open`) as string,
    })
    const lock = await lockFolder(dataDir)
    lock.release()
  })
})
