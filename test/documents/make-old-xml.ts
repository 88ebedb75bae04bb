/** Documents in the retired format, as they were published, made up here. */

const HEAD = `<?xml version="1.0" encoding="utf-8"?>
<AzurePublicIpAddresses xmlns:xsd="http://www.w3.org/2001/XMLSchema" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance">
`

/** Regions with their ranges; one region with other ranges can be added as text. */
export function oldXml(regions: Readonly<Record<string, readonly string[]>>, inside = ''): string {
  const elements = Object.entries(regions).map(([name, ranges]) => {
    const lines = ranges.map((range) => `    <IpRange Subnet="${range}" />\n`)
    return `  <Region Name="${name}">\n${lines.join('')}  </Region>\n`
  })
  return `${HEAD}${elements.join('')}${inside}</AzurePublicIpAddresses>`
}
