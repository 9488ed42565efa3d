/** Leaving work that cannot be interrupted when its statement is aborted. */
import { EngineError, SQLSTATE } from '../../errors.js'

/** What the client gets when its statement was aborted. */
export function abortError(signal: AbortSignal): EngineError {
  return signal.reason instanceof EngineError
    ? signal.reason
    : new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to user request')
}

/** Waits for work, but not longer than until the signal aborts; what the work says later is ignored. */
export async function unlessAborted<T>(work: Promise<T>, signal: AbortSignal): Promise<T> {
  if (signal.aborted) throw abortError(signal)
  let abort = (): void => undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    abort = () => reject(abortError(signal))
    signal.addEventListener('abort', abort, { once: true })
  })
  work.catch(() => undefined)
  try {
    return await Promise.race([work, aborted])
  } finally {
    signal.removeEventListener('abort', abort)
  }
}

/** Waits for work that may take no longer than this many milliseconds, and for nothing of what it says. */
export async function withPatience(work: Promise<unknown>, milliseconds: number): Promise<void> {
  let timer: NodeJS.Timeout | undefined
  const patience = new Promise<void>((resolve) => (timer = setTimeout(resolve, milliseconds)))
  await Promise.race([work.catch(() => undefined), patience])
  clearTimeout(timer)
}
