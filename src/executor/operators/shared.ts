/**
 * Shared: a common table that several nodes read. The definition runs at most once, and only as far as somebody reads;
 * its rows stay in memory, or on disk when they are too many, until the body has ended.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { SharedPlan, SharedReferencePlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { Pace } from '../pace.js'
import { reserveFor } from '../reservation.js'
import { HeldBatches } from '../spill/held-batches.js'
import { SpillFile } from '../spill/spill-file.js'

/** Runs the body over the shared definition. */
export async function* shared(plan: SharedPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Shared Rows', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  // The definition outlives any one reader, but not the body.
  const abort = new AbortController()
  const signal = AbortSignal.any([context.signal, abort.signal])
  const definition = context
    .open(plan.definition, { ...context, signal, pace: new Pace(signal) })
    [Symbol.asyncIterator]()
  const batches = new HeldBatches(file, (bytes) => memory.tryResize(bytes))
  let isComplete = false
  let fetching: Promise<void> | undefined
  const fetchMore = async (): Promise<void> => {
    const result = await definition.next()
    if (result.done === true) {
      isComplete = true
      return
    }
    await batches.append(result.value)
  }
  const rows: SharedRows = {
    async *read(signal) {
      for (let index = 0; ; index++) {
        while (index >= batches.length && !isComplete) {
          // Readers that run side by side wait for the same fetch.
          fetching ??= fetchMore().finally(() => (fetching = undefined))
          await untilAborted(fetching, signal)
        }
        const batch = await batches.at(index)
        if (batch === undefined) return
        yield batch
      }
    },
  }
  try {
    yield* context.open(plan.body, {
      ...context,
      shared: new Map([...context.shared, [plan.shared, rows]]),
    })
  } finally {
    if (fetching !== undefined) {
      abort.abort(new Error('The rows are no longer needed'))
      await Promise.resolve(fetching).catch(() => undefined)
    }
    await definition.return?.()
    await file.close()
    memory.release()
  }
}

/** Reads shared rows. */
export function sharedReference(
  plan: SharedReferencePlan,
  context: OperatorContext,
): AsyncIterable<Batch> {
  const rows = context.shared.get(plan.shared)
  if (rows === undefined) {
    throw new EngineError(SQLSTATE.internalError, `Shared rows "${plan.name}" are not in scope`)
  }
  return rows.read(context.signal)
}

/** Waits for a promise, or for the signal, whose reason is thrown then. */
async function untilAborted(promise: Promise<void>, signal: AbortSignal): Promise<void> {
  signal.throwIfAborted()
  let stop: (() => void) | undefined
  const aborted = new Promise<never>((_resolve, reject) => {
    stop = () => reject(signal.reason)
    signal.addEventListener('abort', stop, { once: true })
  })
  try {
    await Promise.race([promise, aborted])
  } finally {
    if (stop !== undefined) signal.removeEventListener('abort', stop)
  }
}
