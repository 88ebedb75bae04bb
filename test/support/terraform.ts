/**
 * A real Terraform without providers, state or configuration of the machine's, and without a
 * network: a root module in a folder of its own that declares one variable and puts it out.
 */
import { spawnSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { terraform as terraformFormat } from '../../exporters/terraform.ts'

export interface RootModule {
  /** Puts the file beside the module in the place of the one before, and applies. */
  apply(file: string): void
  /** What `terraform output` gives back. */
  output(): unknown
  remove(): void
}

/** `terraform init` has run in it. Without a variable it declares none. */
export function rootModule(variable?: string): RootModule {
  const folder = mkdtempSync(join(tmpdir(), 'rangewarden-terraform-'))
  writeFileSync(join(folder, 'main.tf'), variable === undefined ? '' : declaration(variable))
  terraform(folder, ['init', '-input=false'])
  return {
    apply(file) {
      writeFileSync(join(folder, 'list.auto.tfvars.json'), file)
      terraform(folder, ['apply', '-input=false', '-auto-approve'])
    },
    output: () => JSON.parse(terraform(folder, ['output', '-json', 'list'])) as unknown,
    remove: () => rmSync(folder, { recursive: true }),
  }
}

/** As the guide of the format shows it, for another list. */
function declaration(variable: string): string {
  const [shown] =
    /^ {4}variable "[^"]+" \{\n(?: {6}.*\n)+ {4}\}$/m.exec(terraformFormat.guide) ?? []
  if (shown === undefined) throw new Error('the guide shows no variable')
  const block = shown.replaceAll(/^ {4}/gm, '').replace(/"[^"]+"/, `"${variable}"`)
  return `${block}\n\noutput "list" {\n  value = var.${variable}\n}\n`
}

/** Standard output; fails for a warning as for an error. */
function terraform(folder: string, args: readonly string[]): string {
  const { status, stdout, stderr } = spawnSync(
    'unshare',
    ['-n', 'terraform', args[0] ?? '', '-no-color', ...args.slice(1)],
    {
      cwd: folder,
      encoding: 'utf8',
      maxBuffer: 64 * 1024 * 1024,
      env: {
        PATH: process.env['PATH'],
        HOME: folder,
        CHECKPOINT_DISABLE: '1',
        TF_CLI_CONFIG_FILE: '/dev/null',
        TF_IN_AUTOMATION: '1',
      },
    },
  )
  const said = `${stdout}${stderr}`
  const warns = args[0] !== 'output' && /warning/i.test(said)
  if (status !== 0 || warns) throw new Error(`terraform ${args.join(' ')}: ${said.slice(-2_000)}`)
  return stdout
}
