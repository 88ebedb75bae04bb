/**
 * What the connector must reach in the US Government cloud, installed with
 * ENVIRONMENTNAME="AzureUSGovernment". One article, written for the pass-through authentication
 * agent and the connector alike; where it prints no port, 443 is what it says elsewhere.
 *
 * Ground for `tags`: as in public.ts, with the tags of the Government file. management.azure.com is
 * served by the public cloud, so no tag of the Government file is known to hold it.
 */
import { port } from '../core/endpoint-rule.ts'
import type { Endpoint, EndpointService, EndpointSource } from './contract.ts'

const ARTICLE: EndpointSource = {
  title: 'Microsoft Entra Connect: Hybrid identity considerations for Azure Government cloud',
  url: 'https://learn.microsoft.com/en-us/entra/identity/hybrid/connect/reference-connect-government-cloud',
  date: '2025-04-09',
}

function runtime(name: string, purpose: string): Endpoint {
  return {
    name,
    ports: [port(443)],
    purpose,
    phase: 'runtime',
    sources: [ARTICLE],
    tags: ['AzureCloud'],
  }
}

function certificates(name: string): Endpoint {
  return {
    name,
    ports: [port(80)],
    purpose: 'verifies certificates',
    phase: 'certificates',
    sources: [ARTICLE],
    tags: [],
  }
}

function registration(name: string, more: Partial<Endpoint> = {}): Endpoint {
  return {
    name,
    ports: [port(443)],
    purpose: 'registers the connector, and keeps it registered',
    phase: 'registration',
    sources: [ARTICLE],
    tags: [],
    ...more,
  }
}

export const appProxyAzureGovernment: EndpointService = {
  name: 'app-proxy',
  cloud: 'AzureGovernment',
  title: 'Microsoft Entra private network connector (application proxy), US Government',
  endpoints: [
    runtime('*.msappproxy.us', 'connects the connector and the cloud service'),
    runtime(
      '*.servicebus.usgovcloudapi.net',
      'connects the connector and the cloud service (Service Bus)',
    ),
    certificates('mscrl.microsoft.us'),
    certificates('crl.microsoft.us'),
    certificates('ocsp.msocsp.us'),
    certificates('www.microsoft.us'),
    registration('login.windows.us', { tags: ['AzureActiveDirectory'] }),
    registration('secure.aadcdn.microsoftonline-p.com'),
    registration('*.microsoftonline.us', { tags: ['AzureActiveDirectory'] }),
    registration('*.microsoftonline-p.us'),
    registration('*.msauth.net'),
    registration('*.msauthimages.net'),
    registration('*.msecnd.net'),
    registration('*.msftauth.net'),
    registration('*.msftauthimages.net'),
    registration('*.phonefactor.net'),
    registration('enterpriseregistration.windows.net'),
    registration('management.azure.com', {
      note: 'Served by the public cloud: no tag of the Government file holds it.',
    }),
    registration('policykeyservice.dc.ad.msft.net'),
    registration('ctldl.windowsupdate.us', {
      ports: [port(80)],
      purpose: 'downloads the list of trusted certificate authorities',
    }),
  ],
  blockedDirectPorts: [],
  notes: [
    'The connector cannot answer a proxy that asks for authentication (407).',
    'Do not inspect its TLS: the connector proves itself with a client certificate.',
    'The Government connector also uses names that the public cloud serves.',
    'Addresses alone do not suffice: the certificate hosts have none in the published ranges.',
  ],
}
