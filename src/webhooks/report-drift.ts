/** A check of a device: what is kept of it, and what is told when it differs. */
import { sha256 } from '../documents/read-document.ts'
import type { DeviceStore, DriftCounts, EventDraft } from '../store/telling-contract.ts'
import type { DriftPartView, DriftView } from '../views/drift.ts'
import { MOST_NAMES } from './event.ts'

/** Keeps the check of a device that names itself; drift that was told of is not told again. */
export async function reportDrift(devices: DeviceStore, drift: DriftView): Promise<void> {
  const { allowlist, cloud, device, serial, inStep, missing, extra, stale } = drift
  if (device === null) return
  const differs = [missing, extra, stale].map(({ networks, names }) => [networks, names])
  const facts = {
    allowlist,
    cloud,
    device,
    serial,
    missing: toldOf(missing),
    extra: toldOf(extra),
    stale: toldOf(stale),
  }
  const event: EventDraft = { type: 'drift.detected', cloud, allowlist, facts }
  const check = {
    allowlist,
    device,
    inStep,
    missing: countsOf(missing),
    extra: countsOf(extra),
    stale: countsOf(stale),
  }
  await devices.checked(check, sha256(JSON.stringify(differs)), event)
}

function countsOf({ addresses, names }: DriftPartView): DriftCounts {
  return { ipv4: String(addresses.ipv4), ipv6: addresses.ipv6, names: names.length }
}

function toldOf({ addresses, networks, names }: DriftPartView) {
  return { addresses, networks: firstOf(networks), names: firstOf(names) }
}

function firstOf(all: readonly string[]) {
  return { names: all.slice(0, MOST_NAMES), more: Math.max(0, all.length - MOST_NAMES) }
}
