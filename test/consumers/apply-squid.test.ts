/**
 * The procedure of docs/examples/apply-squid.sh against a server of the test and a live Squid in a
 * network namespace: a good list is applied, and whatever goes wrong leaves the last good one.
 */
import { execFile } from 'node:child_process'
import { chmodSync, existsSync, linkSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { resolve } from 'node:path'
import { afterAll, beforeAll, beforeEach, expect, it } from 'vitest'
import { squid } from '../../exporters/squid.ts'
import { squidDst } from '../../exporters/squid-dst.ts'
import { exportInput, prefixes, renderText, rule } from '../support/export-input.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import {
  CONNECTOR,
  HOSTS,
  INSIDE,
  SQUID,
  SQUID_ADDRESS,
  squidFolder,
  startSquid,
  type RunningSquid,
  type SquidFolder,
} from '../support/squid.ts'

const SCRIPT = resolve(import.meta.dirname, '../../docs/examples/apply-squid.sh')

const options = { clients: `${CONNECTOR}/32` }
const list = (...names: readonly string[]): string =>
  renderText(squid, exportInput({ rules: names.map((name) => rule(name, 443)), options }))
const networks = (...texts: readonly string[]): string =>
  renderText(squidDst, exportInput({ prefixes: prefixes(...texts) }))

const GOOD = list('login.windows.net')
const NEWER = list('*.msappproxy.net')
const [HEAD = ''] = GOOD.split('\n')

/** What the server answers: a list with its ETag, or as told. */
type Answer = string | ((request: IncomingMessage, response: ServerResponse) => void)

describeWith(
  [program('squid'), program('curl'), program('ip'), networkNamespaces],
  'apply-squid.sh',
  () => {
    let namespace: NetworkNamespace
    let folder: SquidFolder
    let running: RunningSquid
    let answer: Answer = ''
    const asked: (string | undefined)[] = []
    const server = createServer((request, response) => {
      asked.push(request.headers['if-none-match'])
      if (typeof answer !== 'string') return answer(request, response)
      const etag = `"${Buffer.from(answer).toString('base64').slice(-24)}-${answer.length}"`
      if (request.headers['if-none-match'] === etag) return response.writeHead(304).end()
      return response.writeHead(200, { etag }).end(answer)
    })

    const include = (): string => `${folder.path}/list.conf`
    const acl = (): string => `${folder.path}/azure.txt`
    const calls = (): string => readFileSync(`${folder.path}/calls`, 'utf8')
    const read = (file: string): string => readFileSync(file, 'utf8')
    const admits = (host: string): Promise<number> =>
      namespace.ask(running.address, { from: CONNECTOR, method: 'CONNECT', target: `${host}:443` })

    beforeAll(async () => {
      await new Promise<void>((listening) => server.listen(0, '127.0.0.1', listening))
      namespace = await networkNamespace([SQUID_ADDRESS, CONNECTOR, INSIDE], [443])
      folder = squidFolder({ hosts: HOSTS, lines: (path) => [`pid_filename ${path}/squid.pid`] })
      writeFileSync(include(), '')
      writeFileSync(acl(), '')
      const rules = `acl azure dst -n "${acl()}"\nhttp_access allow azure\n`
      folder.include({ afterPortDenies: [`include ${include()}\n`, rules] })
      folder.file(
        'squid',
        `#!/bin/sh\necho "$*" >>${folder.path}/calls\n` +
          `exec ${SQUID} -n rw${process.pid} -f ${folder.conf} "$@"\n`,
      )
      chmodSync(`${folder.path}/squid`, 0o755)
      running = await startSquid(namespace, folder)
    })
    afterAll(async () => {
      server.close()
      await namespace.close()
      folder.remove()
    })

    /** No exit code: a signal ended it. */
    const KILLED = -1
    interface Run {
      readonly code: number
      readonly output: string
    }
    const apply = (given: Answer, file: string, env: Record<string, string> = {}): Promise<Run> => {
      answer = given
      const { port } = server.address() as AddressInfo
      const url = `http://127.0.0.1:${port}/v1/lists/x/squid`
      const environment = { ...process.env, SQUID: `${folder.path}/squid`, ...env }
      return new Promise((done) => {
        execFile('sh', [SCRIPT, url, file], { env: environment }, (error, stdout, stderr) => {
          done({ code: error ? Number(error.code ?? KILLED) : 0, output: stdout + stderr })
        })
      })
    }

    /** GOOD is applied; nothing was counted yet. */
    beforeEach(async () => {
      writeFileSync(`${folder.path}/calls`, '')
      if (existsSync(include()) && read(include()) === GOOD) return
      await apply(GOOD, include())
      await expect.poll(() => admits('login.windows.net')).toBe(200)
      asked.length = 0
      writeFileSync(`${folder.path}/calls`, '')
    })

    const expectLastGood = async ({ code, output }: Run): Promise<void> => {
      expect(code, output).toBe(1)
      expect(output).toContain('stays as it is')
      expect(read(include())).toBe(GOOD)
      expect(calls()).not.toContain('reconfigure')
      for (const left of ['new', 'last', 'answer']) {
        expect(existsSync(`${include()}.${left}`), left).toBe(false)
      }
      expect(await admits('login.windows.net')).toBe(200)
      expect(await admits('tenant.msappproxy.net')).toBe(407)
    }

    it('applies a good list, and yesterday is gone', async () => {
      expect((await apply(NEWER, include())).code).toBe(0)
      expect(read(include())).toBe(NEWER)
      expect(calls()).toBe('-k parse\n-k parse\n-k reconfigure\n')
      await expect.poll(() => admits('tenant.msappproxy.net')).toBe(200)
      expect(await admits('login.windows.net')).toBe(407)
    })

    it('does nothing for the same version, which is not even sent', async () => {
      await apply(GOOD, include())
      asked.length = 0
      expect(await apply(GOOD, include())).toEqual({ code: 0, output: '' })
      expect(asked).toEqual([expect.stringMatching(/^"/)])
      expect(calls()).toBe('')
    })

    it('does not reconfigure for the same bytes under another version', async () => {
      await apply(GOOD, include())
      writeFileSync(`${folder.path}/calls`, '')
      const same: Answer = (_, response) => response.writeHead(200, { etag: '"other"' }).end(GOOD)
      expect(await apply(same, include())).toEqual({ code: 0, output: '' })
      expect(calls()).toBe('')
    })

    it('asks for the whole list if somebody wrote to the file', async () => {
      await apply(GOOD, include())
      asked.length = 0
      writeFileSync(include(), NEWER)
      expect((await apply(GOOD, include())).code).toBe(0)
      expect(asked).toEqual([undefined])
      expect(read(include())).toBe(GOOD)
    })

    it('has Squid read what somebody wrote to the file, if that is the list', async () => {
      await apply(GOOD, include())
      writeFileSync(include(), NEWER)
      expect((await apply(NEWER, include())).code).toBe(0)
      await expect.poll(() => admits('tenant.msappproxy.net')).toBe(200)
      expect(await admits('login.windows.net')).toBe(407)
    })

    it.each<[string, Answer]>([
      ['503', (_, response) => response.writeHead(503).end('later')],
      ['422', (_, response) => response.writeHead(422).end('{"title":"too many"}')],
      ['401', (_, response) => response.writeHead(401).end()],
      ['204', (_, response) => response.writeHead(204).end()],
      ['a redirect', (_, response) => response.writeHead(302, { location: '/' }).end(NEWER)],
      ['an empty body', (_, response) => response.writeHead(200).end()],
      ['a page', '<html>Please log in</html>\n'],
      [
        'half a list',
        (_, response) => {
          response.writeHead(200, { 'content-length': NEWER.length })
          response.write(NEWER.slice(0, -20), () => response.destroy())
        },
      ],
      ['no answer', (request) => request.destroy()],
      ['a rule that Squid does not know', `${HEAD}\nhttp_acces allow all\n`],
      [
        'a name beside its wildcard',
        `${HEAD}\nacl rw_x dstdomain .a.example a.example\nhttp_access allow rw_x\n`,
      ],
      ['nested networks', `${HEAD}\nacl rw_y dst 20.0.0.0/16 20.0.1.0/24\n`],
      ['host bits', `${HEAD}\nacl rw_z dst 20.0.0.1/24\n`],
      ['an ACL of a missing file', `${HEAD}\nacl rw_m dst "/nowhere/azure.txt"\n`],
    ])('keeps the last good list for %s', async (_, broken) => {
      await expectLastGood(await apply(broken, include()))
    })

    it('puts the last good list back where Squid is not running', async () => {
      const stopped = folder.file('stopped', `#!/bin/sh\n[ "$2" = parse ] || exit 1\n`)
      chmodSync(stopped, 0o755)
      await expectLastGood(await apply(NEWER, include(), { SQUID: stopped }))
    })

    it('puts the last good list back where Squid crashes without a word', async () => {
      const crashing = folder.file('crashing', `#!/bin/sh\nkill -SEGV $$\n`)
      chmodSync(crashing, 0o755)
      await expectLastGood(await apply(NEWER, include(), { SQUID: crashing }))
    })

    it('undoes the trial of a run that was killed, whatever this one gets', async () => {
      linkSync(include(), `${include()}.last`)
      rmSync(include())
      writeFileSync(include(), `${HEAD}\nbroken\n`)
      await expectLastGood(await apply((_, response) => response.writeHead(503).end(), include()))
      linkSync(include(), `${include()}.last`) // killed a moment earlier
      await expectLastGood(await apply((_, response) => response.writeHead(503).end(), include()))
    })

    it.each<[string, Answer[]]>([
      ['at once', []],
      ['after a run that got nothing', [(_, response) => response.writeHead(503).end()]],
      ['after a run that got a broken list', [`${HEAD}\nbroken\n`]],
    ])(
      'has Squid forget a list whose run was killed after Squid read it, %s',
      async (_, between) => {
        const killing = folder.file(
          'killing',
          `#!/bin/sh\n${folder.path}/squid "$@"\n[ "$2" = parse ] || kill -KILL $PPID\n`,
        )
        chmodSync(killing, 0o755)
        await apply(GOOD, include())
        expect((await apply(NEWER, include(), { SQUID: killing })).code).toBe(KILLED)
        expect(existsSync(`${include()}.last`)).toBe(true)
        await expect.poll(() => admits('tenant.msappproxy.net')).toBe(200)
        for (const given of between) expect((await apply(given, include())).code).toBe(1)
        expect((await apply(GOOD, include())).code).toBe(0)
        expect(read(include())).toBe(GOOD)
        await expect.poll(() => admits('tenant.msappproxy.net')).toBe(407)
        expect(await admits('login.windows.net')).toBe(200)
      },
    )

    it('makes a missing file, empty, so that Squid starts before the first list', async () => {
      const first = `${folder.path}/first.conf`
      const { code } = await apply((_, response) => response.writeHead(503).end(), first)
      expect([code, read(first)]).toEqual([1, ''])
    })

    it('does not take an empty list for the first, although the file was as empty before', async () => {
      expect(read(acl())).toBe('')
      const { code, output } = await apply(`${HEAD}\n`, acl())
      expect([code, read(acl())]).toEqual([1, ''])
      expect(output).toContain('empty ACL')
    })

    it('applies an ACL file, and keeps it for networks that Squid would leave out', async () => {
      const good = networks('20.1.0.0/28')
      expect((await apply(good, acl())).code).toBe(0)
      await expect.poll(() => admits(INSIDE)).toBe(200)
      const head = good.split('\n').slice(0, 1).join('\n')
      for (const broken of ['20.0.0.0/16\n20.0.1.0/24\n', '20.0.0.1/24\n', '', 'x\n']) {
        expect((await apply(`${head}\n${broken}`, acl())).code, broken).toBe(1)
        expect(read(acl())).toBe(good)
      }
      expect((await apply(networks('20.9.0.0/16'), acl())).code).toBe(0)
      await expect.poll(() => admits(INSIDE)).toBe(407)
    })

    it('sends what a file of options for curl says', async () => {
      const config = folder.file('curl.conf', 'header = "Authorization: Bearer secret"\n')
      const guarded: Answer = (request, response) =>
        request.headers.authorization === 'Bearer secret'
          ? response.writeHead(200).end(GOOD)
          : response.writeHead(401).end()
      expect((await apply(guarded, include())).code).toBe(1)
      expect((await apply(guarded, include(), { CURL_CONFIG: config })).code).toBe(0)
    })

    it('says how to call it', async () => {
      const code = await new Promise((done) => {
        execFile('sh', [SCRIPT], (error) => done(error?.code))
      })
      expect(code).toBe(2)
    })
  },
)
