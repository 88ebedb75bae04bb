/**
 * The capture script, read by PowerShell's grammar, and the filters at its head, tried by Wireshark
 * and tcpdump on a capture of every fault that they are there to find.
 */
import { execFileSync } from 'node:child_process'
import { mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { connectorCapture } from '../../exporters/connector-capture.ts'
import { ExportRefused } from '../../exporters/contract.ts'
import { exportInput, renderText } from '../support/export-input.ts'
import { formatLaws, HOSTILE } from '../support/format-laws.ts'
import { textOf } from '../support/plain-list.ts'
import { functionOf, literal, readScript } from '../support/powershell.ts'
import { describeWith, program } from '../support/requirements.ts'
import { DATA, pcap, RESET, SYN, type Packet } from '../support/tiny-pcap.ts'

formatLaws({
  exporter: connectorCapture,
  read: (file) => {
    const script = readScript(textOf(file))
    expect([...script.parameters.keys()]).toEqual(['Proxy', 'Tool', 'Seconds', 'Folder'])
    expect(literal(script.parameters.get('Proxy') ?? '')).toBe('http://proxy.example:3128')
    return {}
  },
  words: 'none',
})

function captureScript(connectorProxy: string): string {
  return renderText(connectorCapture, exportInput({ options: { connectorProxy } }))
}

/** The filters of one analyzer, as the head of the script has them. */
function filters(analyzer: string, port = 8_080): string[] {
  const lines = captureScript(`http://proxy.example:${port}`).split('\n')
  const mark = `# ${analyzer}: `
  return lines.filter((line) => line.startsWith(mark)).map((line) => line.slice(mark.length))
}

it.each(HOSTILE)('takes no proxy made of %j', (text) => {
  expect(() => captureScript(`http://${text}:8080`)).toThrow(ExportRefused)
})

it('has the filters of the article, with the port of the proxy', () => {
  expect(filters('Network Monitor', 3_128)).toEqual([
    '(https.Request or https.Response) and tcp.port==3128',
    '(http.Request or http.Response) and tcp.port==3128',
    'property.TCPSynRetransmit',
  ])
})

it('starts the service again, ends the capture and names the file, whatever happens', () => {
  const [run, ...others] = readScript(captureScript('http://proxy.example:8080')).tries
  expect(others).toEqual([])
  expect(run?.before).not.toMatch(/^\s*Stop-Service /m)
  expect(run?.body).toMatch(/^\{\s+Stop-Service -InputObject \$service\n/)
  const steps = run?.ending.match(
    /^ *(try|Start-Service|if \(\$capturing\) \{ Stop-Capture|if \(\$filtering\)|catch|\$problems \+=|if \(\$capturing\) \{ Write-Host|foreach|throw)/gm,
  )
  const told = ['catch', '$problems +=']
  expect(steps?.map((step) => step.trim())).toEqual([
    ...['try', 'Start-Service', ...told],
    ...['try', 'if ($capturing) { Stop-Capture', ...told],
    ...['try', 'if ($filtering)', ...told],
    'if ($capturing) { Write-Host',
    'foreach',
  ])
  // After Ctrl+C a value that is put out ends the block.
  expect(run?.ending).not.toMatch(/^ *['"$][^=]*$/m)
})

it("converts each tool's capture by what reads it", () => {
  const text = captureScript('http://proxy.example:8080')
  const convert = functionOf(text, 'Convert-Capture')
  const [netsh = '', pktmon = ''] = convert.split(/^ {4}\}$/m)
  expect(netsh).toMatch(/if \(\$Tool -eq 'netsh'\) \{[^]*etl2pcapng[^]*return\n$/)
  expect(pktmon).toContain("-Argument @('etl2pcap', $File, '--out', $converted)")
  expect(convert.slice(netsh.length)).not.toContain('etl2pcapng')
})

it('reads -Seconds as text, where "1,20" is no number', () => {
  const text = captureScript('http://proxy.example:8080')
  expect(text).toContain("[string] $Seconds = '60'")
  const [, pattern = ''] = /-notmatch '([^']+)\\z'/.exec(functionOf(text, 'Get-Second')) ?? []
  const taken = ['60', '3600', '1,20', '', '-5', '1e1', ' 60'].filter((given) => {
    return new RegExp(`${pattern}$`).test(given)
  })
  expect(taken).toEqual(['60', '3600'])
})

const HOST = '10.1.2.10'
const PROXY = ['10.0.0.5', 8_080] as const
const CLOUD = '198.51.100.9'

/** In the order of the packets: what each of them is. */
const PACKETS: readonly [what: string, packet: Packet][] = [
  ['to proxy', { from: [HOST, 50_001], to: PROXY, flags: SYN, sequence: 1 }],
  ['connect', request(50_001, 'CONNECT ns.servicebus.windows.net:443 HTTP/1.1')],
  ['good', answer(50_001, 'HTTP/1.1 200 Connection established')],
  ['connect', request(50_002, 'CONNECT login.windows.net:443 HTTP/1.1')],
  ['407', answer(50_002, 'HTTP/1.1 407 Proxy Authentication Required')],
  ['connect', request(50_003, 'CONNECT t.msappproxy.net:443 HTTP/1.1')],
  ['502', answer(50_003, 'HTTP/1.1 502 Bad Gateway')],
  ['direct', { from: [HOST, 50_004], to: [CLOUD, 9_350], flags: SYN, sequence: 7 }],
  ['again', { from: [HOST, 50_004], to: [CLOUD, 9_350], flags: SYN, sequence: 7 }],
  ['direct', { from: [HOST, 50_005], to: [CLOUD, 5_671], flags: SYN, sequence: 9 }],
  ['reset', { from: [CLOUD, 5_671], to: [HOST, 50_005], flags: RESET, sequence: 0 }],
  ['other', { from: [HOST, 50_006], to: [CLOUD, 22], flags: SYN, sequence: 11 }],
]

function request(port: number, line: string): Packet {
  const text = `${line}\r\nHost: x\r\n\r\n`
  return { from: [HOST, port], to: PROXY, flags: DATA, sequence: 2, text }
}

function answer(port: number, line: string): Packet {
  const text = `${line}\r\nContent-Length: 0\r\n\r\n`
  return { from: PROXY, to: [HOST, port], flags: DATA, sequence: 1, text }
}

describeWith([program('tshark')], 'Wireshark', () => {
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangewarden-capture-'))
    writeFileSync(join(folder, 'x.pcap'), pcap(PACKETS.map(([, packet]) => packet)))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  /** What the filter shows, each packet by what it is. */
  function shown(filter: string): string[] {
    const args = ['-n', '-r', join(folder, 'x.pcap'), '-Y', filter, '-T', 'fields', '-e']
    const numbers = execFileSync('tshark', [...args, 'frame.number'], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'pipe'],
    })
    return numbers
      .trim()
      .split('\n')
      .map((number) => PACKETS[Number(number) - 1]?.[0] ?? number)
  }

  const EXPECTED = [
    ['connect', 'good', 'connect', '407', 'connect', '502'],
    ['407'],
    ['407', '502'],
    ['again'],
    ['direct', 'again', 'direct'],
    ['reset'],
  ]

  it('has a filter for each fault', () => {
    expect(filters('Wireshark')).toHaveLength(EXPECTED.length)
  })

  it.each(
    EXPECTED.map((expected, index) => [filters('Wireshark')[index] ?? '', expected] as const),
  )('%s', (filter, expected) => expect(shown(filter)).toEqual(expected))

  it('refuses what is no filter, so that the tests above can fail', () => {
    expect(() => shown('tcp.port == 8080 &&& http')).toThrow()
  })
})

describeWith([program('tcpdump')], 'tcpdump', () => {
  let file = ''
  let folder = ''
  beforeAll(() => {
    folder = mkdtempSync(join(tmpdir(), 'rangewarden-capture-'))
    file = join(folder, 'x.pcap')
    writeFileSync(file, pcap(PACKETS.map(([, packet]) => packet)))
  })
  afterAll(() => rmSync(folder, { recursive: true }))

  function kept(filter: string): number {
    const lines = execFileSync('tcpdump', ['-n', '-t', '-r', file, filter], {
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    })
    return lines.trim().split('\n').length
  }

  it('keeps what the capture filters are for', () => {
    const [toProxy = '', direct = '', ...others] = filters('capture filter')
    expect(others).toEqual([])
    expect(kept(toProxy)).toBe(7)
    expect(kept(direct)).toBe(3)
  })
})
