/** What chats would read as more than text, made text that looks the same. */

/** Takes no room, is no space and no letter: what stands on its two sides is not read as one. */
export const WORD_JOINER = '\u2060'

/**
 * Nobody is called by it: not by `@here`, `@all` or a user's name, not by `<!channel>` or
 * `<users/all>`. An @ within an e-mail address calls nobody and stays.
 */
export function withoutMentions(text: string): string {
  return text.replaceAll(/(?<![A-Za-z0-9])@|<(?=\S)/g, `$&${WORD_JOINER}`)
}

/** No link whose words are not its address: `[words](address)`. */
export function withoutDisguisedLinks(text: string): string {
  return text.replaceAll('](', `]${WORD_JOINER}(`)
}
