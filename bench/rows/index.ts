/** The rows of the benchmark, in the order of its table: group by group. */
import type { ListedRow } from '../contract.ts'
import {
  collapseBothCidrTools,
  collapseBothFastCidrTools,
  collapseCidrTools,
  collapseFastCidrTools,
  collapseIprange,
} from './collapse.ts'
import { diffMedian, diffWorst } from './diff.ts'
import { fitScaling, fitShare, fitTime } from './fit.ts'
import { formatRows } from './formats.ts'
import { httpNotModified, httpWhole } from './http.ts'
import { importFolder } from './import.ts'
import { lookupBlockList, lookupIpCidr, lookupRate, timeTravel } from './lookup.ts'
import { memory } from './memory.ts'
import { nginxNotModified, nginxWhole } from './nginx.ts'
import { pacBytes, pacTime } from './pac.ts'
import { parse } from './parse.ts'
import { publishFirst, publishWeek } from './publish.ts'
import { scalingOfBuild, scalingOfCover, scalingOfUnion } from './range-scaling.ts'
import { restart } from './restart.ts'
import {
  intersectCidrTools,
  subtractCidrTools,
  subtractFastCidrTools,
  unionCidrTools,
  unionFastCidrTools,
} from './set-operations.ts'

export const rows: readonly ListedRow[] = [
  { group: 'intake', name: 'parse', against: ['JSON.parse'], row: parse },
  { group: 'intake', name: 'publish-first', against: [], row: publishFirst },
  { group: 'intake', name: 'publish-week', against: [], row: publishWeek },
  { group: 'intake', name: 'restart', against: [], row: restart },
  { group: 'intake', name: 'import-folder', against: ['JSON.parse'], row: importFolder },
  { group: 'ranges', name: 'collapse-iprange', against: ['iprange'], row: collapseIprange },
  { group: 'ranges', name: 'collapse-cidr-tools', against: ['cidr-tools'], row: collapseCidrTools },
  {
    group: 'ranges',
    name: 'collapse-fast',
    against: ['fast-cidr-tools'],
    row: collapseFastCidrTools,
  },
  { group: 'ranges', name: 'collapse-both', against: ['cidr-tools'], row: collapseBothCidrTools },
  {
    group: 'ranges',
    name: 'collapse-both-fast',
    against: ['fast-cidr-tools'],
    row: collapseBothFastCidrTools,
  },
  { group: 'ranges', name: 'union-cidr-tools', against: ['cidr-tools'], row: unionCidrTools },
  { group: 'ranges', name: 'union-fast', against: ['fast-cidr-tools'], row: unionFastCidrTools },
  {
    group: 'ranges',
    name: 'intersect-cidr-tools',
    against: ['cidr-tools'],
    row: intersectCidrTools,
  },
  { group: 'ranges', name: 'subtract-cidr-tools', against: ['cidr-tools'], row: subtractCidrTools },
  {
    group: 'ranges',
    name: 'subtract-fast',
    against: ['fast-cidr-tools'],
    row: subtractFastCidrTools,
  },
  { group: 'ranges', name: 'scaling-build', against: [], row: scalingOfBuild },
  { group: 'ranges', name: 'scaling-union', against: [], row: scalingOfUnion },
  { group: 'ranges', name: 'scaling-cover', against: [], row: scalingOfCover },
  { group: 'ranges', name: 'fit-share', against: [], row: fitShare },
  { group: 'ranges', name: 'fit-time', against: [], row: fitTime },
  { group: 'ranges', name: 'fit-scaling', against: [], row: fitScaling },
  { group: 'lookup', name: 'lookup-blocklist', against: ['net.BlockList'], row: lookupBlockList },
  { group: 'lookup', name: 'lookup-ip-cidr', against: ['ip-cidr'], row: lookupIpCidr },
  { group: 'lookup', name: 'lookup-rate', against: [], row: lookupRate },
  { group: 'lookup', name: 'time-travel', against: [], row: timeTravel },
  { group: 'diff', name: 'diff-median', against: ['JSON.parse'], row: diffMedian },
  { group: 'diff', name: 'diff-worst', against: ['JSON.parse'], row: diffWorst },
  ...formatRows,
  { group: 'serving', name: 'nginx-200', against: ['nginx', 'wrk'], row: nginxWhole },
  { group: 'serving', name: 'nginx-304', against: ['nginx', 'wrk'], row: nginxNotModified },
  { group: 'serving', name: 'http-200', against: ['fastify', 'autocannon'], row: httpWhole },
  { group: 'serving', name: 'http-304', against: ['fastify', 'autocannon'], row: httpNotModified },
  { group: 'serving', name: 'pac-time', against: ['pactester'], row: pacTime },
  { group: 'serving', name: 'pac-bytes', against: [], row: pacBytes },
  { group: 'memory', name: 'memory', against: [], row: memory },
]
