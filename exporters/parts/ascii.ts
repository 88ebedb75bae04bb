/** JSON and string literals of scripts in printable ASCII: no device disagrees on its bytes. */

/** A string literal, also of JavaScript: no line separator of Unicode can end it. */
export function literal(text: string): string {
  return ascii(JSON.stringify(text))
}

/** The same JSON with every character outside printable ASCII as an escape (RFC 8259, section 7). */
export function ascii(json: string): string {
  return json.replaceAll(/[^\n\x20-\x7e]/g, (unit) => {
    return `\\u${unit.charCodeAt(0).toString(16).padStart(4, '0')}`
  })
}
