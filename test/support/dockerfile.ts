/**
 * Carries out a Dockerfile where there is no container engine. A stage is the machine's own root with
 * the stage's changes over it (overlayfs, in a mount namespace), in which instructions run as they are
 * written; `node` of every base image is the one that runs this. Instructions that no file here uses
 * are errors. Needs root.
 */
import { execFileSync } from 'node:child_process'
import { copyFileSync, cpSync, mkdirSync, readFileSync, statSync } from 'node:fs'
import { basename, join, posix } from 'node:path'
import {
  Copy,
  DockerfileParser,
  From,
  JSONInstruction,
  PropertyInstruction,
  type Instruction,
} from 'dockerfile-ast'
import { program, type Requirement } from './requirements.ts'

/** What a container of the image is started with, as the Dockerfile says. */
export interface ImageFacts {
  readonly env: Readonly<Record<string, string>>
  readonly user: string
  readonly workdir: string
  readonly entrypoint: readonly string[]
  readonly cmd: readonly string[]
  readonly healthcheck: readonly string[]
  readonly exposed: readonly string[]
  readonly volumes: readonly string[]
}

export interface Image extends ImageFacts {
  /** What the stages have changed of the machine's root. */
  readonly layers: string
}

/** The right to lay folders over the machine's root, and the programs for it. */
export const imageBuilding: readonly Requirement[] = [
  program('unshare'),
  program('nsenter'),
  program('ip'),
  canOverlay() ? {} : { missing: 'the right to mount (overlayfs)' },
]

const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

/**
 * Where the packages come from is the machine's business, as it is an engine's build arguments'.
 * What `npm ci` has fetched for this repository is in npm's cache.
 */
const MACHINE = /^(?:(?:https?|no)_proxy|NODE_EXTRA_CA_CERTS|npm_config_registry)$/i

/** Lays $UPPER over the root at $MERGED, without the repository, and runs the rest there. */
const ENTER = `
  mount -t overlay overlay -o "lowerdir=/,upperdir=$UPPER,workdir=$WORK" "$MERGED"
  mount --bind /proc "$MERGED/proc"
  mount --rbind /dev "$MERGED/dev"
  mount -t tmpfs tmpfs "$MERGED$HIDDEN"
  exec chroot "$MERGED" "$@"
`

/** The same with nothing writable but $MERGED/tmp and $VOLUMES, and no network but its own loopback. */
const ENTER_READ_ONLY = `
  ip link set lo up
  mount -t overlay overlay -o "lowerdir=/,upperdir=$UPPER,workdir=$WORK" "$MERGED"
  mount --bind /proc "$MERGED/proc"
  mount --rbind /dev "$MERGED/dev"
  mount -t tmpfs tmpfs "$MERGED$HIDDEN"
  mount -t tmpfs -o mode=1777 tmpfs "$MERGED/tmp"
  for volume in $VOLUMES; do mount --bind "\${volume%%:*}" "$MERGED\${volume##*:}"; done
  mount -o remount,ro "$MERGED"
  exec chroot "$@"
`

/** Of the last stage; nothing is carried out. */
export function readImage(file: string): ImageFacts {
  let facts = noFacts()
  for (const instruction of instructionsOf(file)) {
    if (instruction instanceof From) facts = noFacts()
    else note(instruction, facts)
  }
  return facts
}

/**
 * @param file the Dockerfile's path
 * @param context the folder it is built from, already without what .dockerignore keeps out
 * @param scratch an empty folder for layers
 */
export function buildImage(file: string, context: string, scratch: string): Image {
  const stages = new Map<string, Stage>()
  let stage: Stage | undefined
  for (const instruction of instructionsOf(file)) {
    if (instruction instanceof From) {
      const name = instruction.getBuildStage() ?? String(stages.size)
      stage = createStage(join(scratch, name))
      stages.set(name, stage)
      continue
    }
    if (!stage) throw new Error(`${instruction.getKeyword()} comes before FROM`)
    note(instruction, stage)
    carryOut(instruction, stage, { context, stages })
  }
  if (!stage) throw new Error('the Dockerfile has no FROM')
  return stage
}

function instructionsOf(file: string): Instruction[] {
  return DockerfileParser.parse(readFileSync(file, 'utf8')).getInstructions()
}

/** The command that runs a program in a container of the image; `volumes` are `outside:inside`. */
export function containerCommand(
  image: Image,
  argv: readonly string[],
  volumes: readonly string[],
  settings: Readonly<Record<string, string>> = {},
): { command: string; args: string[]; env: Record<string, string> } {
  const user = image.user.includes(':') ? image.user : `${image.user}:${image.user}`
  const chroot = [`--userspec=${user}`, '--groups=', image.layers + '.merged']
  const inWorkdir = ['/bin/sh', '-c', 'cd "$0" && exec "$@"', image.workdir, ...argv]
  return {
    command: 'unshare',
    args: ['--mount', '--net', '/bin/sh', '-euc', ENTER_READ_ONLY, 'sh', ...chroot, ...inWorkdir],
    env: {
      ...mountSettings(image.layers),
      VOLUMES: volumes.join(' '),
      PATH,
      ...image.env,
      ...settings,
    },
  }
}

interface Facts extends ImageFacts {
  env: Record<string, string>
  user: string
  workdir: string
  entrypoint: readonly string[]
  cmd: readonly string[]
  healthcheck: readonly string[]
  readonly exposed: string[]
  readonly volumes: string[]
}

interface Stage extends Facts {
  readonly layers: string
}

function noFacts(): Facts {
  return {
    env: {},
    user: '0:0',
    workdir: '/',
    entrypoint: [],
    cmd: [],
    healthcheck: [],
    exposed: [],
    volumes: [],
  }
}

function createStage(layers: string): Stage {
  for (const folder of [layers, `${layers}.work`, `${layers}.merged`]) {
    mkdirSync(folder, { recursive: true })
  }
  mkdirSync(join(layers, 'usr/local/bin'), { recursive: true })
  copyFileSync(process.execPath, join(layers, 'usr/local/bin/node'))
  return { layers, ...noFacts() }
}

interface Surroundings {
  readonly context: string
  readonly stages: ReadonlyMap<string, Stage>
}

function note(instruction: Instruction, facts: Facts): void {
  if (instruction instanceof PropertyInstruction) return setProperties(instruction, facts)
  const words = wordsOf(instruction)
  switch (instruction.getKeyword()) {
    case 'COPY':
    case 'RUN':
      return
    case 'WORKDIR':
      return void (facts.workdir = posix.resolve(facts.workdir, words[0] ?? ''))
    case 'USER':
      return void (facts.user = words[0] ?? '')
    case 'EXPOSE':
      return void facts.exposed.push(...words)
    case 'VOLUME':
      return void facts.volumes.push(...words)
    case 'ENTRYPOINT':
      return void (facts.entrypoint = jsonOf(instruction))
    case 'CMD':
      return void (facts.cmd = jsonOf(instruction))
    case 'HEALTHCHECK':
      return void (facts.healthcheck = healthcheckOf(instruction))
    default:
      throw new Error(`the instruction ${instruction.getKeyword()} is not known to these tests`)
  }
}

function carryOut(instruction: Instruction, stage: Stage, around: Surroundings): void {
  if (instruction instanceof Copy) return copy(instruction, stage, around)
  if (instruction.getKeyword() === 'RUN') run(instruction.getArgumentsContent() ?? '', stage)
  if (instruction.getKeyword() !== 'WORKDIR') return
  mkdirSync(join(stage.layers, stage.workdir), { recursive: true })
}

function wordsOf(instruction: Instruction): string[] {
  return instruction.getArguments().map((argument) => argument.getValue())
}

/** ENV; a LABEL is for people. */
function setProperties(instruction: PropertyInstruction, { env }: Facts): void {
  if (instruction.getKeyword() !== 'ENV') return
  for (const property of instruction.getProperties()) {
    env[property.getName()] = property.getValue() ?? ''
  }
}

function copy(
  instruction: Copy,
  { layers, workdir }: Stage,
  { context, stages }: Surroundings,
): void {
  const flag = instruction.getFromFlag()?.getValue()
  const from = flag === undefined || flag === null ? context : stages.get(flag)?.layers
  if (from === undefined) throw new Error(`COPY --from=${flag}: there is no such stage`)
  const words = wordsOf(instruction)
  const target = words.at(-1) ?? ''
  const into = join(layers, posix.resolve(workdir, target))
  for (const word of words.slice(0, -1)) {
    const source = join(from, word)
    const isFolder = statSync(source).isDirectory()
    const to = !isFolder && /(?:^\.|\/)$/.test(target) ? join(into, basename(word)) : into
    cpSync(source, to, { recursive: true, verbatimSymlinks: true })
  }
}

function run(script: string, { layers, workdir, env }: Stage): void {
  const settings = Object.entries(process.env).filter(([name]) => MACHINE.test(name))
  const inside = ['/bin/sh', '-c', `cd "$0" && ${script}`, workdir]
  execFileSync('unshare', ['--mount', '/bin/sh', '-euc', ENTER, 'sh', ...inside], {
    env: {
      ...Object.fromEntries(settings),
      npm_config_prefer_offline: 'true',
      ...mountSettings(layers),
      PATH,
      HOME: '/root',
      ...env,
    },
    stdio: ['ignore', 'pipe', 'pipe'],
    maxBuffer: 64 * 1024 * 1024,
  })
}

function mountSettings(layers: string): Record<string, string> {
  const [WORK, MERGED] = [`${layers}.work`, `${layers}.merged`]
  return { UPPER: layers, WORK, MERGED, HIDDEN: process.cwd() }
}

/** The words of a JSON array; the shell's form would hide what signals reach. */
function jsonOf(instruction: Instruction): string[] {
  const strings = instruction instanceof JSONInstruction ? instruction.getJSONStrings() : []
  if (strings.length === 0) throw new Error(`${instruction.getKeyword()} is written ["…"]`)
  return strings.map((each) => each.getJSONValue())
}

/** `HEALTHCHECK --flags CMD ["…"]`, which the parser takes for words. */
function healthcheckOf(instruction: Instruction): string[] {
  const [, words] = /\bCMD\s+(\[.*\])\s*$/s.exec(instruction.getArgumentsContent() ?? '') ?? []
  if (words === undefined) throw new Error('HEALTHCHECK is written CMD ["…"]')
  return JSON.parse(words) as string[]
}

function canOverlay(): boolean {
  try {
    const script = `
      folder=$(mktemp -d)
      mount -t tmpfs tmpfs "$folder"
      mkdir "$folder/upper" "$folder/work" "$folder/merged"
      mount -t overlay overlay \
        -o "lowerdir=/,upperdir=$folder/upper,workdir=$folder/work" "$folder/merged"
    `
    execFileSync('unshare', ['--mount', '/bin/sh', '-euc', script], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
