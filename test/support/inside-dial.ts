/** Runs inside a network namespace: dials an address on the ports given and prints the outcomes. */
import { dial } from '../../src/preflight/dial.ts'

const [address = '', ...ports] = process.argv.slice(2)
const outcomes = ports.map((port) => dial([address], Number(port), AbortSignal.timeout(1_500)))
console.log(JSON.stringify(await Promise.all(outcomes)))
