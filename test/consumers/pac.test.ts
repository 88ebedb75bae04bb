/** The PAC file: its text taken apart, and what real clients make of it. */
import { pac } from '../../exporters/pac.ts'
import { exportInput, renderText } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { pacClients } from '../support/pac-clients.ts'
import { readPac } from '../support/pac-text.ts'

const ENTRY =
  /^function FindProxyForURL\(url, host\) \{\n {2}var name = host\.toLowerCase\(\)\.replace\(\/\\\.\$\/, ""\);\n {2}if \((?:rangewardenNamed\(name\)|rangewardenListed\(name\)|rangewardenNamed\(name\) \|\| rangewardenListed\(name\))\) return "PROXY proxy\.example:3128";\n {2}return "DIRECT";\n\}\n/

formatLaws({
  exporter: pac,
  read: (file) => {
    const { addresses, names } = readPac(file, ENTRY)
    return { addresses, names }
  },
  words: (file) => readPac(file, ENTRY).comments.join(' '),
})

pacClients((list, { listed, other }) => {
  const options = { proxy: listed, fallback: other }
  return renderText(pac, exportInput({ ...list, options }))
})
