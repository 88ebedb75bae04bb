/**
 * Tunnels that a Squid with OpenSSL does not inspect: parsed without a word of complaint, and a live
 * one in a network namespace shows a connector the certificate of a listed name itself, and its own
 * certificate for every other name. Debian's Squid without OpenSSL does not start with the file.
 */
import { execFileSync } from 'node:child_process'
import { chmodSync } from 'node:fs'
import { text as textFrom } from 'node:stream/consumers'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { ExportRefused, type ExportInput } from '../../exporters/contract.ts'
import { squidSplice } from '../../exporters/squid-splice.ts'
import { findService } from '../../src/endpoints/index.ts'
import { exportInput, renderText, rule } from '../support/export-input.ts'
import { formatLaws } from '../support/format-laws.ts'
import { networkNamespace, type NetworkNamespace } from '../support/network-namespace.ts'
import { describeWith, networkNamespaces, program } from '../support/requirements.ts'
import {
  CERTIFICATE_GENERATOR,
  CONNECTOR,
  HOSTS,
  INSIDE,
  parseConfiguration,
  SQUID_ADDRESS,
  SQUID_OPENSSL,
  squidFolder,
  squidOpenssl,
  startSquid,
  STRANGER,
  type RunningSquid,
  type SquidFolder,
  type SquidSetup,
} from '../support/squid.ts'
import { aclOf, asRule, namesApart, readSquidConf } from '../support/squid-conf.ts'

formatLaws({
  exporter: squidSplice,
  read: (file) => {
    const conf = readSquidConf(file)
    const [only, ...more] = conf.rules
    expect([only?.action, more]).toEqual(['ssl_bump splice', []])
    const [clients, names, ...rest] = only?.acls ?? []
    expect(aclOf(conf, clients).type).toBe('src')
    expect(aclOf(conf, names).type).toBe('ssl::server_name')
    expect(rest).toEqual([])
    return { names: aclOf(conf, names).values.map(asRule) }
  },
  words: (file) => readSquidConf(file).comments.join(' '),
  namesOf: ({ rules }) =>
    namesApart(rules.filter(({ ports }) => ports.some(({ last }) => last !== 80))),
})

function render(given: Partial<ExportInput>): string {
  const options = { clients: `${CONNECTOR}/32` }
  return renderText(squidSplice, exportInput({ ...given, options }))
}

const { endpoints } = findService('app-proxy', 'Public')
const names = render({ name: 'app-proxy', rules: endpoints })

describe('the rules', () => {
  const code = (given: Partial<ExportInput>): string[] =>
    render({ name: 'list', ...given })
      .split('\n')
      .filter((line) => line !== '' && !line.startsWith('#'))

  it('are one, for the clients and the names with a port other than 80', () => {
    const rules = [rule('crl.example', 80), rule('a.example', 80, 443), rule('b.example', 8080)]
    expect(code({ rules })).toEqual([
      'acl rangewarden_list_sclients src 10.9.0.10/32',
      'acl rangewarden_list_splice ssl::server_name a.example',
      'acl rangewarden_list_splice ssl::server_name b.example',
      'ssl_bump splice rangewarden_list_sclients rangewarden_list_splice',
    ])
  })

  it('keep a name whose wildcard is for port 80 alone', () => {
    const rules = [rule('*.a.example', 80), rule('x.a.example', 443)]
    expect(code({ rules })).toContain('acl rangewarden_list_splice ssl::server_name x.a.example')
  })

  it('are refused where no name speaks TLS', () => {
    expect(() => render({ rules: [rule('crl.example', 80)] })).toThrow(ExportRefused)
    expect(() => render({ rules: [rule('crl.example', 80)] })).toThrow('all 1 names of')
  })

  it('have ACLs that fit for the longest list name', () => {
    expect(code({ name: 'a'.repeat(40), rules: endpoints })).not.toEqual([])
  })
})

/** A port that inspects TLS, with certificates of its own making. */
const INSPECTING: SquidSetup = {
  hosts: HOSTS,
  portOptions: (folder) =>
    `ssl-bump tls-cert=${folder}/proxy.pem generate-host-certificates=on dynamic_cert_mem_cache_size=1MB`,
  lines: (folder) => [
    `sslcrtd_program ${CERTIFICATE_GENERATOR} -s ${folder}/certificates -M 1MB`,
    'sslcrtd_children 1 startup=1',
    `tls_outgoing_options cafile=${folder}/origin-ca.pem`,
  ],
}

/** Two authorities, the proxy's and the origin's, and the origin's certificate for all names. */
function makeCertificates({ path, file }: SquidFolder): void {
  const openssl = (...args: readonly string[]): void => {
    execFileSync('openssl', args, { cwd: path, stdio: 'ignore' })
  }
  const request = ['req', '-x509', '-newkey', 'rsa:2048', '-nodes', '-days', '2']
  openssl(...request, '-subj', '/CN=Proxy CA', '-keyout', 'proxy.pem', '-out', 'proxy.crt')
  file('proxy.pem', readBoth(path, 'proxy.pem', 'proxy.crt'))
  openssl(...request, '-subj', '/CN=Origin CA', '-keyout', 'ca.key', '-out', 'origin-ca.pem')
  const subject = ['-subj', '/CN=origin', '-addext', `subjectAltName=${ORIGIN_NAMES}`]
  const signed = ['-CA', 'origin-ca.pem', '-CAkey', 'ca.key', '-keyout', 'origin.key']
  openssl(...request, ...subject, ...signed, '-out', 'origin.pem')
  execFileSync(CERTIFICATE_GENERATOR, ['-c', '-s', `${path}/certificates`, '-M', '1MB'])
  execFileSync('chown', ['-R', 'proxy:proxy', `${path}/certificates`])
  chmodSync(`${path}/proxy.pem`, 0o644)
}

const ORIGIN_NAMES = Object.keys(HOSTS)
  .map((name) => `DNS:${name}`)
  .join(',')

function readBoth(path: string, ...files: readonly string[]): string {
  return execFileSync('cat', files, { cwd: path, encoding: 'utf8' })
}

describeWith([program('squid')], 'a Squid without OpenSSL', () => {
  it('does not start with the file, which is why it is one of its own', () => {
    const folder = squidFolder()
    try {
      folder.include({ afterPortDenies: [names] })
      const { code, complaints } = parseConfiguration(folder.conf)
      expect(code).not.toBe(0)
      expect(complaints.join('\n')).toContain("FATAL: Invalid ACL type 'ssl::server_name'")
    } finally {
      folder.remove()
    }
  })
})

describeWith([squidOpenssl, program('openssl')], 'squid -k parse, with OpenSSL', () => {
  let folder: SquidFolder
  beforeAll(() => {
    folder = squidFolder(INSPECTING)
    makeCertificates(folder)
  })
  afterAll(() => folder.remove())

  it.each([
    ['the file alone', [names]],
    ['the file before rules of the site', [names, 'ssl_bump bump all\n']],
    ['two lists', [names, render({ name: 'app.proxy', rules: endpoints })]],
  ])('has nothing to say about %s', (_, afterPortDenies) => {
    folder.include({ afterPortDenies })
    expect(parseConfiguration(folder.conf, SQUID_OPENSSL)).toEqual({ code: 0, complaints: [] })
  })

  it('has much to say about what we leave out', () => {
    const both = 'acl x ssl::server_name .a.example\nacl x ssl::server_name a.example\n'
    folder.include({ afterPortDenies: [both] })
    expect(parseConfiguration(folder.conf, SQUID_OPENSSL).code).not.toBe(0)
  })
})

describeWith(
  [squidOpenssl, program('openssl'), program('ip'), networkNamespaces],
  'a live Squid that inspects TLS',
  () => {
    let folder: SquidFolder
    let namespace: NetworkNamespace
    let squid: RunningSquid

    beforeAll(async () => {
      folder = squidFolder(INSPECTING)
      makeCertificates(folder)
      folder.include({})
      namespace = await networkNamespace([SQUID_ADDRESS, CONNECTOR, STRANGER, INSIDE], [])
      await startOrigin(namespace, folder)
      squid = await startSquid(namespace, folder, SQUID_OPENSSL)
    }, 30_000)
    afterAll(async () => {
      await namespace.close()
      folder.remove()
    })

    const load = (...bumping: readonly string[]): Promise<void> => {
      folder.include({ afterPortDenies: [...bumping, 'http_access allow all\n'] })
      return squid.reconfigure()
    }
    /** Who signed what the client sees. */
    const issuer = async (from: string, host: string, sni = host): Promise<string> => {
      const client = namespace.spawn('openssl', [
        's_client',
        ...['-proxy', squid.address, '-bind', `${from}:0`],
        ...['-connect', `${host}:443`, '-servername', sni],
      ])
      client.stdin.end()
      const [output, errors] = await Promise.all([textFrom(client.stdout), textFrom(client.stderr)])
      return /^issuer=CN = (.*)$/m.exec(output)?.[1] ?? errors
    }

    describe.each([
      ['bumps all', 'ssl_bump bump all\n'],
      [
        'peeks first',
        'acl first_step at_step SslBump1\nssl_bump peek first_step\nssl_bump bump all\n',
      ],
      [
        'stares first',
        'acl first_step at_step SslBump1\nssl_bump stare first_step\nssl_bump bump all\n',
      ],
    ])('and %s', (_, site) => {
      beforeAll(() => load(names, site))

      it.each([
        ['tenant.msappproxy.net', 'Origin CA'],
        ['ns.servicebus.windows.net', 'Origin CA'],
        ['login.windows.net', 'Origin CA'],
        ['evilmsappproxy.net', 'Proxy CA'],
        ['a.msappproxy.net.evil.xyz', 'Proxy CA'],
        ['inside.example', 'Proxy CA'],
      ])('shows a connector that asks for %s a certificate of the %s', async (host, authority) => {
        expect(await issuer(CONNECTOR, host)).toBe(authority)
      })

      it('inspects other clients', async () => {
        expect(await issuer(STRANGER, 'tenant.msappproxy.net')).toBe('Proxy CA')
      })

      it('goes by the host of CONNECT', async () => {
        const split = await issuer(CONNECTOR, 'tenant.msappproxy.net', 'inside.example')
        expect(split).toBe('Origin CA')
      })
    })

    it('does not go by a name in the hello where nothing peeks at it', async () => {
      await load(names, 'ssl_bump bump all\n')
      expect(await issuer(CONNECTOR, 'inside.example', 'tenant.msappproxy.net')).toBe('Proxy CA')
    })

    it('inspects everything where the file comes behind a bump', async () => {
      await load('ssl_bump bump all\n', names)
      expect(await issuer(CONNECTOR, 'tenant.msappproxy.net')).toBe('Proxy CA')
    })

    it('inspects names again that a newer list no longer has', async () => {
      await load(names, 'ssl_bump bump all\n')
      expect(await issuer(CONNECTOR, 'login.windows.net')).toBe('Origin CA')
      const fewer = render({ name: 'app-proxy', rules: [rule('*.msappproxy.net', 443)] })
      await load(fewer, 'ssl_bump bump all\n')
      expect(await issuer(CONNECTOR, 'login.windows.net')).toBe('Proxy CA')
      expect(await issuer(CONNECTOR, 'tenant.msappproxy.net')).toBe('Origin CA')
    })
  },
)

/** Resolves when the TLS server listens. */
function startOrigin(namespace: NetworkNamespace, { path }: SquidFolder): Promise<void> {
  const server = namespace.spawn('openssl', [
    's_server',
    ...['-accept', `${INSIDE}:443`, '-cert', `${path}/origin.pem`, '-key', `${path}/origin.key`],
  ])
  return new Promise((resolve, reject) => {
    server.stdout.on('data', (data: Buffer) => {
      if (data.includes('ACCEPT')) resolve()
    })
    server.once('exit', () => reject(new Error('the TLS server ended')))
  })
}
