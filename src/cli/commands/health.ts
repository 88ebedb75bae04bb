/** `health`: whether the service lives, for what starts it again when it does not. */
import { Agent, fetch } from 'undici'
import type { Config } from '../../config.ts'
import { invalidInput } from '../../core/errors.ts'
import { reasonOf } from '../client.ts'
import type { CliCommand } from '../command.ts'

/** Shorter than those who call this wait for it. */
const TIMEOUT_MS = 4_000

/** What a health check of a container may exit with; others are reserved. */
const UNHEALTHY = 1

export const health: CliCommand = {
  name: 'health',

  describe(command) {
    command.description(
      'ask the service that has these settings, or the one at --url, whether it lives: exits 0 or 1',
    )
  },

  async run({ io, json, url, dataDir, stop, readConfig }) {
    const origin = url ?? ownOrigin(readConfig({ dataDir }))
    // Its own certificate is for the name by which others reach it.
    const connect = url === undefined ? { rejectUnauthorized: false } : {}
    const dispatcher = new Agent({ connect })
    try {
      const signal = AbortSignal.any([stop, AbortSignal.timeout(TIMEOUT_MS)])
      const response = await fetch(`${origin}/health/live`, { dispatcher, signal })
      const body = await response.text()
      if (json) io.print(`${body}\n`)
      else io.print(`${response.ok ? 'live' : `status ${response.status}`}\n`)
      return response.ok ? 0 : UNHEALTHY
    } catch (error) {
      io.say(`rangewarden: no answer from ${origin}: ${reasonOf(error)}`)
      return UNHEALTHY
    } finally {
      await dispatcher.destroy()
    }
  },
}

/** Where a process with these settings listens, as it is reached from beside it. */
function ownOrigin({ host, port, tlsCert }: Config): string {
  if (port === 0) {
    throw invalidInput('RANGEWARDEN_PORT "0" is any free port: name the service with --url')
  }
  const scheme = tlsCert === undefined ? 'http' : 'https'
  return `${scheme}://${reachable(host)}:${port}`
}

/** An address of all interfaces is none to connect to. */
function reachable(host: string): string {
  if (host === '0.0.0.0') return '127.0.0.1'
  if (host === '::') return '[::1]'
  return host.includes(':') ? `[${host}]` : host
}
