import { Agent } from 'undici'
import { describe, expect, it, onTestFinished } from 'vitest'
import type { Source } from '../../src/sources/contract.ts'
import { createSource, SOURCE_FORMS } from '../../src/sources/index.ts'

function sourceOf(setting: string, publisherUrl?: string): Source {
  const dispatcher = new Agent()
  onTestFinished(() => dispatcher.close())
  return createSource(setting, { version: '1.2.3', dispatcher, publisherUrl })
}

describe('the list of sources', () => {
  it('has microsoft and folders', () => {
    expect(SOURCE_FORMS).toEqual(['microsoft', 'folder:PATH'])
    expect(sourceOf('microsoft').name).toBe('microsoft')
    expect(sourceOf('folder:/srv/tags:2025').description).toContain('/srv/tags:2025')
  })

  it('tells in the description who is asked', () => {
    expect(sourceOf('microsoft').description).toContain('https://download.microsoft.com')
    const mirrored = sourceOf('microsoft', 'https://mirror.example').description
    expect(mirrored).toBe('weekly files of https://mirror.example')
  })

  it.each(['', 'Microsoft', 'discovery-api', 'folder', 'folder:', 'microsoft:x', 'toString'])(
    'does not know "%s" and says what there is',
    (setting) => {
      expect(() => sourceOf(setting)).toThrow(
        `unknown source "${setting}": a source is one of microsoft, folder:PATH`,
      )
    },
  )
})
