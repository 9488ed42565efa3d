/** Reads an input one batch ahead: the next batch is fetched while the consumer works on the one before. */
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { Batch } from './batch.js'
import type { OperatorContext } from './operator-context.js'
import { Pace } from './pace.js'
import { byteSizeOf } from '../types/vectors/vector-ops.js'

/** An input that has started already. */
export interface StartedInput extends AsyncIterable<Batch> {
  /** Stops it, also in the middle of a fetch, and waits until it has let go of everything. Safe to call twice. */
  close(): Promise<void>
}

/** Opens a node and starts fetching its first batch at once. */
export function startInput(plan: PhysicalPlan, context: OperatorContext): StartedInput {
  const abort = new AbortController()
  const signal = AbortSignal.any([context.signal, abort.signal])
  return startReading(context.open(plan, { ...context, signal, pace: new Pace(signal) }), abort)
}

/** Starts fetching from an iterable that stops when `abort` fires. */
export function startReading(input: AsyncIterable<Batch>, abort: AbortController): StartedInput {
  const iterator = input[Symbol.asyncIterator]()
  let pending: Promise<IteratorResult<Batch>> | undefined = fetchNext()
  let closing: Promise<void> | undefined

  function fetchNext(): Promise<IteratorResult<Batch>> {
    const next = iterator.next()
    // The failure is thrown where the batch is taken; until then nobody listens.
    next.catch(() => undefined)
    return next
  }

  async function stop(): Promise<void> {
    if (pending !== undefined) {
      abort.abort(new Error('The input is no longer needed'))
      await pending.catch(() => undefined)
    }
    pending = undefined
    await iterator.return?.()
  }

  const close = (): Promise<void> => (closing ??= stop())
  return {
    close,
    async *[Symbol.asyncIterator]() {
      try {
        for (;;) {
          if (pending === undefined) return
          const result = await pending
          if (result.done === true) {
            pending = undefined
            return
          }
          pending = fetchNext()
          yield result.value
        }
      } finally {
        await close()
      }
    },
  }
}

/**
 * Opens a node whose rows are wanted later, and keeps fetching until they are: each batch is held as long as `hold` agrees to the
 * bytes held so far, so that its sources work while something else is read first. From the first batch taken it is one batch ahead, as any input.
 */
export function startGathering(
  plan: PhysicalPlan,
  context: OperatorContext,
  hold: (bytes: number) => boolean,
): StartedInput {
  const input = startInput(plan, context)
  const rows = input[Symbol.asyncIterator]()
  const held: Batch[] = []
  let bytes = 0
  let isWanted = false
  const gathered = gather()
  // A failure is thrown where the rows are taken.
  gathered.catch(() => undefined)

  async function gather(): Promise<void> {
    while (!isWanted) {
      const next = await rows.next()
      if (next.done === true) return
      held.push(next.value)
      bytes += bytesOf(next.value)
      if (!hold(bytes)) return
    }
  }

  function* letGo(): Generator<Batch> {
    for (let batch = held.shift(); batch !== undefined; batch = held.shift()) {
      bytes -= bytesOf(batch)
      hold(bytes)
      yield batch
    }
  }

  return {
    close: input.close,
    async *[Symbol.asyncIterator]() {
      isWanted = true
      yield* letGo()
      await gathered
      yield* letGo()
      yield* { [Symbol.asyncIterator]: () => rows }
    },
  }
}

function bytesOf({ columns }: Batch): number {
  return columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
}
