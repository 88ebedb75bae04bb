/** The catalogue of required names: every service of every cloud that Microsoft publishes one for. */
import type { Cloud } from '../core/cloud.ts'
import { notFound, type RangewardenError } from '../core/errors.ts'
import { appProxyAzureGovernment } from './azure-government.ts'
import type { EndpointService } from './contract.ts'
import { appProxyLegacy } from './legacy.ts'
import { appProxyPublic } from './public.ts'

const SERVICES: readonly EndpointService[] = [
  appProxyPublic,
  appProxyLegacy,
  appProxyAzureGovernment,
]

/** Clouds for which there is nothing to ship, and why an invented list would be worse than none. */
const NO_LIST: Partial<Record<Cloud, string>> = {
  China:
    'Microsoft publishes no connector endpoint list for China (21Vianet), so there is none here: ' +
    'names guessed from other products would admit what nobody asked for',
  AzureGermany:
    'Microsoft publishes no connector endpoint list for AzureGermany, which was retired in 2022, ' +
    'so there is none here',
}

/** All services, or those of one cloud; empty for a cloud without a published list. */
export function endpointServices(cloud?: Cloud): readonly EndpointService[] {
  return cloud === undefined ? SERVICES : SERVICES.filter((service) => service.cloud === cloud)
}

/** Throws RangewardenError 'not-found' that says why there is no list, or which services exist. */
export function findService(name: string, cloud: Cloud): EndpointService {
  const service = endpointServices(cloud).find((known) => known.name === name)
  if (!service) throw unknownService(name, cloud)
  return service
}

function unknownService(name: string, cloud: Cloud): RangewardenError {
  const reason = NO_LIST[cloud]
  if (reason !== undefined) return notFound(reason, { service: name, cloud })
  const known = endpointServices(cloud).map((service) => service.name)
  const message = `no service "${name}" in ${cloud}: known are ${known.join(', ')}`
  return notFound(message, { service: name, cloud, known })
}
