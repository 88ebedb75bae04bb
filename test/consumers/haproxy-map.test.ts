/**
 * What HAProxy makes of the map, and of the plain list as an ACL file: no word of complaint, 200 for
 * who is inside and 403 for who is not. In a network namespace that owns all the addresses.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import type { ExportInput } from '../../exporters/contract.ts'
import { haproxyMap } from '../../exporters/haproxy-map.ts'
import { text } from '../../exporters/text.ts'
import { exportInput, prefixes, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import {
  checkConfiguration,
  haproxyFolder,
  startHaproxy,
  type HaproxyFolder,
} from '../support/haproxy.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { networksOf, splitHead } from '../support/plain-list.ts'
import { realUnion } from '../support/real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from '../support/requirements.ts'
import {
  PORT,
  PROXY,
  PROXY_6,
  reverseProxyWorld,
  SERVED,
  served,
  TODAY,
  YESTERDAY,
} from '../support/reverse-proxy-world.ts'
import { answerTo, runInside, type Answer } from '../support/run-inside.ts'

formatLaws({
  exporter: haproxyMap,
  read: (file) => {
    const { entries, comments } = splitHead(file, '# ')
    expect(comments.length).toBeGreaterThan(0)
    const values = new Set(entries.map((line) => line.split(' ')[1]))
    expect(values.size).toBe(1)
    const networks = entries.map((line) => {
      expect(line).toMatch(/^[0-9a-f.:]+\/[0-9]+ [a-z0-9][a-z0-9.-]*$/)
      return line.split(' ')[0] ?? ''
    })
    return { addresses: networksOf(networks) }
  },
  words: (file) => splitHead(file, '# ').comments.join(' '),
})

/** The two ways to read a list, by the format that each takes; both as the guide shows them. */
const WAYS = {
  map: {
    render: (given: Partial<ExportInput>): string =>
      renderText(haproxyMap, exportInput({ options: {}, name: 'live', ...given })),
    folder: (bind?: readonly string[], first: readonly string[] = []): HaproxyFolder =>
      haproxyFolder(
        (file) => [
          ...first,
          `http-request deny unless { src,map_ip(${file}) -m found }`,
          `http-request return status 200 content-type text/plain lf-string "%[src,map_ip(${file})]"`,
        ],
        bind,
      ),
  },
  acl: {
    render: (given: Partial<ExportInput>): string =>
      renderText(text, exportInput({ options: {}, name: 'live', ...given })),
    folder: (bind?: readonly string[], first: readonly string[] = []): HaproxyFolder =>
      haproxyFolder(
        (file) => [
          ...first,
          `acl azure src -f ${file}`,
          'http-request deny unless azure',
          'http-request return status 200',
        ],
        bind,
      ),
  },
}

const QUIET = { code: 0, complaints: [] }

describe.each(Object.entries(WAYS))('%s', (way, { render, folder: folderOf }) => {
  describeWith([program('haproxy')], `haproxy -c, ${way}`, () => {
    let folder: HaproxyFolder
    beforeAll(() => (folder = folderOf()))
    afterAll(() => folder.remove())

    it.each([
      ['both families', { prefixes: TODAY }],
      ['all of both families', { prefixes: prefixes('0.0.0.0/0', '::/0') }],
      ['the longest name', { name: `a${'.-'.repeat(19)}z`, prefixes: TODAY }],
      ['a long head', { prefixes: TODAY, missingTags: ['\\ "quoted\' '.repeat(2_000)] }],
      ['a head with a long word', { prefixes: TODAY, missingTags: ['x'.repeat(20_000)] }],
    ])('has nothing to say about %s', (_, given) => {
      folder.write(render(given))
      expect(checkConfiguration(folder)).toEqual(QUIET)
    })

    it('takes a comment for one only where the line begins with it, and passes over a blank', () => {
      folder.write(`# one\n\n${render({ prefixes: TODAY })}`)
      expect(checkConfiguration(folder)).toEqual(QUIET)
      folder.write(`${render({ prefixes: TODAY })}  # three\n`)
      expect(checkConfiguration(folder).code).not.toBe(0)
    })

    it('refuses what is no network', () => {
      folder.write(`${render({ prefixes: TODAY })}20.0.0.0/33 x\n`)
      expect(checkConfiguration(folder).code).not.toBe(0)
    })
  })

  describeWith([program('haproxy'), realData], `haproxy -c, real lists, ${way}`, () => {
    it('has nothing to say about the whole address union', () => {
      const folder = folderOf()
      try {
        folder.write(render({ prefixes: realUnion().input.prefixes }))
        expect(checkConfiguration(folder)).toEqual(QUIET)
      } finally {
        folder.remove()
      }
    })
  })

  describeWith(
    [program('haproxy'), program('ip'), program('curl'), networkNamespaces],
    `a live HAProxy, ${way}`,
    () => {
      const folder = folderOf([`${PROXY}:${PORT}`, `${PROXY_6}:${PORT}`])
      let inside: NetworkNamespace

      beforeAll(async () => {
        inside = await reverseProxyWorld()
      })
      afterAll(async () => {
        await inside.close()
        folder.remove()
      })

      it('serves who is inside and nobody else, and nobody withdrawn after a restart', async () => {
        folder.write(render({ prefixes: YESTERDAY }))
        const first = await startHaproxy(inside, folder, PROXY, PORT)
        expect(await served(inside)).toEqual(SERVED.yesterday)
        await first.stop()
        folder.write(render({ prefixes: TODAY }))
        const second = await startHaproxy(inside, folder, PROXY, PORT)
        expect(await served(inside)).toEqual(SERVED.today)
        await second.stop()
      })
    },
  )
})

/** 20.0.0.7 in the two forms that HAProxy reads as it; the third is 20.0.1.7. */
const EMBEDDED = ['2002:1400:7::1', '::1400:7', '2002:1400:107::1']
const LISTED = ['20.0.0.7', '2603:1030::9']

/** The line of the guide. */
const DENY_EMBEDDED = 'http-request deny if { src 2002::/16 ::/96 }'

describeWith(
  [program('haproxy'), program('ip'), program('curl'), networkNamespaces],
  'clients with an IPv4 address in their IPv6 address',
  () => {
    let inside: NetworkNamespace
    beforeAll(async () => {
      inside = await networkNamespace([PROXY, PROXY_6, ...EMBEDDED, ...LISTED], [])
    })
    afterAll(() => inside.close())

    it.each([
      ['map', 'are taken for it', [], [200, 200, 403, 200, 200]],
      ['acl', 'are taken for it', [], [200, 200, 403, 200, 200]],
      ['map', 'are refused by the line of the guide', [DENY_EMBEDDED], [403, 403, 403, 200, 200]],
      ['acl', 'are refused by the line of the guide', [DENY_EMBEDDED], [403, 403, 403, 200, 200]],
    ] as const)('%s: %s', async (way, _, first, answers) => {
      const { folder: folderOf, render } = WAYS[way]
      const folder = folderOf([`${PROXY}:${PORT}`, `${PROXY_6}:${PORT}`], first)
      folder.write(render({ prefixes: prefixes('20.0.0.0/24', '2603:1030::/47') }))
      expect(checkConfiguration(folder)).toEqual(QUIET)
      const haproxy = await startHaproxy(inside, folder, PROXY, PORT)
      const said: Answer[] = []
      for (const from of [...EMBEDDED, ...LISTED]) {
        said.push(await answerTo(inside, from, from.includes(':') ? PROXY_6 : PROXY, PORT))
      }
      await haproxy.stop()
      folder.remove()
      expect(said).toEqual(answers)
    })

    it('are the subject of that line of the guide', () => {
      expect(haproxyMap.guide).toContain(`\n${DENY_EMBEDDED}\n`)
    })
  },
)

describeWith(
  [program('haproxy'), program('ip'), program('curl'), networkNamespaces],
  'the value',
  () => {
    const folder = WAYS.map.folder([`${PROXY}:${PORT}`])
    afterAll(() => folder.remove())

    it('is the name of the list: the longest network decides, and of equal ones the first', async () => {
      const inside = await reverseProxyWorld()
      try {
        const wide = WAYS.map.render({ name: 'wide', prefixes: prefixes('20.0.0.0/8') })
        const narrow = WAYS.map.render({ name: 'narrow', prefixes: prefixes('20.1.0.0/28') })
        const last = WAYS.map.render({ name: 'last', prefixes: prefixes('20.1.0.0/28') })
        folder.write(wide + narrow + last)
        await startHaproxy(inside, folder, PROXY, PORT)
        const ask = async (from: string): Promise<string> => {
          const url = `http://${PROXY}:${PORT}/`
          const options = ['-q', '-s', '--noproxy', '*', '--max-time', '5', '--interface']
          return (await runInside(inside, 'curl', [...options, `host!${from}`, url])).stdout
        }
        expect(await ask('20.1.0.9')).toBe('narrow')
        expect(await ask('20.1.9.9')).toBe('wide')
      } finally {
        await inside.close()
      }
    })
  },
)
