import { execFileSync, spawn } from 'node:child_process'
import { once } from 'node:events'
import { readdirSync, rmSync, writeFileSync } from 'node:fs'
import { createServer } from 'node:net'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { afterAll, beforeAll, describe, expect, it, onTestFinished } from 'vitest'
import { lockFolder } from '../../src/store/folder-lock.ts'
import { openStore } from '../../src/store/open.ts'
import { entryOf, publicationAfter } from '../support/entries.ts'
import { makeFeed } from '../support/feed.ts'
import { temporaryFolder } from '../support/folder.ts'
import { postgres, startPostgres, type PostgresServer } from '../support/postgres.ts'
import { portOf } from '../support/publisher.ts'
import { describeWith } from '../support/requirements.ts'

const lockModule = fileURLToPath(new URL('../../src/store/folder-lock.ts', import.meta.url))

describe('the lock of a data folder', () => {
  it('is had by one holder, who is named with the address to use instead', async () => {
    const folder = temporaryFolder()
    const lock = await lockFolder(folder)
    lock.announce('http://127.0.0.1:8080')
    await expect(lockFolder(folder)).rejects.toThrow(
      `in use by process ${process.pid}: use it with --url http://127.0.0.1:8080, or stop it first`,
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
    expect(readdirSync(folder).sort()).toEqual(['lock.sock', 'server.json'])
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

  it('is given to one of two with the same process id, as in two containers, and stays theirs', async () => {
    const folder = temporaryFolder()
    const attempts = await Promise.allSettled([lockFolder(folder), lockFolder(folder)])
    const locks = attempts.flatMap((attempt) =>
      attempt.status === 'fulfilled' ? [attempt.value] : [],
    )
    expect(locks).toHaveLength(1)
    await expect(lockFolder(folder)).rejects.toThrow(/in use by/)
    for (const lock of locks) lock.release()
    expect(readdirSync(folder)).toEqual([])
  })

  it('is not taken from the next holder by one who had lost it', async () => {
    const folder = temporaryFolder()
    const lost = await lockFolder(folder)
    rmSync(join(folder, 'lock.sock'))
    const next = await lockFolder(folder)
    lost.release()
    await expect(lockFolder(folder)).rejects.toThrow(/in use by/)
    next.release()
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

  it('says that a server is too old, which version is needed, and makes nothing in it', async () => {
    const asked: string[] = []
    const port = await oldServer(140_012, asked)
    const databaseUrl = `postgresql://user:secret@127.0.0.1:${port}/db`
    const attempt = openStore({ dataDir: 'unused', databaseUrl })
    await expect(attempt).rejects.toMatchObject({
      code: 'cannot-start',
      message:
        `the database at 127.0.0.1:${port}/db (DATABASE_URL) is PostgreSQL 14: 15 or later is ` +
        'needed. Upgrade it, or unset DATABASE_URL to use the embedded database.',
    })
    expect(asked).toEqual(['SHOW server_version_num'])
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

describeWith([postgres], 'opening a PostgreSQL', () => {
  let server: PostgresServer
  beforeAll(async () => {
    server = await startPostgres()
  })
  afterAll(() => server.stop())

  it('without rights says where, why and which grants to run, and they are enough', async () => {
    const admin = await server.createDatabase()
    await run(admin, ['CREATE ROLE "the poor" LOGIN'])
    const url = new URL(admin)
    url.username = 'the poor'
    url.password = 's3cret'
    const fault = await openStore({ dataDir: 'unused', databaseUrl: url.href }).then(
      () => undefined,
      (error: unknown) => error,
    )
    expect(fault).toMatchObject({
      code: 'cannot-start',
      message: expect.stringMatching(
        `^the database at ${url.host}${url.pathname} \\(DATABASE_URL\\) cannot be prepared: permission denied for schema public\\. `,
      ) as string,
    })
    expect(String(fault)).not.toContain('s3cret')
    const grants = String(fault).match(/GRANT [^;]+;/g) ?? []
    expect(grants).toHaveLength(2)
    await run(admin, grants)
    const open = await openStore({ dataDir: 'unused', databaseUrl: url.href })
    expect(await open.store.publications.current('Public')).toBeUndefined()
    await open.close()
  })
})

async function run(url: string, statements: readonly string[]): Promise<void> {
  const client = new pg.Client({ connectionString: url })
  await client.connect()
  for (const statement of statements) await client.query(statement)
  await client.end()
}

/** A server that lets everybody in and answers every query with its version; gives its port. */
async function oldServer(version: number, asked: string[]): Promise<number> {
  const server = createServer((socket) => {
    socket.once('data', () => {
      socket.write(Buffer.concat([message('R', int32(0)), ready]))
      socket.on('data', (data: Buffer) => {
        if (data.toString('latin1', 0, 1) !== 'Q') return
        asked.push(data.toString('latin1', 5, data.length - 1))
        const text = Buffer.from(String(version))
        const column = [int16(1), Buffer.from('server_version_num\0'), int32(0), int16(0)]
        const type = [int32(25), int16(-1), int32(-1), int16(0)]
        socket.write(
          Buffer.concat([
            message('T', ...column, ...type),
            message('D', int16(1), int32(text.length), text),
            message('C', Buffer.from('SHOW\0')),
            ready,
          ]),
        )
      })
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  onTestFinished(() => void server.close())
  return portOf(server)
}

function message(type: string, ...parts: readonly Buffer[]): Buffer {
  const body = Buffer.concat(parts)
  return Buffer.concat([Buffer.from(type), int32(body.length + 4), body])
}

const ready = message('Z', Buffer.from('I'))

function int32(value: number): Buffer {
  const bytes = Buffer.alloc(4)
  bytes.writeInt32BE(value)
  return bytes
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeInt16BE(value)
  return bytes
}
