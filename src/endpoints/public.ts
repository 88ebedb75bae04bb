/**
 * What the Microsoft Entra private network connector (once: Azure AD Application Proxy connector)
 * must reach in the public cloud: the union of two articles that disagree in three rows.
 *
 * Ground for `tags`, and only for these (an unproved "covered" would hide an outage):
 * - *.msappproxy.net and *.servicebus.windows.net: the proxy article offers "all of the Azure
 *   datacenter IP ranges" in place of these names, which is AzureCloud. Not the ServiceBus tag:
 *   Microsoft documents it as the premium tier only, and the connector's namespaces are not ours
 *   to know.
 * - login.windows.net, *.microsoftonline.com: Microsoft 365 endpoint set 56 publishes addresses
 *   for login.windows.net and login.microsoftonline.com, all of them in AzureActiveDirectory.
 * - management.azure.com: Azure Resource Manager, which has a tag of its own, inside AzureCloud.
 * - all other names are served by content networks or from addresses no article publishes:
 *   crl3, crl4 and ocsp.digicert.com resolve to addresses in none of 3,039 tags (measured 2025).
 */
import { port } from '../core/endpoint-rule.ts'
import type { Endpoint, EndpointService, EndpointSource } from './contract.ts'

const PROXY_ARTICLE: EndpointSource = {
  title: 'Work with existing on-premises proxy servers and Microsoft Entra ID',
  url: 'https://learn.microsoft.com/en-us/entra/identity/app-proxy/application-proxy-configure-connectors-with-proxy-servers',
  date: '2026-03-25',
}

const CONNECTOR_ARTICLE: EndpointSource = {
  title: 'How to configure connectors for Microsoft Entra Private Access',
  url: 'https://learn.microsoft.com/en-us/entra/global-secure-access/how-to-configure-connectors',
  date: '2026-05-26',
}

const BOTH = [PROXY_ARTICLE, CONNECTOR_ARTICLE]
const HTTP = [port(80)]
const HTTPS = [port(443)]

function certificates(name: string): Endpoint {
  return {
    name,
    ports: HTTP,
    purpose: 'verifies certificates',
    phase: 'certificates',
    sources: BOTH,
    tags: [],
  }
}

function registration(name: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    name,
    ports: HTTPS,
    purpose: 'registers the connector, and keeps it registered',
    phase: 'registration',
    sources: BOTH,
    tags: [],
    ...more,
  }
}

export const appProxyPublic: EndpointService = {
  name: 'app-proxy',
  cloud: 'Public',
  title: 'Microsoft Entra private network connector (application proxy)',
  endpoints: [
    {
      name: '*.msappproxy.net',
      ports: HTTPS,
      purpose: 'connects the connector and the cloud service',
      phase: 'runtime',
      sources: BOTH,
      tags: ['AzureCloud'],
    },
    {
      name: '*.servicebus.windows.net',
      ports: HTTPS,
      purpose: 'connects the connector and the cloud service (Service Bus)',
      phase: 'runtime',
      sources: BOTH,
      tags: ['AzureCloud'],
      note: 'Shared by all tenants of Service Bus: admit it for the connectors only.',
    },
    certificates('crl3.digicert.com'),
    certificates('crl4.digicert.com'),
    certificates('ocsp.digicert.com'),
    certificates('crl.microsoft.com'),
    certificates('oneocsp.microsoft.com'),
    certificates('ocsp.msocsp.com'),
    registration('login.windows.net', { tags: ['AzureActiveDirectory'] }),
    registration('secure.aadcdn.microsoftonline-p.com'),
    registration('*.microsoftonline.com', {
      tags: ['AzureActiveDirectory'],
      note: 'The tag is known to hold login.microsoftonline.com and its sisters of set 56.',
    }),
    registration('*.microsoftonline-p.com'),
    registration('*.msauth.net'),
    registration('*.msauthimages.net'),
    registration('*.msecnd.net'),
    registration('*.msftauth.net'),
    registration('*.msftauthimages.net'),
    registration('*.phonefactor.net'),
    registration('enterpriseregistration.windows.net'),
    registration('management.azure.com', { tags: ['AzureCloud', 'AzureResourceManager'] }),
    registration('policykeyservice.dc.ad.msft.net', { sources: [PROXY_ARTICLE] }),
    registration('ctldl.windowsupdate.com', {
      ports: [port(80), port(443)],
      purpose: 'downloads the list of trusted certificate authorities',
    }),
    registration('www.microsoft.com', {
      path: '/pkiops',
      ports: [port(80), port(443)],
      purpose: 'downloads certificates of authorities',
      note: 'Port 443 is in the connector article only. A rule by name cannot see the path.',
    }),
  ],
  blockedDirectPorts: [],
  notes: [
    'The connector cannot answer a proxy that asks for authentication (407).',
    'Do not inspect its TLS: the connector proves itself with a client certificate.',
    'The articles ask for tunnels (CONNECT) to ports 443 and 80.',
    'Registration names stay needed: the connector article says "during and beyond".',
    'DNS answers pass through further names that Microsoft does not publish.',
    'Addresses alone do not suffice: the certificate hosts have none in the published ranges.',
  ],
}
