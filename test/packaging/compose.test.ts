/** compose.yaml: read by docker-compose, and in step with the image it builds. */
import { execFileSync } from 'node:child_process'
import { copyFileSync, readFileSync } from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { parse } from 'yaml'
import { readConfig } from '../../src/config.ts'
import { VERSION } from '../../src/version.ts'
import { readImage } from '../support/dockerfile.ts'
import { temporaryFolder } from '../support/folder.ts'
import { describeWith, program } from '../support/requirements.ts'

interface Service {
  readonly image: string
  readonly read_only?: boolean
  readonly cap_drop?: readonly string[]
  readonly security_opt?: readonly string[]
  readonly environment: Readonly<Record<string, string>>
  readonly secrets?: readonly string[]
  readonly ports?: readonly string[]
  readonly stop_grace_period?: string
}

interface Compose {
  readonly services: Readonly<Record<string, Service>>
  readonly secrets: Readonly<Record<string, { readonly file: string }>>
}

const compose = parse(readFileSync('compose.yaml', 'utf8'), { merge: true }) as Compose
const ours = Object.entries(compose.services).filter(([name]) => name !== 'database')

const SECRETS: Readonly<Record<string, string>> = {
  '/run/secrets/database-url': 'postgresql://rangewarden:word@database:5432/rangewarden',
  '/run/secrets/admin-token': 'a-token',
}

describe.each(ours)('the service %s of compose.yaml', (name, service) => {
  it('is the image of this version, with nothing it may write to or escalate with', () => {
    expect(service).toMatchObject({
      image: `rangewarden:${VERSION}`,
      read_only: true,
      cap_drop: ['ALL'],
      security_opt: ['no-new-privileges:true'],
    })
  })

  it('has settings that the program takes, and the secrets they name', () => {
    const mounted = service.secrets?.map((secret) => `/run/secrets/${secret}`) ?? []
    const config = readConfig(
      { ...readImage('Dockerfile').env, ...service.environment },
      (path) => {
        expect(mounted).toContain(path)
        return SECRETS[path] ?? ''
      },
    )
    expect(config.role).toBe(name)
    expect(config.databaseUrl).toBe(SECRETS['/run/secrets/database-url'])
    expect(mounted).toHaveLength(name === 'api' ? 2 : 1)
    expect(service.stop_grace_period).toBe('45s')
    expect(45).toBeGreaterThanOrEqual(config.drainSeconds + 30)
  })
})

describe('the replica of compose.yaml', () => {
  it('is reached on the port of the image, from this host alone', () => {
    const [port = ''] = readImage('Dockerfile').exposed
    expect(compose.services['api']?.ports).toEqual([`127.0.0.1:${port}:${port}`])
    expect(compose.services['worker']?.ports).toBeUndefined()
  })
})

describeWith([program('docker-compose')], 'docker-compose', () => {
  it('reads compose.yaml as it is meant', () => {
    const folder = temporaryFolder()
    copyFileSync('compose.yaml', join(folder, 'compose.yaml'))
    const text = execFileSync('docker-compose', ['config'], { cwd: folder, encoding: 'utf8' })
    const read = parse(text) as Compose
    expect(Object.keys(read.services).sort()).toEqual(['api', 'database', 'worker'])
    for (const [name, { environment }] of ours) {
      expect(read.services[name]?.environment).toEqual(environment)
    }
    expect(Object.values(read.secrets).map(({ file }) => file)).toEqual(
      ['admin-token', 'database-password', 'database-url'].map((each) =>
        join(folder, '.secrets', each),
      ),
    )
  })
})
