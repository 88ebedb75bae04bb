/** Every format, group by group, in the order they are shown. Adding one is its file and its lines here. */
import type { Exporter } from './contract.ts'
import { checkpointGdc } from './checkpoint-gdc.ts'
import { ciliumCidrgroup } from './cilium-cidrgroup.ts'
import { ciscoAsa } from './cisco-asa.ts'
import { connectorCapture } from './connector-capture.ts'
import { connectorConfigBypass } from './connector-config-bypass.ts'
import { connectorConfigProxy } from './connector-config-proxy.ts'
import { connectorPortsNftables } from './connector-ports-nftables.ts'
import { connectorPortsSquid } from './connector-ports-squid.ts'
import { connectorPortsWindows } from './connector-ports-windows.ts'
import { connectorPreflight } from './connector-preflight.ts'
import { csv } from './csv.ts'
import { fortinetCategory } from './fortinet-category.ts'
import { fortinetIp } from './fortinet-ip.ts'
import { haproxyMap } from './haproxy-map.ts'
import { ipset } from './ipset.ts'
import { json } from './json.ts'
import { juniperSrx } from './juniper-srx.ts'
import { mikrotik } from './mikrotik.ts'
import { networkpolicy } from './networkpolicy.ts'
import { nftables } from './nftables.ts'
import { nginxAllow } from './nginx-allow.ts'
import { nginxGeo } from './nginx-geo.ts'
import { pac } from './pac.ts'
import { pacFunction } from './pac-function.ts'
import { panosEdlIp } from './panos-edl-ip.ts'
import { panosEdlUrl } from './panos-edl-url.ts'
import { squid } from './squid.ts'
import { squidDst } from './squid-dst.ts'
import { squidDstdomain } from './squid-dstdomain.ts'
import { squidSplice } from './squid-splice.ts'
import { terraform } from './terraform.ts'
import { text } from './text.ts'
import { windowsFirewall } from './windows-firewall.ts'

export const exporters: readonly Exporter[] = [
  squid,
  squidDst,
  squidDstdomain,
  squidSplice,
  pac,
  pacFunction,
  nftables,
  ipset,
  mikrotik,
  windowsFirewall,
  panosEdlIp,
  panosEdlUrl,
  fortinetIp,
  fortinetCategory,
  checkpointGdc,
  ciscoAsa,
  juniperSrx,
  nginxAllow,
  nginxGeo,
  haproxyMap,
  networkpolicy,
  ciliumCidrgroup,
  terraform,
  json,
  csv,
  text,
  connectorConfigBypass,
  connectorConfigProxy,
  connectorPortsSquid,
  connectorPortsWindows,
  connectorPortsNftables,
  connectorCapture,
  connectorPreflight,
]
