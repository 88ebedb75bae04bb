/** The systemd unit: read by systemd's own tools, and run by a systemd with all that it forbids. */
import { spawnSync } from 'node:child_process'
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { describeSettings } from '../../src/config.ts'
import { ERROR_CODES } from '../../src/core/errors.ts'
import { makeFeed } from '../support/feed.ts'
import { describeWith, program } from '../support/requirements.ts'
import { shellBlocks, withPlaces } from '../support/shell-blocks.ts'
import { bootSystemd, systemdBooting } from '../support/systemd.ts'

const UNIT = 'docs/examples/rangewarden.service'

/** Where docs/install.md installs it. */
const PROGRAM = '/opt/rangewarden/node_modules/.bin/rangewarden'

/** Of 10; a service without any of these lines has 9.6. It needs the network, and a JIT compiler. */
const MOST_EXPOSURE = 1.5

const unit = readFileSync(UNIT, 'utf8')

describe('the systemd unit', () => {
  it('names settings that there are', () => {
    const known = describeSettings().flatMap(({ name, fileTwin }) =>
      fileTwin ? [name, `${name}_FILE`] : [name],
    )
    const named = [...unit.matchAll(/^Environment=((?:RANGEWARDEN|DATABASE)_\w+)=/gm)]
    expect(named.map(([, name]) => name)).toEqual([
      'RANGEWARDEN_DATA_DIR',
      'RANGEWARDEN_ADMIN_TOKEN_FILE',
    ])
    for (const [, name] of named) expect(known).toContain(name)
  })

  it('starts again after all but what no new start mends', () => {
    const hopeless = [ERROR_CODES['invalid-input'].exit, ERROR_CODES['cannot-start'].exit]
    expect(valuesOf('RestartPreventExitStatus')).toEqual([`${hopeless.join(' ')} CREDENTIALS`])
  })

  it('gives more time to end than a drain and the requests after it take', () => {
    const drain = describeSettings().find(({ name }) => name === 'RANGEWARDEN_DRAIN_SECONDS')
    const [seconds] = valuesOf('TimeoutStopSec')
    expect(Number(seconds)).toBeGreaterThanOrEqual(Number(drain?.default) + 30)
  })

  it('has the paths that its documents have', () => {
    const documents = ['docs/operations.md', 'docs/install.md']
    const paths = [
      '/opt/rangewarden',
      '/var/lib/rangewarden',
      '/etc/rangewarden/admin-token',
      '/etc/rangewarden/rangewarden.env',
    ]
    for (const file of documents) {
      for (const path of paths) expect(readFileSync(file, 'utf8'), file).toContain(path)
    }
    expect(valuesOf('ExecStart')).toEqual([`${PROGRAM} serve`])
    expect(valuesOf('StateDirectory')).toEqual(['rangewarden'])
    expect(valuesOf('LoadCredential')).toEqual([`admin-token:${paths[2]}`])
    expect(valuesOf('EnvironmentFile')).toEqual([`-${paths[3]}`])
  })
})

describeWith([program('systemd-analyze')], 'systemd-analyze', () => {
  let folder: string

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangewarden-unit-'))
  })
  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  /** With a program in ExecStart that is there, since that is looked at, too. */
  function verify(text: string): { status: number | null; said: string } {
    const file = join(folder, 'rangewarden.service')
    writeFileSync(file, text.replace(PROGRAM, join(process.cwd(), 'bin/rangewarden.js')))
    const { status, stdout, stderr } = spawnSync('systemd-analyze', ['verify', file], {
      encoding: 'utf8',
    })
    return { status, said: stdout + stderr }
  }

  it('verifies it and minds nothing', () => {
    expect(verify(unit)).toEqual({ status: 0, said: '' })
  })

  it('would mind a line that it does not know', () => {
    const { said } = verify(unit.replace('ProtectHome=yes', 'ProtectHomes=yes'))
    expect(said).toMatch(/Unknown key .*ProtectHomes/)
  })

  it('finds little that it could do to its machine', () => {
    const threshold = `--threshold=${MOST_EXPOSURE * 10}`
    const args = ['security', '--offline=true', '--no-pager', threshold, UNIT]
    const { status, stdout } = spawnSync('systemd-analyze', args, { encoding: 'utf8' })
    expect(stdout).toMatch(/Overall exposure level for rangewarden\.service: \d/)
    expect(status).toBe(0)
  })
})

describeWith(systemdBooting, 'a systemd that runs the unit', () => {
  let folder: string
  /** What the script below says, by the first word of a line. */
  let said: Map<string, string>

  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangewarden-unit-'))
    mkdirSync(join(folder, 'weeks'))
    for (const { fileName, text } of makeFeed({ seed: 7, weeks: 1 })) {
      writeFileSync(join(folder, 'weeks', fileName), text)
    }
    const output = bootSystemd({
      unit: UNIT,
      edits: '[Service]\nRestartSec=500ms\n',
      folders: [
        `${process.cwd()}:/opt/rangewarden/sources`,
        `${join(folder, 'weeks')}:/srv/service-tags`,
      ],
      install: INSTALL,
      script: SCRIPT,
    })
    const lines = output.split('\n').map((line) => /^(\w+): (.*)$/.exec(line) ?? [line, line, ''])
    said = new Map(lines.map(([, name = '', value = '']) => [name, value]))
  }, 150_000)

  afterAll(() => rmSync(folder, { recursive: true, force: true }))

  it('serves a list', () => {
    expect(said.get('list')).toMatch(/^# Rangewarden allowlist app-proxy, cloud Public/)
  })

  it('holds it to its own user, without capabilities, behind a filter of system calls', () => {
    expect(said.get('user')).toBe('rangewarden')
    expect(said.get('CapBnd')).toBe('0000000000000000')
    expect(said.get('NoNewPrivs')).toBe('1')
    expect(said.get('Seccomp')).toBe('2') // a filter
  })

  it('lets nobody else into its folder', () => {
    expect(said.get('folder')).toBe('700 rangewarden')
  })

  it('starts it again when it is killed, with what it had', () => {
    expect(said.get('restarted')).toBe('1')
    expect(said.get('again')).toBe(said.get('list'))
  })

  it('ends it by SIGTERM', () => {
    expect(said.get('stopped')).toBe('success 0')
  })

  it('leaves it alone after a wrong setting', () => {
    expect(said.get('wrong')).toBe('failed 2 0')
  })

  it('tries again while the database is away, whose URL is a credential', () => {
    expect(said.get('away')).toMatch(/^8 [1-9]\d*$/)
  })

  it('does not start it without the admin token', () => {
    expect(said.get('without')).toBe('failed 243 0') // EXIT_CREDENTIALS
  })
})

/**
 * The steps of docs/install.md, with these sources in the place of the package: Node runs them
 * anywhere but below a node_modules.
 */
const [, PREPARE = ''] = shellBlocks('docs/install.md', 'systemd')
const INSTALL = `
  mkdir -p /opt/rangewarden/node_modules/.bin
  ln -s ../../sources/bin/rangewarden.js ${PROGRAM}
  ln -s ../sources /opt/rangewarden/node_modules/rangewarden
  ${withPlaces(PREPARE, { 'sudo ': '' })}
  echo RANGEWARDEN_SOURCE=folder:/srv/service-tags >> /etc/rangewarden/rangewarden.env
`

const SCRIPT = `
  list() {
    for try in $(seq 60); do
      head=$(${PROGRAM} --url http://127.0.0.1:8080 export squid --allowlist app-proxy 2>/dev/null |
        head -n 1)
      if [ -n "$head" ]; then break; fi
      sleep 0.3
    done
    echo "$1: $head"
  }
  show() { systemctl show --value --property "$1" rangewarden; }
  ended() {
    for try in $(seq 100); do
      if [ "$(show ActiveState)" = failed ]; then break; fi
      sleep 0.1
    done
  }

  systemctl start rangewarden
  list list
  pid=$(show MainPID)
  echo "user: $(stat --format %U /proc/$pid)"
  grep -E '^(CapBnd|NoNewPrivs|Seccomp):' /proc/$pid/status | sed 's/:\\t/: /'
  echo "folder: $(stat --format '%a %U' /var/lib/rangewarden)"

  kill -KILL "$pid"
  list again
  echo "restarted: $(show NRestarts)"
  systemctl stop rangewarden
  echo "stopped: $(show Result) $(show ExecMainStatus)"

  echo RANGEWARDEN_PORT=none >> /etc/rangewarden/rangewarden.env
  systemctl start rangewarden
  ended
  echo "wrong: $(show ActiveState) $(show ExecMainStatus) $(show NRestarts)"
  sed -i /RANGEWARDEN_PORT/d /etc/rangewarden/rangewarden.env

  echo postgresql://rangewarden@127.0.0.1:1/rangewarden > /etc/rangewarden/database-url
  cat > /run/test/units/rangewarden.service.d/database.conf <<-END
	[Service]
	LoadCredential=database-url:/etc/rangewarden/database-url
	Environment=DATABASE_URL_FILE=%d/database-url
	END
  systemctl daemon-reload
  systemctl start rangewarden
  for try in $(seq 100); do
    status=$(show ExecMainStatus)
    if [ "$status" -ne 0 ] && [ "$(show NRestarts)" -gt 0 ]; then break; fi
    sleep 0.1
  done
  echo "away: $status $(show NRestarts)"
  systemctl stop rangewarden

  rm /etc/rangewarden/admin-token
  systemctl reset-failed rangewarden || true
  systemctl start rangewarden || true
  echo "without: $(show ActiveState) $(show ExecMainStatus) $(show NRestarts)"
`

/** All values of a key of the unit, in order. */
function valuesOf(key: string): string[] {
  return [...unit.matchAll(new RegExp(`^${key}=(.*)$`, 'gm'))].map(([, value = '']) => value)
}
