/** What is asked of nginx whatever the format: the real union without a word, and a live reload. */
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Prefix } from '../../src/core/prefix.ts'
import type { NetworkNamespace } from './network-namespace.ts'
import { startNginx, testConfiguration, type NginxFolder, type RunningNginx } from './nginx.ts'
import { realUnion } from './real-lists.ts'
import { describeWith, networkNamespaces, program, realData } from './requirements.ts'
import {
  PORT,
  PROXY,
  PROXY_6,
  reverseProxyWorld,
  SERVED,
  served,
  TODAY,
  YESTERDAY,
} from './reverse-proxy-world.ts'

export interface NginxCase {
  readonly name: string
  /** A folder whose configuration includes the file, and answers 200 or 403 by it. */
  folderFor(listen?: readonly string[]): NginxFolder
  render(networks: readonly Prefix[]): string
}

export function nginxLaws({ name, folderFor, render }: NginxCase): void {
  describeWith([program('nginx'), realData], `nginx -t, ${name}, real lists`, () => {
    it('has nothing to say about the whole address union', () => {
      const folder = folderFor()
      try {
        folder.include(render(realUnion().input.prefixes))
        expect(testConfiguration(folder)).toEqual({ code: 0, complaints: [] })
      } finally {
        folder.remove()
      }
    })
  })

  describeWith(
    [program('nginx'), program('ip'), program('curl'), networkNamespaces],
    `a live nginx, ${name}`,
    () => {
      const folder = folderFor([`${PROXY}:${PORT}`, `[${PROXY_6}]:${PORT}`])
      let inside: NetworkNamespace
      let nginx: RunningNginx

      beforeAll(async () => {
        inside = await reverseProxyWorld()
        folder.include(render(YESTERDAY))
        nginx = await startNginx(inside, folder, PROXY, PORT)
      })
      afterAll(async () => {
        await inside.close()
        folder.remove()
      })

      it('serves who is inside and nobody else', async () => {
        expect(await served(inside)).toEqual(SERVED.yesterday)
      })

      it('serves nobody who is withdrawn after a reload', async () => {
        folder.include(render(TODAY))
        await nginx.reload()
        expect(await served(inside)).toEqual(SERVED.today)
      })
    },
  )
}
