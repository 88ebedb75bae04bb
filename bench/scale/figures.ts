/** Figures as docs/scale.md writes them: three digits that count, commas between thousands. */
import type { Unit } from './costs.ts'

const DIGITS = 3

/** A whole number of things; `none` for what no number is enough. */
export function count(value: number): string {
  if (value === Infinity) return 'none'
  return value.toLocaleString('en-US')
}

/** A number of things that nobody counts to the last one. */
export function rough(value: number): string {
  if (value < 100) return count(Math.floor(value))
  const step = 10 ** (Math.floor(Math.log10(value)) - 1)
  return count(Math.floor(value / step) * step)
}

export function figure(value: number): string {
  if (value >= 1_000) return count(Math.round(value))
  return String(Number(value.toPrecision(DIGITS)))
}

export function percent(share: number): string {
  return `${figure(100 * share)} %`
}

export function bytes(value: number): string {
  return scaled(value, ['bytes', 'kB', 'MB', 'GB', 'TB'])
}

export function bits(perSecond: number): string {
  return scaled(perSecond, ['bit/s', 'kbit/s', 'Mbit/s', 'Gbit/s', 'Tbit/s'])
}

export function seconds(value: number): string {
  return `${figure(value)} s`
}

export function measured(value: number, unit: Unit): string {
  switch (unit) {
    case 'bytes':
      return bytes(value)
    case 'share':
      return percent(value)
    case 'weeks':
    case 'connections':
      return figure(value)
    case 'ms':
    case 'µs':
    case 'a second':
    case 'days':
    case 'prefixes':
    case 'spans':
      return `${figure(value)} ${unit}`
  }
}

const STEP = 1_000

function scaled(value: number, units: readonly string[]): string {
  let [left, at] = [value, 0]
  while (left >= STEP && at < units.length - 1) {
    left /= STEP
    at++
  }
  return `${figure(left)} ${units[at] ?? ''}`
}
