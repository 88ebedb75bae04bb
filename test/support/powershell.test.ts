/** The reader of scripts finds what it is there to find. */
import { describe, expect, it } from 'vitest'
import { callsOf, literalArray, literalsOf, readScript } from './powershell.ts'

describe('readScript', () => {
  it.each([
    ['a string without its end', "$a = 'x\n", /not PowerShell/],
    ['a block without its end', 'function f {\n', /not PowerShell/],
    ['an operator of PowerShell 7', 'Get-Date && Get-Date\n', /not for PowerShell 5\.1/],
    ['a command nobody knows', 'Get-Evil\n', /unknown command: Get-Evil/],
    ['a parameter nobody knows', 'Get-Date -Evil 1\n', /no parameter -Evil/],
    [
      'a parameter its function lacks',
      'function f {\n    param($A)\n}\nf -B 1\n',
      /no parameter -B/,
    ],
    ['a variable nobody sets', 'Get-Date -Format $Frmat\n', /nobody sets: \$Frmat/],
    ['a string that is run', "Invoke-Expression 'x'\n", /evaluates a string/],
    ['typographic quotes', '$a = \u2018x\u2019\n', /not ASCII/],
  ])('refuses %s', (_, text, message) => {
    expect(() => readScript(text)).toThrow(message)
  })

  it('takes literals apart', () => {
    const script = readScript("New-Item -Path 'it''s' -ItemType 'a'\n$b = @('x', 'y')\n")
    const [call] = callsOf(script, 'New-Item')
    if (!call) throw new Error('no call')
    expect(literalsOf(call, 'Path')).toEqual(["it's"])
    expect(literalArray(script.settings.get('b') ?? '')).toEqual(['x', 'y'])
  })

  it('tells the blocks of a try apart', () => {
    const text = '$a = 1\ntry {\n$b = 1\n}\ncatch {\n$c = 1\n}\nfinally {\n$d = 1\n}\n'
    const [{ before, body, caught, ending } = {}, ...others] = readScript(text).tries
    expect(others).toEqual([])
    const names = [before, body, caught, ending].map((block) => block?.match(/\$\w/g)?.join())
    expect(names).toEqual(['$a', '$b', '$c', '$d'])
  })

  it('tells what is computed from what is a literal', () => {
    const script = readScript("$c = 'x'\nNew-Item -Path $c\n")
    const [call] = callsOf(script, 'New-Item')
    if (!call) throw new Error('no call')
    expect(() => literalsOf(call, 'Path')).toThrow(/computed/)
  })
})
