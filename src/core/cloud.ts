/** The Azure clouds Microsoft publishes service tags for. */

/** `AzureGermany` is retired: its last file is of 2022-03-07. */
export const CLOUDS = ['Public', 'AzureGovernment', 'China', 'AzureGermany'] as const

export type Cloud = (typeof CLOUDS)[number]

export const RETIRED_CLOUDS: readonly Cloud[] = ['AzureGermany']

export function isCloud(text: string): text is Cloud {
  return (CLOUDS as readonly string[]).includes(text)
}
