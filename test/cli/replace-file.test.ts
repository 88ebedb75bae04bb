import {
  chmodSync,
  lstatSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  statSync,
  symlinkSync,
} from 'node:fs'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { replaceFile } from '../../src/cli/replace-file.ts'
import { temporaryFolder } from '../support/folder.ts'

const NEW = Buffer.from('new\n')

describe('replacing a file', () => {
  it('writes a new file and leaves nothing beside it', async () => {
    const folder = temporaryFolder()
    expect(await replaceFile(join(folder, 'list.txt'), NEW)).toBe(true)
    expect(readdirSync(folder)).toEqual(['list.txt'])
    expect(readFileSync(join(folder, 'list.txt'), 'utf8')).toBe('new\n')
  })

  it('puts another file in the place of the old one, with its mode', async () => {
    const path = join(temporaryFolder({ 'list.txt': 'old' }), 'list.txt')
    chmodSync(path, 0o640)
    const before = statSync(path)
    expect(await replaceFile(path, NEW)).toBe(true)
    const after = statSync(path)
    expect(after.ino).not.toBe(before.ino)
    expect(after.mode).toBe(before.mode)
  })

  it('does not touch a file that holds these bytes', async () => {
    const path = join(temporaryFolder({ 'list.txt': 'new\n' }), 'list.txt')
    const before = statSync(path)
    expect(await replaceFile(path, NEW)).toBe(false)
    expect(statSync(path)).toMatchObject({ ino: before.ino, mtimeMs: before.mtimeMs })
  })

  it('replaces what a link points to and keeps the link', async () => {
    const folder = temporaryFolder({ 'real.txt': 'old' })
    symlinkSync(join(folder, 'real.txt'), join(folder, 'list.txt'))
    await replaceFile(join(folder, 'list.txt'), NEW)
    expect(lstatSync(join(folder, 'list.txt')).isSymbolicLink()).toBe(true)
    expect(readFileSync(join(folder, 'real.txt'), 'utf8')).toBe('new\n')
  })

  it('says what is wrong with a place that cannot be written, and leaves nothing behind', async () => {
    const folder = temporaryFolder()
    mkdirSync(join(folder, 'list.txt'))
    await expect(replaceFile(join(folder, 'list.txt'), NEW)).rejects.toMatchObject({
      code: 'invalid-input',
      message: `${join(folder, 'list.txt')} cannot be written: it is not a regular file`,
    })
    await expect(replaceFile(join(folder, 'no', 'x'), NEW)).rejects.toThrow(
      /no\/x cannot be written/,
    )
    expect(readdirSync(folder)).toEqual(['list.txt'])
  })
})
