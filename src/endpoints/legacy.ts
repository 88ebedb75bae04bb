/**
 * What the article of 2017 asked for, for connectors older than 1.5.132.0 (2017-05-25), which tunnel
 * to more ports than 443 and whose Service Bus must be kept from going past the proxy.
 *
 * The extra ports are given to the service's own names: 8080 bootstrap and updates, 9090
 * registration, 9091 renewal of the trust certificate, 10100-10120 answers of applications. The
 * login names are asked on 443, which the port table of the time calls user authentication.
 *
 * Ground for `tags`: as in public.ts.
 */
import { DIRECT_PORTS, HTTPS_PORT, LEGACY_PORTS } from '../core/connector-ports.ts'
import { port } from '../core/endpoint-rule.ts'
import type { EndpointService, EndpointSource } from './contract.ts'

const TITLE = 'Working with existing on-premises proxy servers'
const URL =
  'https://learn.microsoft.com/en-us/azure/active-directory/application-proxy-working-with-proxy-servers'

/** The version that names *.servicebus.microsoft.net. */
const FIRST: EndpointSource = { title: TITLE, url: URL, date: '2017-01-12' }
/** The version that names *.servicebus.windows.net in its place. */
const CORRECTED: EndpointSource = { title: TITLE, url: URL, date: '2017-05-22' }

const SERVICE_PORTS = [port(HTTPS_PORT), ...LEGACY_PORTS]

export const appProxyLegacy: EndpointService = {
  name: 'app-proxy-legacy',
  cloud: 'Public',
  title: 'Azure AD Application Proxy connector older than 1.5.132.0',
  endpoints: [
    {
      name: '*.msappproxy.net',
      ports: SERVICE_PORTS,
      purpose: 'connects the connector and the cloud service',
      phase: 'runtime',
      sources: [FIRST, CORRECTED],
      tags: ['AzureCloud'],
    },
    {
      name: '*.servicebus.microsoft.net',
      ports: SERVICE_PORTS,
      purpose: 'connects the connector and the cloud service (Service Bus), as first published',
      phase: 'runtime',
      sources: [FIRST],
      tags: [],
      note: 'Published in error for *.servicebus.windows.net, and emitted together with it.',
    },
    {
      name: '*.servicebus.windows.net',
      ports: SERVICE_PORTS,
      purpose: 'connects the connector and the cloud service (Service Bus)',
      phase: 'runtime',
      sources: [CORRECTED],
      tags: ['AzureCloud'],
      note: 'What *.servicebus.microsoft.net of the first version was meant to be.',
    },
    {
      name: 'login.windows.net',
      ports: [port(HTTPS_PORT)],
      purpose: 'signs in the person who registers the connector',
      phase: 'registration',
      sources: [FIRST, CORRECTED],
      tags: ['AzureActiveDirectory'],
    },
    {
      name: 'login.microsoftonline.com',
      ports: [port(HTTPS_PORT)],
      purpose: 'signs in the person who registers the connector',
      phase: 'registration',
      sources: [FIRST, CORRECTED],
      tags: ['AzureActiveDirectory'],
    },
  ],
  blockedDirectPorts: DIRECT_PORTS,
  notes: [
    'For connectors older than 1.5.132.0; newer ones need app-proxy, which has the certificate hosts too.',
    'Refuse the blocked ports with a TCP reset, on the connector and at the perimeter: a silent drop delays the fall back to 443.',
  ],
}
