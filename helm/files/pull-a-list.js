// What `helm test` runs: asks for a list until there is one, for two minutes at most, and prints its head.
import { setTimeout as sleep } from 'node:timers/promises'

const { LIST_URL, READ_TOKENS = '' } = process.env
const { request } = await import(LIST_URL.startsWith('https:') ? 'node:https' : 'node:http')
const [token] = READ_TOKENS.trim().split(/\s*,\s*/)

function ask() {
  return new Promise((resolve, reject) => {
    const options = {
      headers: token ? { authorization: `Bearer ${token}` } : {},
      timeout: 5_000,
      // The certificate is for the name that people use, not for the Service.
      rejectUnauthorized: false,
    }
    const asked = request(LIST_URL, options, (response) => {
      let text = ''
      response.setEncoding('utf8').on('data', (part) => (text += part))
      response.on('error', reject).on('end', () => resolve({ status: response.statusCode, text }))
    })
    asked.on('timeout', () => asked.destroy(new Error('no answer for 5 seconds')))
    asked.on('error', reject).end()
  })
}

for (const end = Date.now() + 120_000; ;) {
  const { status, text } = await ask().catch((error) => ({ status: 0, text: String(error) }))
  if (status === 200 && text !== '') {
    console.log(text.split('\n').slice(0, 3).join('\n'))
    break
  }
  console.error(`${LIST_URL}: ${status === 0 ? text : `status ${status} ${text}`}`)
  // Only that is worth waiting for: a service that starts, and its first sync.
  const mayChange = status === 0 || status === 503
  if (!mayChange || Date.now() > end) process.exit(1)
  await sleep(3_000)
}
