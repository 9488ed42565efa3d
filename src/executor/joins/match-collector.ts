/**
 * What a join type makes of matching pairs. Every join here streams one side past another that is held in memory, and
 * hands over pairs of rows with a verdict on the condition; this collects them into output rows: pairs, rows padded with NULLs,
 * rows with or without a match, marks.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Column } from '../../expressions/expression.js'
import type { JoinType } from '../../planner/logical-plan.js'
import type { Vector } from '../../types/vectors/vector.js'
import { gather, nullVector, retype } from '../../types/vectors/vector-ops.js'
import { BATCH_ROWS, batchOf, columnAt, selectRows } from '../batch.js'
import type { Batch } from '../batch.js'
import { positionsOf } from '../column-picker.js'

/** The condition's value for a pair. */
export const FALSE = 0
export const TRUE = 1
export const UNKNOWN = 2

/** What is known of streamed rows, carried from one part of the held rows to the next. */
export interface CarriedVerdicts {
  /** The verdicts on the rows of a streamed batch, by its number. */
  ofBatch(number: number, length: number): Uint8Array
  /** Only after the last part a row without a match is certain to have none. */
  readonly isLast: boolean
}

/** The parts of a join node that decide about its output. */
export interface JoinShape {
  readonly joinType: JoinType
  readonly columns: readonly Column[]
  readonly leftColumns: readonly Column[]
  readonly rightColumns: readonly Column[]
  readonly held: 'left' | 'right'
  readonly nullAware?: boolean
  readonly atMostOne?: boolean
  readonly mark?: Column
  /** Held columns that are the same, byte for byte, as a streamed column in every matching pair: by position. */
  readonly equalColumns?: ReadonlyMap<number, number>
}

/** Where an output column comes from. */
interface OutputColumn {
  readonly from: 'streamed' | 'held' | 'mark'
  readonly position: number
}

/** Collects the pairs of one join. */
export class MatchCollector {
  /** A pair of which the condition is unknown is not the same as one of which it is false. */
  readonly needsUnknown: boolean
  /** One true pair per streamed row is enough; further ones may be left out. */
  readonly oneMatchIsEnough: boolean
  readonly #shape: JoinShape
  readonly #output: readonly OutputColumn[]
  /** True pairs are output rows. */
  readonly #emitsPairs: boolean
  readonly #padsStreamed: boolean
  readonly #padsHeld: boolean
  /** Something will be asked about single held rows. */
  readonly #tracksHeld: boolean
  #heldVectors: readonly Vector[] = []
  /** Held columns of the batch's matches, fetched already, row by row of the batch. */
  #fetched: ReadonlyMap<number, Vector> | undefined
  /** The best verdict of each held row: TRUE over UNKNOWN over FALSE. */
  #heldVerdicts = new Uint8Array(0)
  #batch: Batch | undefined
  #streamedVerdicts: Uint8Array = new Uint8Array(0)

  constructor(shape: JoinShape) {
    this.#shape = shape
    const { joinType, held } = shape
    this.needsUnknown = needsUnknown(shape)
    this.oneMatchIsEnough = isFilter(shape) && held === 'right'
    this.#emitsPairs = !isFilter(shape)
    const padsLeft = joinType === 'left' || joinType === 'full'
    const padsRight = joinType === 'right' || joinType === 'full'
    this.#padsStreamed = held === 'right' ? padsLeft : padsRight
    this.#padsHeld = held === 'right' ? padsRight : padsLeft
    this.#tracksHeld = tracksHeld(shape)
    this.#output = outputColumns(shape)
  }

  /** Sets the rows of the held side; they are numbered as in the vectors. */
  setHeld(vectors: readonly Vector[], length: number): void {
    this.#heldVectors = vectors
    this.#heldVerdicts = new Uint8Array(length)
  }

  /**
   * Starts a batch of the streamed side; `verdicts` holds what is known of its rows already, and takes what is found out.
   * Columns in `fetched` are not looked up in the held side: they have a row for each of the batch that has a match.
   */
  startBatch(batch: Batch, verdicts?: Uint8Array, fetched?: ReadonlyMap<number, Vector>): void {
    this.#batch = batch
    this.#fetched = fetched
    if (verdicts !== undefined) {
      this.#streamedVerdicts = verdicts
    } else if (this.#streamedVerdicts.length < batch.length) {
      this.#streamedVerdicts = new Uint8Array(batch.length)
    } else {
      this.#streamedVerdicts.fill(0, 0, batch.length)
    }
  }

  /**
   * Takes pairs (streamed[k], held[k]); without `verdicts` all are true. Gives the batch of joined rows where the
   * type has them. The arrays may be reused afterwards.
   */
  addPairs(
    streamed: Int32Array,
    held: Int32Array,
    count: number,
    verdicts?: Uint8Array,
  ): Batch | undefined {
    const { joinType, atMostOne } = this.#shape
    const streamedVerdicts = this.#streamedVerdicts
    const heldVerdicts = this.#heldVerdicts
    const tracksHeld = this.#tracksHeld
    if (joinType === 'inner' && verdicts === undefined) {
      return this.#pairs(streamed, held, count, true)
    }
    let kept = 0
    for (let k = 0; k < count; k++) {
      const verdict = verdicts === undefined ? TRUE : verdicts[k]!
      if (verdict === FALSE) continue
      const s = streamed[k]!
      const h = held[k]!
      if (verdict === UNKNOWN) {
        if (streamedVerdicts[s] === FALSE) streamedVerdicts[s] = UNKNOWN
        if (tracksHeld && heldVerdicts[h] === FALSE) heldVerdicts[h] = UNKNOWN
        continue
      }
      if (atMostOne === true) {
        const seen = this.#shape.held === 'right' ? streamedVerdicts[s] : heldVerdicts[h]
        if (seen === TRUE) throw moreThanOneRow()
      }
      streamedVerdicts[s] = TRUE
      if (tracksHeld) heldVerdicts[h] = TRUE
      streamed[kept] = s
      held[kept++] = h
    }
    return this.#emitsPairs && kept > 0 ? this.#pairs(streamed, held, kept, true) : undefined
  }

  /** Marks streamed rows for which some pair is unknown, without naming the pair. */
  streamedIsUnknown(row: number): void {
    if (this.#streamedVerdicts[row] === FALSE) this.#streamedVerdicts[row] = UNKNOWN
  }

  /** Marks a held row for which some pair is unknown. */
  heldIsUnknown(row: number): void {
    if (this.#heldVerdicts[row] === FALSE) this.#heldVerdicts[row] = UNKNOWN
  }

  /** Ends the batch: its rows that have no match, or the filtered and marked ones. */
  endBatch(): Batch | undefined {
    const batch = this.#batch
    if (batch === undefined) return undefined
    const { joinType, held } = this.#shape
    const verdicts = this.#streamedVerdicts
    if (held === 'right' && joinType === 'mark') {
      return this.#rows(batch, undefined, verdicts.slice(0, batch.length))
    }
    if (held === 'right' && (joinType === 'semi' || joinType === 'anti')) {
      const wanted = rowsWith(verdicts, batch.length, this.#passes())
      return wanted.length === 0 ? undefined : this.#rows(batch, wanted, undefined)
    }
    if (!this.#padsStreamed) return undefined
    const unmatched = rowsWith(verdicts, batch.length, (verdict) => verdict !== TRUE)
    if (unmatched.length === 0) return undefined
    const nothing = new Int32Array(unmatched.length).fill(-1)
    return this.#pairs(unmatched, nothing, unmatched.length, false)
  }

  /** Streams what is left of the held side once the streamed side has ended. */
  *finish(): Generator<Batch> {
    const { joinType, held } = this.#shape
    const verdicts = this.#heldVerdicts
    const length = verdicts.length
    if (held === 'left' && isFilter(this.#shape)) {
      const passes = this.#passes()
      const wanted = rowsWith(verdicts, length, joinType === 'mark' ? () => true : passes)
      const all = batchOf(this.#heldVectors, length)
      for (let start = 0; start < wanted.length; start += BATCH_ROWS) {
        const rows = wanted.subarray(start, start + BATCH_ROWS)
        const marks =
          joinType === 'mark' ? Uint8Array.from(rows, (row) => verdicts[row]!) : undefined
        yield this.#rows(all, rows, marks)
      }
    } else if (this.#padsHeld) {
      this.#batch = undefined
      const unmatched = rowsWith(verdicts, length, (verdict) => verdict !== TRUE)
      for (let start = 0; start < unmatched.length; start += BATCH_ROWS) {
        const rows = unmatched.subarray(start, start + BATCH_ROWS)
        yield this.#pairs(new Int32Array(rows.length).fill(-1), rows, rows.length, false)
      }
    }
  }

  /** Which verdicts let a row through a semi or anti join. */
  #passes(): (verdict: number) => boolean {
    const { joinType, nullAware } = this.#shape
    if (joinType === 'semi') return (verdict) => verdict === TRUE
    return nullAware === true ? (verdict) => verdict === FALSE : (verdict) => verdict !== TRUE
  }

  /** Joined rows; -1 on a side means NULLs. */
  #pairs(streamed: Int32Array, held: Int32Array, count: number, isMatch: boolean): Batch {
    const batch = this.#batch
    const isWhole = batch !== undefined && count === batch.length && isIdentity(streamed, count)
    const { leftColumns, rightColumns, held: heldSide } = this.#shape
    const streamedColumns = heldSide === 'right' ? leftColumns : rightColumns
    const fromStreamed = (position: number): Vector => {
      // After the streamed side has ended, its columns are NULL.
      if (batch === undefined) return nullVector(streamedColumns[position]!.type, count)
      const column = columnAt(batch, position)
      return isWhole ? column : gather(column, streamed, count)
    }
    const columns = this.#output.map(({ from, position }) => {
      if (from === 'streamed') return fromStreamed(position)
      const equal = isMatch ? this.#shape.equalColumns?.get(position) : undefined
      if (equal !== undefined) {
        return retype(fromStreamed(equal), this.#heldVectors[position]!.type)
      }
      const fetched = isMatch ? this.#fetched?.get(position) : undefined
      if (fetched !== undefined) return isWhole ? fetched : gather(fetched, streamed, count)
      return gather(this.#heldVectors[position]!, held, count)
    })
    return batchOf(columns, count)
  }

  /** Rows of one side (all without `rows`), with marks where the type has them. */
  #rows(side: Batch, rows: Int32Array | undefined, marks: Uint8Array | undefined): Batch {
    const own = this.#output.filter((column) => column.from !== 'mark')
    const chosen = rows === undefined ? side : selectRows(side, rows)
    if (marks === undefined) {
      const { length, selection } = chosen
      return { length, selection, columns: own.map(({ position }) => chosen.columns[position]!) }
    }
    const columns = this.#output.map(({ from, position }) =>
      from === 'mark' ? markColumn(this.#shape.mark!, marks) : columnAt(chosen, position),
    )
    return batchOf(columns, chosen.length)
  }
}

/**
 * The held columns that are all a join asks of its held rows: it never asks which row it was. undefined where it does.
 */
export function fetchedColumns(shape: JoinShape): number[] | undefined {
  if (needsUnknown(shape)) return undefined
  if (tracksHeld(shape)) return undefined
  if (isFilter(shape)) return []
  const { equalColumns } = shape
  return outputColumns(shape).flatMap(({ from, position }) =>
    from === 'held' && equalColumns?.has(position) !== true ? [position] : [],
  )
}

function isFilter({ joinType }: JoinShape): boolean {
  return joinType === 'semi' || joinType === 'anti' || joinType === 'mark'
}

function needsUnknown({ joinType, nullAware }: JoinShape): boolean {
  return joinType === 'mark' || (joinType === 'anti' && nullAware === true)
}

/** Something will be asked about single held rows: whether they have a match, or more than one. */
function tracksHeld(shape: JoinShape): boolean {
  const { joinType, held, atMostOne } = shape
  const padsHeld = joinType === 'full' || joinType === (held === 'right' ? 'right' : 'left')
  return padsHeld || (held === 'left' && (isFilter(shape) || atMostOne === true))
}

function outputColumns(shape: JoinShape): OutputColumn[] {
  const { columns, leftColumns, rightColumns, held, mark } = shape
  return columns.map((column) => {
    if (mark !== undefined && column.id === mark.id) return { from: 'mark', position: -1 }
    const isLeft = leftColumns.some((candidate) => candidate.id === column.id)
    const [position] = positionsOf([column], isLeft ? leftColumns : rightColumns)
    return { from: isLeft === (held === 'left') ? 'held' : 'streamed', position: position! }
  })
}

function markColumn(mark: Column, verdicts: Uint8Array): Vector {
  const values = new Uint8Array(verdicts.length)
  let nulls: Uint8Array | undefined
  for (let row = 0; row < verdicts.length; row++) {
    if (verdicts[row] === TRUE) values[row] = 1
    else if (verdicts[row] === UNKNOWN) (nulls ??= new Uint8Array(verdicts.length))[row] = 1
  }
  return { lane: 'bool', type: mark.type, length: verdicts.length, nulls, values }
}

function rowsWith(
  verdicts: Uint8Array,
  length: number,
  wanted: (verdict: number) => boolean,
): Int32Array {
  const rows = new Int32Array(length)
  const keeps = [wanted(FALSE), wanted(TRUE), wanted(UNKNOWN)]
  let count = 0
  for (let row = 0; row < length; row++) if (keeps[verdicts[row]!] === true) rows[count++] = row
  return rows.subarray(0, count)
}

function isIdentity(rows: Int32Array, count: number): boolean {
  for (let k = 0; k < count; k++) if (rows[k] !== k) return false
  return true
}

function moreThanOneRow(): EngineError {
  return new EngineError(
    SQLSTATE.cardinalityViolation,
    'more than one row returned by a subquery used as an expression',
  )
}
