/**
 * Recursive Union: the base's rows, then the step over the rows of the round before, until a round adds none. Without
 * ALL a row that was there before is dropped. Memory: the rows seen so far (without ALL) and two rounds; what does not fit goes
 * to disk.
 */
import type { RecursiveUnionPlan } from '../../planner/physical-plan.js'
import type { Batch } from '../batch.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { reserveFor } from '../reservation.js'
import { SeenRows } from '../sets/seen-rows.js'
import { HeldBatches } from '../spill/held-batches.js'
import { SpillFile } from '../spill/spill-file.js'

/** A round's rows take at most this part of the limit: they are read in order, while the step and what was seen need room. */
const ROUND_SHARE = 1 / 8

/** Runs the base and then the step, round by round. */
export async function* recursiveUnion(
  plan: RecursiveUnionPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { pace } = context
  const memory = reserveFor(plan, 'Recursive Union', context)
  const comparing = reserveFor(plan, 'Recursive Union', context)
  const file = new SpillFile(context.statistics.of(plan.id))
  const space = { file, pace, memoryLimit: context.memory.limit }
  const seen = plan.all ? undefined : new SeenRows(plan.columns, comparing, space)
  let working: HeldBatches | undefined
  const newRound = (): HeldBatches =>
    new HeldBatches(
      file,
      (bytes) =>
        bytes <= context.memory.limit * ROUND_SHARE &&
        memory.tryResize(bytes + (working?.bytes ?? 0) + (seen?.growingBytes ?? 0)),
    )
  let round = newRound()
  const settle = (): void => {
    if (seen === undefined) return
    const rows = round.bytes + (working?.bytes ?? 0)
    if (memory.tryResize(rows + seen.growingBytes)) return
    seen.freeze()
    memory.resize(rows + seen.bytes)
  }
  /** Gives the new rows of some batches, and keeps them for the next round. */
  async function* taken(batches: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    for await (const batch of batches) {
      const fresh = seen === undefined ? batch : await seen.add(batch)
      settle()
      if (fresh.length > 0) yield await round.append(fresh)
      if (pace.due()) await pace.turn()
    }
    if (seen === undefined) return
    for await (const fresh of seen.rest()) yield await round.append(fresh)
  }
  try {
    yield* taken(context.open(plan.base))
    while (round.length > 0) {
      const rows = (working = round)
      round = newRound()
      const table: SharedRows = { read: () => rows.read() }
      const shared = new Map([...context.shared, [plan.shared, table]])
      yield* taken(context.open(plan.step, { ...context, shared }))
      if (pace.due()) await pace.turn()
    }
  } finally {
    await file.close()
    memory.release()
    comparing.release()
  }
}
