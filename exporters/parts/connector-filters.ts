/**
 * What to look for in a capture of the connector's start, for each analyzer: the article's two
 * questions (does the proxy answer; are there direct attempts) with the operator's proxy filled in.
 */
import { DIRECT_PORTS, HTTPS_PORT } from '../../src/core/connector-ports.ts'
import type { ConnectorProxy } from '../../src/core/connector-proxy.ts'

export type Analyzer = 'Wireshark' | 'capture filter' | 'Network Monitor'

export interface Filter {
  readonly analyzer: Analyzer
  readonly filter: string
  readonly finds: string
}

/** Ports of direct attempts: Service Bus's own, and 443 past the proxy. */
const DIRECT = [HTTPS_PORT, ...DIRECT_PORTS.map(({ first }) => first)]

export function filtersOf({ port }: ConnectorProxy): readonly Filter[] {
  return [...wireshark(port), ...captureFilters(port), ...networkMonitor(port)]
}

/** Display filters, in the syntax that every version since 2.0 reads. */
function wireshark(port: number): Filter[] {
  const direct = DIRECT.map((each) => `tcp.dstport == ${each}`).join(' || ')
  const first = 'tcp.flags.syn == 1 && tcp.flags.ack == 0'
  const rows: [filter: string, finds: string][] = [
    [
      `tcp.port == ${port} && (http.request.method == "CONNECT" || http.response)`,
      "the connector's CONNECT requests and the proxy's answers: 200 is good",
    ],
    [
      `tcp.port == ${port} && http.response.code == 407`,
      'the proxy wants authentication, which the connector cannot give',
    ],
    [
      `tcp.port == ${port} && http.response.code >= 400`,
      'every refusal of the proxy: 403 is its policy, 502 and 503 what it cannot reach',
    ],
    [
      `${first} && tcp.analysis.retransmission`,
      'connections nobody answers: a silent drop between here and there',
    ],
    [`${first} && (${direct})`, 'direct attempts, past the proxy'],
    [
      'tcp.flags.reset == 1 && (' +
        DIRECT.map((each) => `tcp.srcport == ${each}`).join(' || ') +
        ')',
      'direct attempts that something refuses with a reset, as it should be',
    ],
  ]
  return rows.map(([filter, finds]) => ({ analyzer: 'Wireshark', filter, finds }))
}

/** For tcpdump on the proxy or a firewall, and for Wireshark's capture options. */
function captureFilters(port: number): Filter[] {
  const direct = DIRECT.map((each) => `dst port ${each}`).join(' or ')
  return [
    {
      analyzer: 'capture filter',
      filter: `tcp port ${port}`,
      finds: 'all that goes to the proxy and comes from it',
    },
    {
      analyzer: 'capture filter',
      filter: `tcp[tcpflags] & (tcp-syn|tcp-ack) == tcp-syn and (${direct})`,
      finds: 'direct attempts over IPv4 alone (tcpdump does not look at flags behind IPv6)',
    },
  ]
}

/** The article of 2017 was written for it; what it says of HTTPS is for the CONNECT requests. */
function networkMonitor(port: number): Filter[] {
  return [
    {
      analyzer: 'Network Monitor',
      filter: `(https.Request or https.Response) and tcp.port==${port}`,
      finds: "the article's filter for requests to the proxy and its answers",
    },
    {
      analyzer: 'Network Monitor',
      filter: `(http.Request or http.Response) and tcp.port==${port}`,
      finds: 'the same where the analyzer takes CONNECT for plain HTTP',
    },
    {
      analyzer: 'Network Monitor',
      filter: 'property.TCPSynRetransmit',
      finds: "the article's filter for connections nobody answers",
    },
  ]
}
