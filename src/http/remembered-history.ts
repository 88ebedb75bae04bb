/** History that is asked the same many times within one request, and asks the database once. */
import type { Cloud } from '../core/cloud.ts'
import type { Position } from '../core/file-date.ts'
import type { HistoryStore } from '../store/contract.ts'

type Place = [cloud: Cloud, position: Position]

/** The positions and ids of `history`, remembered; for one request only, since history grows. */
export function rememberHistory(history: HistoryStore): HistoryStore {
  return {
    ...history,
    byId: remember((id: string) => history.byId(id), String),
    at: remember(
      (...place: Place) => history.at(...place),
      (cloud, position) => `${cloud} ${position}`,
    ),
    before: remember(
      (...place: Place) => history.before(...place),
      (cloud, position) => `${cloud} ${position}`,
    ),
    after: remember(
      (...place: Place) => history.after(...place),
      (cloud, position) => `${cloud} ${position}`,
    ),
  }
}

function remember<Arguments extends readonly unknown[], Answer>(
  ask: (...args: Arguments) => Promise<Answer>,
  keyOf: (...args: Arguments) => string,
): (...args: Arguments) => Promise<Answer> {
  const answers = new Map<string, Promise<Answer>>()
  return (...args) => {
    const key = keyOf(...args)
    let answer = answers.get(key)
    if (!answer) answers.set(key, (answer = ask(...args)))
    return answer
  }
}
