/**
 * What the documentation says an ASA does with the commands of network object groups: a group that
 * a command uses is neither removed nor emptied, groups are members of groups, and a command that
 * is refused prints an error and changes nothing.
 */
export interface Asa {
  /** The networks that access rules with this group match, as they were written; sorted. */
  admitted(group: string): string[]
  readonly groups: () => string[]
  /** An access rule names the group from here on. */
  use(group: string): void
  /** @returns the error that is printed, or undefined; throws on what is no command */
  run(line: string): string | undefined
}

const NAME = String.raw`[A-Za-z0-9.!@#$%^&()_{}-]{1,64}`
const OPEN = new RegExp(`^object-group network (${NAME})$`)
const REMOVE = new RegExp(`^no object-group network (${NAME})$`)
const MEMBER = new RegExp(`^ (no )?(group-object ${NAME}|network-object \\S.*)$`)

export function asa(): Asa {
  const groups = new Map<string, Set<string>>()
  const rules = new Set<string>()
  let open: string | undefined

  const isUsed = (name: string): boolean =>
    rules.has(name) || [...groups.values()].some((members) => members.has(`group-object ${name}`))

  function admitted(name: string): string[] {
    return [...(groups.get(name) ?? [])]
      .flatMap((member) => {
        const [kind = '', ...rest] = member.split(' ')
        return kind === 'group-object' ? admitted(rest.join(' ')) : [rest.join(' ')]
      })
      .sort()
  }

  function remove(name: string): string | undefined {
    open = undefined
    if (!groups.has(name)) return `${name} does not exist`
    if (isUsed(name)) return `${name} is being used`
    groups.delete(name)
    return undefined
  }

  function add(group: string, member: string): string | undefined {
    const members = groups.get(group) ?? new Set()
    if (members.has(member)) return `${member} already exists`
    const [kind, inner = ''] = member.split(' ')
    if (kind === 'group-object' && (groups.get(inner)?.size ?? 0) === 0) {
      return `${inner} does not exist or is empty`
    }
    groups.set(group, members.add(member))
    return undefined
  }

  function take(group: string, member: string): string | undefined {
    const members = groups.get(group)
    if (!members?.has(member)) return `${member} is not in ${group}`
    if (members.size === 1 && isUsed(group)) return `${group} is being used and would be empty`
    members.delete(member)
    return undefined
  }

  function run(line: string): string | undefined {
    const opened = OPEN.exec(line)?.[1]
    if (opened !== undefined) {
      open = opened
      if (!groups.has(opened)) groups.set(opened, new Set())
      return undefined
    }
    const removed = REMOVE.exec(line)?.[1]
    if (removed !== undefined) return remove(removed)
    const [, no, member] = MEMBER.exec(line) ?? []
    if (member === undefined || open === undefined) throw new Error(`no command: "${line}"`)
    return no === undefined ? add(open, member) : take(open, member)
  }

  return {
    admitted,
    groups: () => [...groups.keys()].sort(),
    use: (group) => void rules.add(group),
    run: (line) => (line.startsWith('!') ? undefined : run(line)),
  }
}
