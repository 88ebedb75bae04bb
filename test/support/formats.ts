/** The formats that tests of other things than formats use. */
import type { Exporter } from '../../exporters/contract.ts'
import { json } from '../../exporters/json.ts'
import { pac } from '../../exporters/pac.ts'
import { squid } from '../../exporters/squid.ts'
import { text } from '../../exporters/text.ts'

/**
 * One of names and addresses, one with options, one of everything, one of addresses alone: what is
 * asked of a list in every format is asked of these, and every format's own test asks the rest.
 */
export const someFormats: readonly Exporter[] = [squid, pac, json, text]
