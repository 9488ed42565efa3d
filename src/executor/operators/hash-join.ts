/**
 * Hash Join: holds the build side with a hash table over its keys, streams the other side past it. Both sides are
 * started at once: what comes of the other side while the build side is read is held, as far as there is room.
 *
 * Memory: the build side's rows and the table, or a table of these rows (record-table.ts). Beyond it both sides go to disk, partitioned by their keys' hashes, and
 * are joined partition by partition; a partition that is still too large is held in parts, each of which sees the
 * whole other side. A NULL key matches nothing unless the key is null-safe; for marks and NOT IN it makes the condition
 * unknown instead. The residual is part of the match: a row whose pairs all fail it is unmatched. Unmatched build rows
 * come last.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import type { Column, Expression } from '../../expressions/expression.js'
import type { HashJoinPlan, PhysicalPlan } from '../../planner/physical-plan.js'
import { nullVector } from '../../types/vectors/vector-ops.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { Batch } from '../batch.js'
import { HeldRows, TABLE_BYTES_PER_ROW } from '../joins/held-rows.js'
import { buildJoinIndex } from '../joins/join-index.js'
import type { JoinIndex } from '../joins/join-index.js'
import { fetchedColumns, MatchCollector } from '../joins/match-collector.js'
import type { CarriedVerdicts, JoinShape } from '../joins/match-collector.js'
import { PairCondition } from '../joins/pair-condition.js'
import { equalColumns, firstRows, pairAll, pairOnce } from '../joins/pairing.js'
import type { PairCursor } from '../joins/pairing.js'
import { recordColumns } from '../joins/record-table.js'
import type { RecordColumn } from '../joins/record-table.js'
import { UnknownPairs } from '../joins/unknown-pairs.js'
import { hashRows } from '../keys/hash-rows.js'
import type { MemoryReservation } from '../memory-budget.js'
import type { OperatorContext } from '../operator-context.js'
import { startGathering } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { partitionsFor, RowPartitions } from '../spill/row-partitions.js'
import { SpillFile } from '../spill/spill-file.js'
import type { SpilledRows } from '../spill/spilled-rows.js'
import { wantedRows } from '../wanted-rows.js'

/** Pairs put together at once. */
const PAIRS = 16_384

/** Of the statement's memory, what rows of the other side may hold that come while the build side is read. */
const GATHERED_SHARE = 1 / 16

/** Joins by hashing. */
export async function* hashJoin(
  plan: HashJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const join = new Join(plan, context)
  const ahead = context.memory.reserve('Hash Join')
  const most = context.memory.limit * GATHERED_SHARE
  const probe = startGathering(
    join.streamed,
    context,
    (bytes) => bytes <= most && ahead.tryResize(bytes),
  )
  try {
    yield* join.run(probe)
  } finally {
    await probe.close()
    await join.close()
    ahead.release()
  }
}

/** The build side, ready to be probed. Without rows where its index holds them. */
interface HeldSide {
  readonly vectors: readonly Vector[]
  readonly length: number
  readonly index: JoinIndex
}

/** Rows of the build side with their keys, which may fail as the rows themselves may. */
interface KeyedBatch {
  readonly batch: Batch
  readonly keys: readonly Vector[]
}

function valuesOf(expressions: readonly CompiledExpression[], batch: Batch): Vector[] {
  return expressions.map((expression) => expression.evaluate(batch))
}

/** One hash join: its compiled keys, its memory, its file. */
class Join {
  readonly held: PhysicalPlan
  readonly streamed: PhysicalPlan
  readonly #plan: HashJoinPlan
  readonly #context: OperatorContext
  readonly #heldKeys: readonly Expression[]
  readonly #streamedKeys: readonly Expression[]
  readonly #heldKeyExpressions: readonly CompiledExpression[]
  readonly #streamedKeyExpressions: readonly CompiledExpression[]
  readonly #condition: PairCondition | undefined
  readonly #shape: JoinShape
  /** Columns that a table of rows can give along with its matches; undefined where it would not do. */
  readonly #wanted: readonly RecordColumn[] | undefined
  readonly #memory: MemoryReservation
  readonly #file: SpillFile

  constructor(plan: HashJoinPlan, context: OperatorContext) {
    const { left, right, build, keys, residual } = plan
    const { evaluation } = context
    this.#plan = plan
    this.#context = context
    ;[this.held, this.streamed] = build === 'left' ? [left, right] : [right, left]
    this.#heldKeys = keys.map((key) => (build === 'left' ? key.left : key.right))
    this.#streamedKeys = keys.map((key) => (build === 'left' ? key.right : key.left))
    const compile = (expressions: readonly Expression[], columns: readonly Column[]) =>
      expressions.map((expression) => compileExpression(expression, columns, evaluation))
    this.#heldKeyExpressions = compile(this.#heldKeys, this.held.columns)
    this.#streamedKeyExpressions = compile(this.#streamedKeys, this.streamed.columns)
    this.#condition =
      residual === undefined
        ? undefined
        : new PairCondition(residual, this.streamed.columns, this.held.columns, evaluation)
    this.#shape = {
      ...plan,
      leftColumns: left.columns,
      rightColumns: right.columns,
      held: build,
      equalColumns: equalColumns(
        this.#heldKeys,
        this.#streamedKeys,
        this.held.columns,
        this.streamed.columns,
      ),
    }
    this.#wanted =
      residual === undefined
        ? recordColumns(this.held.columns, fetchedColumns(this.#shape))
        : undefined
    this.#memory = reserveFor(plan, 'Hash Join', context)
    this.#file = new SpillFile(context.statistics.of(plan.id))
  }

  async *run(probe: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const { pace } = this.#context
    const rows = this.#newHeldRows()
    let spilled: RowPartitions | undefined
    for await (const { batch, keys } of this.#heldRows(probe)) {
      if (spilled !== undefined) {
        await this.#spill(spilled, batch, () => keys)
      } else {
        rows.append(batch, keys)
        if (!this.#memory.tryResize(rows.bytes)) {
          spilled = await this.#spillHeld(rows)
        }
      }
      if (pace.due()) await pace.turn()
    }
    if (spilled === undefined) {
      const { length } = rows
      // Nothing on the build side: only padded, unmatched or marked rows of the other side can come out.
      if (length === 0 && !this.#needsStreamedWithoutHeld()) return
      const side = await this.#build(rows, (bytes) => this.#memory.tryResize(bytes))
      if (side !== undefined) {
        // All of its keys are NULL: nobody asks what the other side's are.
        const hasKeys = side.index.holdsRows || side.index.rows.length > 0
        if (!hasKeys && !this.#heldComesAlone && !this.#needsStreamedWithoutHeld()) return
        yield* this.#probe(side, probe)
        return
      }
      spilled = await this.#spillHeld(rows)
    }
    yield* this.#joinSpilled(spilled, probe)
  }

  /** The build side's rows; where none of them comes out without one of the other side, they are wanted only if that has any. */
  #heldRows(probe: AsyncIterable<Batch>): AsyncIterable<KeyedBatch> {
    const rows = this.#withKeys(this.#context.open(this.held))
    return this.#heldComesAlone ? rows : wantedRows(rows, probe, this.#context.signal)
  }

  async *#withKeys(batches: AsyncIterable<Batch>): AsyncGenerator<KeyedBatch> {
    for await (const batch of batches) {
      yield { batch, keys: valuesOf(this.#heldKeyExpressions, batch) }
    }
  }

  /** Rows of the build side come out without one of the other side. */
  get #heldComesAlone(): boolean {
    const { joinType, build } = this.#plan
    const isFilter = joinType === 'anti' || joinType === 'mark'
    return joinType === 'full' || joinType === build || (isFilter && build === 'left')
  }

  async close(): Promise<void> {
    await this.#file.close()
    this.#memory.release()
  }

  #needsStreamedWithoutHeld(): boolean {
    const { joinType, build } = this.#plan
    const padsStreamed = joinType === 'full' || joinType === (build === 'left' ? 'right' : 'left')
    const isFilter = joinType === 'anti' || joinType === 'mark'
    return padsStreamed || (isFilter && build === 'right')
  }

  /** Builds the hash table; undefined, with the rows untouched, when there is no memory for it. */
  async #build(rows: HeldRows, hold: (bytes: number) => boolean): Promise<HeldSide | undefined> {
    const keyColumns = this.#plan.keys.map((key) => ({
      type: key.left.type,
      nullsMatch: key.nullSafe,
    }))
    const { pace } = this.#context
    const holdAll = (bytes: number): boolean => hold(rows.rowBytes + bytes)
    const index = await buildJoinIndex(keyColumns, rows.keyBatches, pace, holdAll, this.#wanted)
    if (index === undefined) return undefined
    const { length } = rows
    if (!index.holdsRows) return { vectors: rows.takeColumns(), length, index }
    rows.discard()
    hold(index.bytes)
    const nothing = this.held.columns.map((column) => nullVector(column.type, 0))
    return { vectors: nothing, length: 0, index }
  }

  /**
   * Streams rows past the held side, or a part of it: then `verdicts` carry what is known of the rows.
   */
  async *#probe(
    side: HeldSide,
    batches: AsyncIterable<Batch>,
    verdicts?: CarriedVerdicts,
  ): AsyncGenerator<Batch> {
    const { pace } = this.#context
    const { vectors: heldVectors, length, index } = side
    const collector = new MatchCollector(this.#shape)
    collector.setHeld(heldVectors, length)
    const condition = this.#condition
    const unknown = collector.needsUnknown
      ? new UnknownPairs(
          this.#plan,
          this.#heldKeyExpressions,
          index.nullRows,
          heldVectors,
          length,
          condition,
        )
      : undefined
    const expandsOnce = index.isUnique || (collector.oneMatchIsEnough && condition === undefined)
    const onlyRows = expandsOnce ? firstRows(index) : undefined
    const cursor: PairCursor = { row: 0, match: -1 }
    let ids = new Int32Array(0)
    const pairStreamed = new Int32Array(PAIRS)
    const pairHeld = new Int32Array(PAIRS)
    let number = 0
    for await (const batch of batches) {
      if (ids.length < batch.length) ids = new Int32Array(batch.length)
      const vectors = valuesOf(this.#streamedKeyExpressions, batch)
      const fetched = index.lookup(vectors, batch.length, ids)
      collector.startBatch(batch, verdicts?.ofBatch(number++, batch.length), fetched)
      cursor.row = 0
      while (cursor.row < batch.length) {
        const count = expandsOnce
          ? pairOnce(ids, batch.length, onlyRows, cursor, pairStreamed, pairHeld)
          : pairAll(ids, batch.length, index, cursor, pairStreamed, pairHeld)
        if (count === 0) continue
        const judged = condition?.judge(batch, pairStreamed, heldVectors, pairHeld, count)
        const joined = collector.addPairs(pairStreamed, pairHeld, count, judged)
        if (joined !== undefined) yield joined
        if (pace.due()) await pace.turn()
      }
      if (unknown !== undefined) await unknown.judge(batch, vectors, collector, pace)
      const rest = verdicts?.isLast === false ? undefined : collector.endBatch()
      if (rest !== undefined) yield rest
      if (pace.due()) await pace.turn()
    }
    unknown?.finish(collector)
    yield* collector.finish()
  }

  #partitions(columns: readonly Column[]): RowPartitions {
    const { joinType, nullAware } = this.#plan
    const { limit } = this.#context.memory
    // A NULL makes the condition unknown with every row of the other side: those joins cannot be cut by keys.
    const isWhole = joinType === 'mark' || (joinType === 'anti' && nullAware === true)
    return new RowPartitions(this.#file, columns, isWhole ? 1 : partitionsFor(limit), limit)
  }

  async #spill(
    partitions: RowPartitions,
    batch: Batch,
    keys: () => readonly Vector[],
    wanted?: readonly boolean[],
  ): Promise<void> {
    const vectors = partitions.parts.length === 1 ? [] : keys()
    await partitions.append(batch, hashRows(vectors, batch.length), wanted)
  }

  /** Writes the rows held so far. */
  async #spillHeld(rows: HeldRows): Promise<RowPartitions> {
    const partitions = this.#partitions(this.held.columns)
    for (const batch of rows.takeBatches()) {
      await this.#spill(partitions, batch, () => valuesOf(this.#heldKeyExpressions, batch))
    }
    this.#memory.resize(2 * partitions.bufferBytes)
    return partitions
  }

  /** Joins partition by partition. */
  async *#joinSpilled(held: RowPartitions, probe: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    const { pace } = this.#context
    await held.flush()
    const needsAll = this.#needsStreamedWithoutHeld()
    const wanted = held.parts.map((part) => needsAll || part.rows > 0)
    const streamed = this.#partitions(this.streamed.columns)
    for await (const batch of probe) {
      const keys = () => valuesOf(this.#streamedKeyExpressions, batch)
      await this.#spill(streamed, batch, keys, wanted)
      if (pace.due()) await pace.turn()
    }
    await streamed.flush()
    for (const [number, part] of held.parts.entries()) {
      if (wanted[number] !== true) continue
      yield* this.#joinPartition(part, streamed.parts[number]!)
    }
  }

  /** Takes as many of the partition's held rows into memory as fit, again and again. */
  async *#joinPartition(held: SpilledRows, streamed: SpilledRows): AsyncGenerator<Batch> {
    const verdicts: Uint8Array[] = []
    // One verdict for each row of the streamed side.
    const ownBytes = streamed.rows
    let at = 0
    do {
      this.#memory.resize(ownBytes)
      let count = 0
      let bytes = 0
      while (at + count < held.batches.length) {
        const next = held.batches[at + count]!
        bytes += next.bytes + next.rows * TABLE_BYTES_PER_ROW
        if (!this.#memory.tryResize(ownBytes + bytes) && count > 0) break
        count++
      }
      let side = await this.#take(held, at, count, ownBytes)
      while (side === undefined) {
        count = Math.max(1, count >> 1)
        side = await this.#take(held, at, count, ownBytes)
      }
      at += count
      yield* this.#probe(side, streamed.read(), {
        isLast: at === held.batches.length,
        ofBatch: (number, length) => (verdicts[number] ??= new Uint8Array(length)),
      })
    } while (at < held.batches.length)
  }

  /** Reads held rows and builds their table; undefined when fewer must do. */
  async #take(
    held: SpilledRows,
    at: number,
    count: number,
    ownBytes: number,
  ): Promise<HeldSide | undefined> {
    const rows = this.#newHeldRows()
    for (const spilled of held.batches.slice(at, at + count)) {
      const batch = await this.#file.read(spilled)
      rows.append(batch, valuesOf(this.#heldKeyExpressions, batch))
    }
    return this.#build(rows, (bytes) => {
      if (count > 1) return this.#memory.tryResize(ownBytes + bytes)
      this.#memory.resize(ownBytes + bytes)
      return true
    })
  }

  #newHeldRows(): HeldRows {
    return new HeldRows(this.held.columns, this.#heldKeys)
  }
}
