import { describe, expect, it } from 'vitest'
import { regionNames, selectTags } from '../../src/core/selection.ts'
import { readDocument } from '../../src/documents/read-document.ts'
import { smallDocument, tagValue } from '../support/feed.ts'

const region = (name: string, regionId: number) => ({ region: name, regionId })
const parsed = readDocument(
  Buffer.from(
    smallDocument({
      values: [
        tagValue('AzureCloud', ['20.0.0.0/16']),
        tagValue('AzureCloud.germanywc', ['20.1.0.0/16'], region('germanywc', 1)),
        tagValue('AzureFrontDoor.Frontend', ['20.2.0.0/16']),
        tagValue('Storage', ['20.3.0.0/16']),
        tagValue('Storage.GermanyWestCentral', ['20.4.0.0/16'], region('germanywc', 1)),
        tagValue('Storage.WestEurope', ['20.5.0.0/16'], region('westeurope', 2)),
        tagValue('StorageSyncService.WestEurope', ['20.6.0.0/16'], region('westeurope', 2)),
      ],
    }),
  ),
)
if (!parsed.ok) throw new Error('a bad fixture')
const { snapshot } = parsed

function select(tags: string[], regions: string[] = []) {
  const { tags: selected, missing } = selectTags(snapshot, { tags, regions })
  return { names: selected.map(({ name }) => name), missing: [...missing] }
}

describe('a selection', () => {
  it('takes tags by their exact names, each once, in name order', () => {
    expect(select(['Storage', 'AzureCloud', 'Storage'])).toEqual({
      names: ['AzureCloud', 'Storage'],
      missing: [],
    })
  })

  it('names what the snapshot lacks and takes nothing in its place', () => {
    expect(select(['storage', 'Storage', 'Nonsense'])).toEqual({
      names: ['Storage'],
      missing: ['storage', 'Nonsense'],
    })
  })

  it('takes the regional tags of a name, not those of a longer name', () => {
    expect(select(['Storage'], ['westeurope'])).toEqual({
      names: ['Storage.WestEurope'],
      missing: [],
    })
  })

  it('takes every tag of a region, in either spelling and any case', () => {
    const german = ['AzureCloud.germanywc', 'Storage.GermanyWestCentral']
    expect(select([], ['germanywc']).names).toEqual(german)
    expect(select([], ['GERMANYWESTCENTRAL']).names).toEqual(german)
  })

  it('names a region nobody has, and a tag that is not in the region', () => {
    expect(select([], ['mars'])).toEqual({ names: [], missing: ['mars'] })
    expect(select(['AzureCloud'], ['westeurope'])).toEqual({ names: [], missing: ['AzureCloud'] })
  })

  it('does not take a dotted name for a region', () => {
    expect([...regionNames(snapshot, 'Frontend')]).toEqual([])
  })
})
