/** What can end a session's current work early: a cancel request, statement_timeout, the end of the connection. */
import { EngineError, SQLSTATE } from '../errors.js'

/** One session's interrupts. Work begins and ends; an interrupt in between hits it, one outside hits nothing. */
export class Interruption {
  #controller: AbortController | undefined
  #timer: NodeJS.Timeout | undefined
  #closed: EngineError | undefined

  /** Work is under way; interrupts reach it from now on. */
  begin(): void {
    this.#controller ??= new AbortController()
    if (this.#closed !== undefined) this.#controller.abort(this.#closed)
  }

  /** The work is done; an interrupt that came too late is forgotten. */
  end(): void {
    this.stopTimer()
    this.#controller = undefined
  }

  /** Aborts the work under way, if any, with the error the client is to get. */
  abort(error: EngineError): void {
    this.#controller?.abort(error)
  }

  /** Aborts this and any later work: the connection is gone. */
  close(error: EngineError): void {
    this.#closed = error
    this.abort(error)
    this.stopTimer()
  }

  /** Starts statement_timeout unless it runs already; 0: none. */
  startTimer(milliseconds: number): void {
    if (milliseconds <= 0 || this.#timer !== undefined) return
    this.#timer = setTimeout(
      () =>
        this.abort(
          new EngineError(SQLSTATE.queryCanceled, 'canceling statement due to statement timeout'),
        ),
      Math.min(milliseconds, 2 ** 31 - 1),
    )
  }

  stopTimer(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
  }

  /** Throws when the work was aborted. */
  check(): void {
    this.#controller?.signal.throwIfAborted()
  }

  /** Calls back on abort; returns how to stop listening. */
  onAbort(listener: (reason: unknown) => void): () => void {
    const signal = this.#controller?.signal
    if (signal === undefined) return () => undefined
    const call = (): void => listener(signal.reason)
    if (signal.aborted) call()
    else signal.addEventListener('abort', call, { once: true })
    return () => signal.removeEventListener('abort', call)
  }

  /** Waits for a promise or for the abort, whichever comes first. */
  async race<Value>(promise: Promise<Value>): Promise<Value> {
    const signal = this.#controller?.signal
    if (signal === undefined) return promise
    let stop = (): void => undefined
    const aborted = new Promise<never>((_resolve, reject) => {
      stop = this.onAbort((reason) => reject(reason as Error))
    })
    try {
      return await Promise.race([promise, aborted])
    } catch (error) {
      promise.catch(() => undefined)
      throw error
    } finally {
      stop()
    }
  }
}
