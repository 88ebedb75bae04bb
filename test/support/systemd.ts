/** A systemd of the test's own, that runs our unit as a machine would: in namespaces, on a copy of the root. */
import { execFileSync } from 'node:child_process'
import {
  accessSync,
  constants,
  mkdirSync,
  mkdtempSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { imageBuilding } from './dockerfile.ts'
import { program, type Requirement } from './requirements.ts'

const SYSTEMD = '/lib/systemd/systemd'

/** What a service's default dependencies ask for; a machine has more behind these names. */
const TARGETS = ['sysinit', 'basic', 'shutdown', 'network-online', 'multi-user']

/** Where the kernel shows the groups by which systemd follows its processes. */
const CGROUPS = cgroupFolder()

/** The right to be a machine of its own, and what is needed to be one. */
export const systemdBooting: readonly Requirement[] = [
  ...imageBuilding,
  program('systemd', ['/lib/systemd']),
  CGROUPS === undefined ? { missing: 'the right to make control groups (cgroup2)' } : {},
]

export interface Boot {
  /** The unit's file, and lines that differ from it, as `systemctl edit` would write them. */
  readonly unit: string
  readonly edits: string
  /** Mounted to be read, `outside:inside`. */
  readonly folders: readonly string[]
  /** Shell commands for root, before systemd starts. */
  readonly install: string
  /** Shell commands for root with systemd running; the machine ends after them. */
  readonly script: string
}

/** Ends whatever was not stopped by then. */
const TIMEOUT_SECONDS = 120

/** @returns what the script wrote to stdout and stderr */
export function bootSystemd({ unit, edits, folders, install, script }: Boot): string {
  if (CGROUPS === undefined) throw new Error('this machine makes no control groups')
  const scratch = mkdtempSync(join(tmpdir(), 'rangewarden-systemd-'))
  const group = join(CGROUPS, scratch.slice(tmpdir().length + 1))
  const units = join(scratch, 'units')
  mkdirSync(join(units, 'rangewarden.service.d'), { recursive: true })
  const write = (name: string, text: string) => writeFileSync(join(units, name), text)
  write('rangewarden.service', readFileSync(unit, 'utf8'))
  write('rangewarden.service.d/override.conf', edits)
  for (const target of TARGETS) write(`${target}.target`, `[Unit]\nDescription=${target}\n`)
  write('script.target', '[Unit]\nDescription=The script\nWants=script.service\n')
  write('script.service', SCRIPT)
  write('install.sh', install)
  write('script.sh', script)
  mkdirSync(group)
  try {
    const namespaces = ['--cgroup', '--pid', '--fork', '--mount', '--net', '--uts', '--ipc']
    const enter = `echo $$ > "${group}/cgroup.procs"; exec "$@"`
    const within = ['timeout', '--kill-after=5', String(TIMEOUT_SECONDS), 'unshare', ...namespaces]
    execFileSync('/bin/sh', ['-euc', enter, 'sh', ...within, '/bin/sh', '-euc', BOOT], {
      env: { ...process.env, SCRATCH: scratch, FOLDERS: folders.join(' '), NODE: process.execPath },
      stdio: 'pipe',
    })
    return readFileSync(join(scratch, 'out'), 'utf8')
  } finally {
    removeGroup(group)
    rmSync(scratch, { recursive: true, force: true })
  }
}

const SCRIPT = `[Unit]
Description=The script
DefaultDependencies=no
[Service]
Type=oneshot
ExecStart=/bin/sh -eu /run/test/units/script.sh
ExecStopPost=/usr/bin/systemctl --force exit 0
StandardOutput=append:/run/test/out
StandardError=append:/run/test/out
`

/** Its own root, with nothing of the machine's devices, groups and processes, and no network. */
const BOOT = `
  mount --make-rprivate /
  for name in upper root; do mkdir "$SCRATCH/$name"; done
  root=$SCRATCH/root
  mount -t tmpfs tmpfs "$SCRATCH/upper"
  mkdir "$SCRATCH/upper/layer" "$SCRATCH/upper/work"
  mount -t overlay overlay \
    -o "lowerdir=/,upperdir=$SCRATCH/upper/layer,workdir=$SCRATCH/upper/work" "$root"
  mount -t proc proc "$root/proc"
  mount -t sysfs sysfs "$root/sys"
  mount -t cgroup2 cgroup2 "$root/sys/fs/cgroup"
  mount -t tmpfs -o mode=755 tmpfs "$root/dev"
  for device in null zero full random urandom tty; do
    touch "$root/dev/$device"
    mount --bind "/dev/$device" "$root/dev/$device"
  done
  mkdir "$root/dev/shm" "$root/dev/pts"
  mount -t devpts -o newinstance,ptmxmode=0666 devpts "$root/dev/pts"
  ln -s pts/ptmx "$root/dev/ptmx"
  ln -s /proc/self/fd/0 "$root/dev/stdin"
  mount -t tmpfs -o mode=1777 tmpfs "$root/dev/shm"
  mount -t tmpfs -o mode=755 tmpfs "$root/run"
  mount -t tmpfs -o mode=1777 tmpfs "$root/tmp"
  mkdir "$root/run/test"
  mount --bind "$SCRATCH" "$root/run/test"
  for folder in $FOLDERS; do
    mkdir -p "$root\${folder##*:}"
    mount --bind "\${folder%%:*}" "$root\${folder##*:}"
    mount -o remount,bind,ro "$root\${folder##*:}"
  done
  install -D "$NODE" "$root/usr/local/bin/node"
  ip link set lo up
  chroot "$root" /bin/sh -eu "/run/test/units/install.sh"
  cd "$root"
  mkdir old
  pivot_root . old
  umount --lazy /old
  # As a machine's is: what systemd mounts for a unit reaches it.
  mount --make-rshared /
  exec env -i PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin container=test \
    SYSTEMD_UNIT_PATH=/run/test/units ${SYSTEMD} --system --unit=script.target \
    --log-target=null --show-status=false
`

function removeGroup(group: string): void {
  // Groups of the units lie below it, and are empty: their processes ended with their machine.
  execFileSync('find', [group, '-depth', '-type', 'd', '-exec', 'rmdir', '{}', ';'])
}

function cgroupFolder(): string | undefined {
  try {
    const mounts = readFileSync('/proc/self/mounts', 'utf8')
    const folder = /^\S+ (\S+) cgroup2 /m.exec(mounts)?.[1]
    if (folder !== undefined) accessSync(folder, constants.W_OK)
    return folder
  } catch {
    return undefined // read-only, as in a container, or another's
  }
}
