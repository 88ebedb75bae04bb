/** Sentences as comments that nothing in them can end. */

/** Lines of `mark` and at most `width` characters of text, whatever the text holds. */
export function comment(mark: string, sentence: string, width = 98): string {
  return wrap(plain(sentence), width)
    .map((line) => `${mark}${line}\n`)
    .join('')
}

/** Printable ASCII on one line, whatever the text holds. */
export function plain(text: string): string {
  return text.replaceAll(/[^\x20-\x7e]/g, '?')
}

/** Squid refuses lines of 2,048 characters, nginx comments of 4,096. No name that we know comes near. */
const LONGEST_WORD = /.{1,1000}/gs

/** Cuts text into lines of at most `width` characters, between words; a longer word stands alone. */
export function wrap(text: string, width: number): string[] {
  const lines: string[] = []
  let line = ''
  for (const word of text.split(' ').flatMap(cut)) {
    if (line !== '' && line.length + 1 + word.length > width) {
      lines.push(line)
      line = word
    } else {
      line = line === '' ? word : `${line} ${word}`
    }
  }
  return [...lines, line]
}

function cut(word: string): readonly string[] {
  return word.match(LONGEST_WORD) ?? [word]
}
