/**
 * Hash Join: holds the build side with a hash table over its keys, streams the other side past it. Both sides are
 * started at once.
 *
 * Memory: the build side's rows and the table. A NULL key matches nothing unless the key is null-safe; for marks and
 * NOT IN it makes the condition unknown instead. The residual is part of the match: a row whose pairs all fail it is
 * unmatched. Unmatched build rows come last.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { Column, Expression } from '../../expressions/expression.js'
import type { HashJoinPlan } from '../../planner/physical-plan.js'
import { OID } from '../../types/sql-type.js'
import type { Vector } from '../../types/vector.js'
import { byteSizeOf } from '../../types/vector-ops.js'
import type { Batch } from '../batch.js'
import { buildJoinIndex } from '../joins/join-index.js'
import type { JoinIndex } from '../joins/join-index.js'
import { MatchCollector } from '../joins/match-collector.js'
import { PairCondition } from '../joins/pair-condition.js'
import { UnknownPairs } from '../joins/unknown-pairs.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { RowStore } from '../row-store.js'

/** Pairs put together at once. */
const PAIRS = 16_384

/** Joins by hashing. */
export async function* hashJoin(
  plan: HashJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const { left, right, build, joinType, keys, residual } = plan
  const { pace, evaluation } = context
  const [held, streamed] = build === 'left' ? [left, right] : [right, left]
  const heldKeys = keys.map((key) => (build === 'left' ? key.left : key.right))
  const streamedKeys = keys.map((key) => (build === 'left' ? key.right : key.left))
  const compile = (expressions: typeof heldKeys, columns: typeof held.columns) =>
    expressions.map((expression) => compileExpression(expression, columns, evaluation))
  const heldKeyExpressions = compile(heldKeys, held.columns)
  const streamedKeyExpressions = compile(streamedKeys, streamed.columns)
  const memory = reserveFor(plan, 'Hash Join', context)
  const hold = (bytes: number): void => {
    // Spilling goes here: partition both sides by key hash, keep what fits, join the written partitions afterwards.
    if (!memory.tryResize(bytes)) memory.resize(bytes)
  }
  const probe = startInput(streamed, context)
  try {
    const store = new RowStore(held.columns)
    const keyBatches: { keys: Vector[]; length: number }[] = []
    let keyBytes = 0
    for await (const batch of context.open(held)) {
      store.append(batch)
      const vectors = heldKeyExpressions.map((expression) => expression.evaluate(batch))
      for (const [index, vector] of vectors.entries()) {
        if (heldKeys[index]!.kind !== 'column') keyBytes += byteSizeOf(vector)
      }
      keyBatches.push({ keys: vectors, length: batch.length })
      hold(store.bytes + keyBytes)
      if (pace.due()) await pace.turn()
    }
    const length = store.length
    const padsStreamed = joinType === 'full' || joinType === (build === 'left' ? 'right' : 'left')
    const isFilter = joinType === 'anti' || joinType === 'mark'
    // Nothing on the build side: only padded, unmatched or marked rows of the other side can come out.
    if (length === 0 && !padsStreamed && !(isFilter && build === 'right')) return
    const keyColumns = keys.map((key) => ({ type: key.left.type, nullsMatch: key.nullSafe }))
    const rowBytes = store.bytes
    const index = await buildJoinIndex(keyColumns, keyBatches, pace, (bytes) =>
      hold(rowBytes + keyBytes + bytes),
    )
    const heldVectors = store.takeColumns()
    const collector = new MatchCollector({
      ...plan,
      leftColumns: left.columns,
      rightColumns: right.columns,
      held: build,
      equalColumns: equalColumns(heldKeys, streamedKeys, held.columns, streamed.columns),
    })
    collector.setHeld(heldVectors, length)
    const condition =
      residual === undefined
        ? undefined
        : new PairCondition(residual, streamed.columns, held.columns, evaluation)
    const unknown = collector.needsUnknown
      ? new UnknownPairs(plan, heldKeyExpressions, index.nullRows, heldVectors, length, condition)
      : undefined
    keyBatches.length = 0
    const expandsOnce = index.isUnique || (collector.oneMatchIsEnough && condition === undefined)
    const onlyRows = expandsOnce ? firstRows(index) : undefined
    const cursor: PairCursor = { row: 0, match: -1 }
    let ids = new Int32Array(0)
    const pairStreamed = new Int32Array(PAIRS)
    const pairHeld = new Int32Array(PAIRS)
    for await (const batch of probe) {
      if (ids.length < batch.length) ids = new Int32Array(batch.length)
      const vectors = streamedKeyExpressions.map((expression) => expression.evaluate(batch))
      index.lookup(vectors, batch.length, ids)
      collector.startBatch(batch)
      cursor.row = 0
      while (cursor.row < batch.length) {
        const count = expandsOnce
          ? pairOnce(ids, batch.length, onlyRows, cursor, pairStreamed, pairHeld)
          : pairAll(ids, batch.length, index, cursor, pairStreamed, pairHeld)
        if (count === 0) continue
        const verdicts = condition?.judge(batch, pairStreamed, heldVectors, pairHeld, count)
        const joined = collector.addPairs(pairStreamed, pairHeld, count, verdicts)
        if (joined !== undefined) yield joined
        if (pace.due()) await pace.turn()
      }
      if (unknown !== undefined) await unknown.judge(batch, vectors, collector, pace)
      const rest = collector.endBatch()
      if (rest !== undefined) yield rest
      if (pace.due()) await pace.turn()
    }
    unknown?.finish(collector)
    yield* collector.finish()
  } finally {
    await probe.close()
    memory.release()
  }
}

/** Types of which equal values are the same bytes. */
const IDENTICAL_WHEN_EQUAL: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.oid, OID.date, OID.time, OID.timestamp],
  ...[OID.timestamptz, OID.text, OID.varchar, OID.uuid],
])

/** Key columns of the held side that need not be fetched: the streamed side has the same values. */
function equalColumns(
  heldKeys: readonly Expression[],
  streamedKeys: readonly Expression[],
  heldColumns: readonly Column[],
  streamedColumns: readonly Column[],
): ReadonlyMap<number, number> {
  const equal = new Map<number, number>()
  heldKeys.forEach((heldKey, index) => {
    const streamedKey = streamedKeys[index]!
    if (heldKey.kind !== 'column' || streamedKey.kind !== 'column') return
    if (heldKey.type.oid !== streamedKey.type.oid) return
    if (!IDENTICAL_WHEN_EQUAL.has(heldKey.type.oid)) return
    const positionIn = (columns: readonly Column[], id: number): number =>
      columns.findIndex((column) => column.id === id)
    equal.set(positionIn(heldColumns, heldKey.id), positionIn(streamedColumns, streamedKey.id))
  })
  return equal
}

/** Where the pairing of a batch has got to. */
interface PairCursor {
  row: number
  /** The next of that row's matches; -1: its first. */
  match: number
}

/** The first row of each key by number; undefined where the number is the row itself. */
function firstRows({ isUnique, starts, rows, nullRows }: JoinIndex): Int32Array | undefined {
  if (isUnique) return nullRows.length === 0 ? undefined : rows
  const first = new Int32Array(starts.length - 1)
  for (let id = 0; id < first.length; id++) first[id] = rows[starts[id]!]!
  return first
}

/** Pairs rows of a batch with one match each. */
function pairOnce(
  ids: Int32Array,
  length: number,
  rows: Int32Array | undefined,
  cursor: PairCursor,
  pairStreamed: Int32Array,
  pairHeld: Int32Array,
): number {
  const end = Math.min(length, cursor.row + pairStreamed.length)
  let count = 0
  for (let row = cursor.row; row < end; row++) {
    const id = ids[row]!
    if (id < 0) continue
    pairStreamed[count] = row
    pairHeld[count++] = rows === undefined ? id : rows[id]!
  }
  cursor.row = end
  return count
}

/** Pairs rows of a batch with all their matches, until the pairs are full. */
function pairAll(
  ids: Int32Array,
  length: number,
  index: JoinIndex,
  cursor: PairCursor,
  pairStreamed: Int32Array,
  pairHeld: Int32Array,
): number {
  const { starts, rows } = index
  const room = pairStreamed.length
  let { row, match } = cursor
  let count = 0
  while (row < length && count < room) {
    const id = ids[row]!
    if (id >= 0) {
      const end = starts[id + 1]!
      let at = match < 0 ? starts[id]! : match
      for (; at < end && count < room; at++) {
        pairStreamed[count] = row
        pairHeld[count++] = rows[at]!
      }
      match = at < end ? at : -1
      if (match >= 0) break
    }
    row++
  }
  cursor.row = row
  cursor.match = match
  return count
}
