/** What the compiler of pipelines throws when MongoDB cannot do a piece of work exactly. */
import type { Judgement } from '../connector.js'

/** The reason is shown to users by EXPLAIN. */
export class Refusal extends Error {}

/** Refuses. */
export function refuse(reason: string): never {
  throw new Refusal(reason)
}

/** Judges by trying: exact when it works, none with the reason when it is refused. */
export function judgeByTrying(attempt: () => void): Judgement {
  try {
    attempt()
    return { support: 'exact' }
  } catch (error) {
    if (error instanceof Refusal) return { support: 'none', reason: error.message }
    throw error
  }
}
