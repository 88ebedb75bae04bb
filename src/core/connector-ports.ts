/**
 * The ports of the connector, current and legacy (design facts: the article of 2026-03-25 and its
 * first version of 2017).
 */
import { port, type PortRange } from './endpoint-rule.ts'

/** Plain HTTP: certificate hosts. Also tunnelled (CONNECT) where the operator asks for it. */
export const HTTP_PORT = 80

/** All outbound traffic of the service. */
export const HTTPS_PORT = 443

/** Tunnelled by connectors older than 1.5.132.0 besides 443. */
export const LEGACY_PORTS: readonly PortRange[] = [port(8080), port(9090, 9091), port(10100, 10120)]

/**
 * Service Bus tries these directly first and goes through the proxy only if that fails. They are
 * refused with a reset: a silent drop delays the fall back to 443.
 */
export const DIRECT_PORTS: readonly PortRange[] = [port(5671), port(9350), port(9352)]
