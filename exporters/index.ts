/** Every format, in the order they are shown. Adding one is its file and its line here. */
import type { Exporter } from './contract.ts'
import { json } from './json.ts'
import { pac } from './pac.ts'
import { squid } from './squid.ts'
import { text } from './text.ts'

export const exporters: readonly Exporter[] = [squid, pac, json, text]
