/** The log: JSON lines on stderr, with secrets blanked wherever they stand in a line. */
import { destination, pino, type DestinationStream, type Logger } from 'pino'

/** Names of members whose text is a secret, at any depth. */
const SECRET_MEMBER =
  /("(?:proxy-)?(?:authorization|cookie|set-cookie|password|secret|[a-z_]*token)":)"(?:[^"\\]|\\.)*"/gi

/** `https://user:password@host`: whatever hides in a URL's user part. */
const URL_PASSWORD = /(\/\/[^\s/:@"\\]*):[^\s/@"\\]+@/g

/** Parameters that make a URL a credential, as signed links and database URLs have them. */
const SECRET_PARAMETER = /([?&](?:sig|signature|[a-z_]*token|[a-z]*password)=)[^&\s"\\]+/gi

const BEARER = /\b(Bearer|Basic) [\w.~+/=-]+/gi

/**
 * @param level a pino level, or `silent`
 * @param stream where lines go; written at once, so that nothing is lost when the process ends
 */
export function createLog(
  level: string,
  stream: DestinationStream = destination({ dest: 2, sync: true }),
): Logger {
  return pino({ level, base: null, hooks: { streamWrite: withoutSecrets } }, stream)
}

/**
 * Blanks what looks like a secret. Works on the finished line: an error's message or stack can hold
 * a URL just as a member can.
 */
export function withoutSecrets(line: string): string {
  return line
    .replace(SECRET_MEMBER, '$1"***"')
    .replace(URL_PASSWORD, '$1:***@')
    .replace(SECRET_PARAMETER, '$1***')
    .replace(BEARER, '$1 ***')
}
