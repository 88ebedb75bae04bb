/** What is answered where there is no route: the nearest one, or the methods the path does take. */
import type { FastifyInstance, FastifyReply, FastifyRequest } from 'fastify'
import { nearestName } from '../core/nearest-name.ts'
import { sendProblem } from './problem.ts'

/** Longer paths are not compared with ours: nobody mistyped them. */
const MAX_COMPARED = 200

/** To be called before the first route, which it takes note of. */
export function explainMissingRoutes(app: FastifyInstance): void {
  const methodsByPath = new Map<string, Set<string>>()
  app.addHook('onRoute', ({ url, method }) => {
    const methods = methodsByPath.get(url) ?? new Set()
    for (const one of [method].flat()) methods.add(one)
    methodsByPath.set(url, methods)
  })

  app.setNotFoundHandler((request: FastifyRequest, reply: FastifyReply) => {
    const [path = ''] = request.url.split('?')
    const methods = [...methodsByPath].flatMap(([template, known]) =>
      isOf(path, template) ? [...known] : [],
    )
    if (methods.length > 0) {
      const allow = [...new Set(methods)].join(', ')
      void reply.header('allow', allow)
      const detail = `${path} takes ${allow}, not ${request.method}`
      return sendProblem(reply, 'method-not-allowed', detail)
    }
    const near = path.length > MAX_COMPARED ? undefined : nearest(path, [...methodsByPath.keys()])
    const hint = near === undefined ? '' : ` did you mean ${near}?`
    const detail = `there is nothing at ${path.slice(0, MAX_COMPARED)}:${hint} /docs lists what there is`
    return sendProblem(reply, 'not-found', detail, near === undefined ? {} : { nearest: near })
  })
}

function isOf(path: string, template: string): boolean {
  const [given, known] = [path.split('/'), template.split('/')]
  if (given.length !== known.length) return false
  return known.every((part, i) => part.startsWith(':') || part === given[i])
}

/** Templates are compared with the caller's own values in the place of their parameters. */
function nearest(path: string, templates: readonly string[]): string | undefined {
  const given = path.split('/')
  const candidates = templates.map((template) =>
    template
      .split('/')
      .map((part, i) => (part.startsWith(':') ? (given[i] ?? part) : part))
      .join('/'),
  )
  return nearestName(path, candidates)
}
