/**
 * Ship Join: reads the small sides of a join, and when they turn out small sends their rows to the other side's source, which joins (and
 * groups, filters, cuts off) there, so that only the result comes back. Otherwise the join runs here over the rows already read.
 *
 * Memory: the sides' rows, until they are sent or the join here has taken them. Reading ahead stops where it cannot lead to shipping
 * any more: too many rows or bytes in all, no memory left, or a value that not every source knows; the rest of each side then streams
 * on. When a side has no row there is nothing to send: the join here asks for no more than it needs. Which rows match is the source's to
 * say, so NULLs and duplicates are sent as they are.
 */
import type { RowTransport } from '../../connectors/connector.js'
import { shippingPays } from '../../planner/estimates/cost.js'
import type { ShipJoinPlan, ShippedSide } from '../../planner/physical-plan.js'
import { formatArray } from '../../types/array-text.js'
import { OID, type Datum } from '../../types/sql-type.js'
import { byteSizeOf, datumAt } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { dense, isOdd } from '../joins/sent-values.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { isOfValues } from '../wanted-rows.js'

/** Bytes that one statement carries at most: sources have limits on what a statement may be (16 MiB in MariaDB). */
const MOST_BYTES = 6 << 20

/** Joins, where the rows of the small sides are best at. */
export async function* shipJoin(
  plan: ShipJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Ship Join', context)
  const record = context.statistics.of(plan.id)
  record.shipped ??= 0
  const inputs = plan.sides.map((side) => startInput(side.input, context))
  try {
    const sides = inputs.map((input) => new HeldSide(input[Symbol.asyncIterator]()))
    const parcel = new Parcel(plan)
    for (const [index, side] of sides.entries()) {
      while (parcel.isOpen) {
        const batch = await side.readNext(context.signal)
        if (batch === undefined) {
          if (parcel.rows[index] === 0 || side.hasFailed) parcel.close()
          break
        }
        parcel.add(index, batch)
        if (!memory.tryResize(parcel.heldBytes)) parcel.close()
        if (context.pace.due()) await context.pace.turn()
      }
    }
    if (parcel.isOpen && shippingPays(parcel.rows, plan.estimate)) {
      const sent = parcel.rows.reduce((sum, rows) => sum + rows, 0)
      context.sendRows(sent)
      record.shipped += sent
      for (const side of sides) side.letGo()
      const parameters = [...context.evaluation.parameters]
      const bytes = parcel.takeInto(parameters)
      record.bytesSent = (record.bytesSent ?? 0) + bytes
      yield* context.open(plan.shipped, {
        ...context,
        evaluation: { ...context.evaluation, parameters },
      })
      return
    }
    parcel.close()
    const shrink = (): void => memory.resize(sides.reduce((sum, side) => sum + side.bytes, 0))
    const shared = sides.map((side, index): readonly [number, SharedRows] => [
      plan.sides[index]!.shared,
      { read: () => side.replay(shrink) },
    ])
    yield* context.open(plan.here, {
      ...context,
      shared: new Map([...context.shared, ...shared]),
    })
  } finally {
    await Promise.all(inputs.map((input) => input.close()))
    memory.release()
  }
}

function sizeOf(batch: Batch): number {
  return batch.columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
}

/** One side: the rows read of it so far, and those to come. */
class HeldSide {
  readonly #rows: AsyncIterator<Batch>
  #held: Batch[] = []
  #bytes = 0
  #isComplete = false
  #failure: { readonly error: unknown } | undefined

  constructor(rows: AsyncIterator<Batch>) {
    this.#rows = rows
  }

  /** Of the rows held. */
  get bytes(): number {
    return this.#bytes
  }

  /** Its rows cannot be computed: whether anybody asks for them, the join here knows. */
  get hasFailed(): boolean {
    return this.#failure !== undefined
  }

  /** Reads on, and keeps what came; undefined at the end, or where rows fail by their values. */
  async readNext(signal: AbortSignal): Promise<Batch | undefined> {
    let next: IteratorResult<Batch>
    try {
      next = await this.#rows.next()
    } catch (error) {
      if (!isOfValues(error, signal)) throw error
      this.#failure = { error }
      return undefined
    }
    if (next.done === true) {
      this.#isComplete = true
      return undefined
    }
    const batch = dense(next.value)
    this.#held.push(batch)
    this.#bytes += sizeOf(batch)
    return batch
  }

  letGo(): void {
    this.#held = []
    this.#bytes = 0
  }

  /** All rows, once: those held are let go one by one, which `shrunk` is told. */
  async *replay(shrunk: () => void): AsyncGenerator<Batch> {
    for (let next = this.#held.shift(); next !== undefined; next = this.#held.shift()) {
      this.#bytes -= sizeOf(next)
      shrunk()
      yield next
    }
    if (this.#failure !== undefined) throw this.#failure.error
    if (!this.#isComplete) yield* { [Symbol.asyncIterator]: () => this.#rows }
  }
}

/** Bytes that a value takes beside its characters: quotes, commas. */
const BYTES_PER_VALUE = 4

/** The rows of one side, as an array per column, and how many. */
interface ParcelSide {
  readonly side: ShippedSide
  columns: Datum[][]
  rows: number
}

/** The rows to be sent, while they are read. */
class Parcel {
  readonly #transport: RowTransport
  readonly #sides: readonly ParcelSide[]
  #bytes = 0
  #vectorBytes = 0
  #isOpen = true

  constructor({ sides, transport }: ShipJoinPlan) {
    this.#transport = transport
    this.#sides = sides.map((side) => ({
      ...{ side, rows: 0 },
      columns: side.input.columns.map(() => []),
    }))
  }

  /** It can still be sent. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Rows of each side. */
  get rows(): readonly number[] {
    return this.#sides.map((side) => side.rows)
  }

  /** Bytes held here: the batches, and their values as text. */
  get heldBytes(): number {
    return this.#vectorBytes + 2 * this.#bytes
  }

  /** Adds rows of the side at an index. */
  add(index: number, batch: Batch): void {
    const { side, columns } = this.#sides[index]!
    this.#vectorBytes += sizeOf(batch)
    this.#sides[index]!.rows += batch.length
    if (this.rows.reduce((sum, rows) => sum + rows, 0) > this.#transport.maximum) {
      this.close()
      return
    }
    for (const [position, vector] of batch.columns.entries()) {
      const { oid } = side.input.columns[position]!.type
      for (let row = 0; row < batch.length; row++) {
        const value = datumAt(vector, row)
        if (value !== null && this.#isUnfit(value, oid)) {
          this.close()
          return
        }
        this.#bytes += BYTES_PER_VALUE + (value?.length ?? 0)
        columns[position]!.push(value)
      }
    }
    if (this.#bytes > MOST_BYTES) this.close()
  }

  /** Gives up sending: the values are let go. */
  close(): void {
    this.#isOpen = false
    this.#letGo()
    this.#bytes = 0
  }

  /** Puts an array for each column in its place among a statement's parameters, lets the values go, and tells the bytes of the arrays. */
  takeInto(parameters: Datum[]): number {
    let bytes = 0
    for (const { side, columns } of this.#sides) {
      const first = side.firstParameter - 1
      while (parameters.length < first) parameters.push(null)
      for (const [index, elements] of columns.entries()) {
        const { length } = elements
        const array = formatArray({ elements, dimensions: [length], lowerBounds: [1] })
        bytes += Buffer.byteLength(array)
        parameters[first + index] = array
      }
    }
    this.#letGo()
    return bytes
  }

  #letGo(): void {
    for (const side of this.#sides) side.columns = []
  }

  #isUnfit(value: string, oid: number): boolean {
    const { longestText } = this.#transport
    const isText = oid === OID.text || oid === OID.varchar || oid === OID.bpchar
    // A string has at least as many UTF-16 units as characters.
    if (isText && longestText !== undefined && value.length > longestText) return true
    return !FREE_FORM.has(oid) && isOdd(value, oid)
  }
}

/** Types whose text may be anything: isOdd would find letters in it. */
const FREE_FORM: ReadonlySet<number> = new Set([OID.bool, OID.bytea, OID.jsonb, OID.bpchar])
