/**
 * Ship Join: reads one side of a join, and when it turns out small sends its rows to the other side's source, which joins (and groups,
 * filters, cuts off) there, so that only the result comes back. Otherwise the join runs here over the rows already read.
 *
 * Memory: the side's rows, until they are sent or the join here has taken them. Reading ahead stops where it cannot lead to shipping
 * any more: too many rows or bytes, no memory left, or a value that not every source knows; the rest of the side then streams on.
 * Without any row there is nothing to send: the join here asks for no more than it needs. Which rows match is the source's to say, so
 * NULLs and duplicates are sent as they are.
 */
import type { RowTransport } from '../../connectors/connector.js'
import { shippingPays } from '../../planner/estimates/cost.js'
import type { ShipJoinPlan } from '../../planner/physical-plan.js'
import { formatArray } from '../../types/array-text.js'
import { OID, type Datum } from '../../types/sql-type.js'
import { byteSizeOf, datumAt } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { dense, isOdd } from '../joins/sent-values.js'
import type { OperatorContext, SharedRows } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'

/** Bytes that one statement carries at most: sources have limits on what a statement may be (16 MiB in MariaDB). */
const MOST_BYTES = 6 << 20

/** Joins, where the rows of one side are best at. */
export async function* shipJoin(
  plan: ShipJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const memory = reserveFor(plan, 'Ship Join', context)
  const record = context.statistics.of(plan.id)
  record.shipped ??= 0
  const input = startInput(plan.input, context)
  try {
    const rows = input[Symbol.asyncIterator]()
    const held: Batch[] = []
    const parcel = new Parcel(plan)
    let isComplete = false
    while (parcel.isOpen) {
      const next = await rows.next()
      if (next.done === true) {
        isComplete = true
        break
      }
      const batch = dense(next.value)
      held.push(batch)
      parcel.add(batch)
      if (!memory.tryResize(parcel.heldBytes)) break
      if (context.pace.due()) await context.pace.turn()
    }
    if (isComplete && parcel.isOpen && shippingPays(parcel.rows, plan.estimate)) {
      context.sendRows(parcel.rows)
      record.shipped += parcel.rows
      held.length = 0
      const arrays = parcel.takeArrays()
      const bytes = arrays.reduce((sum, array) => sum + Buffer.byteLength(array), 0)
      record.bytesSent = (record.bytesSent ?? 0) + bytes
      const parameters = [...context.evaluation.parameters]
      while (parameters.length < plan.firstParameter - 1) parameters.push(null)
      parameters.splice(plan.firstParameter - 1, arrays.length, ...arrays)
      yield* context.open(plan.shipped, {
        ...context,
        evaluation: { ...context.evaluation, parameters },
      })
      return
    }
    parcel.close()
    async function* replay(): AsyncGenerator<Batch> {
      for (let next = held.shift(); next !== undefined; next = held.shift()) {
        memory.resize(held.reduce((sum, batch) => sum + sizeOf(batch), 0))
        yield next
      }
      if (!isComplete) yield* { [Symbol.asyncIterator]: () => rows }
    }
    const shared: SharedRows = { read: replay }
    yield* context.open(plan.here, {
      ...context,
      shared: new Map([...context.shared, [plan.shared, shared]]),
    })
  } finally {
    await input.close()
    memory.release()
  }
}

function sizeOf(batch: Batch): number {
  return batch.columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
}

/** Bytes that a value takes beside its characters: quotes, commas. */
const BYTES_PER_VALUE = 4

/** The rows to be sent, as an array per column, while they are read. */
class Parcel {
  readonly #types: readonly number[]
  readonly #transport: RowTransport
  readonly #mostRows: number
  #columns: Datum[][]
  #bytes = 0
  #vectorBytes = 0
  #isOpen = true
  rows = 0

  constructor({ input, transport }: ShipJoinPlan) {
    this.#types = input.columns.map((column) => column.type.oid)
    this.#transport = transport
    this.#mostRows = transport.maximum
    this.#columns = input.columns.map(() => [])
  }

  /** It can still be sent. */
  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Bytes held here: the batches, and their values as text. */
  get heldBytes(): number {
    return this.#vectorBytes + 2 * this.#bytes
  }

  add(batch: Batch): void {
    this.#vectorBytes += sizeOf(batch)
    this.rows += batch.length
    if (this.rows > this.#mostRows) {
      this.close()
      return
    }
    for (const [index, vector] of batch.columns.entries()) {
      const column = this.#columns[index]!
      for (let row = 0; row < batch.length; row++) {
        const value = datumAt(vector, row)
        if (value !== null && this.#isUnfit(value, this.#types[index]!)) {
          this.close()
          return
        }
        this.#bytes += BYTES_PER_VALUE + (value?.length ?? 0)
        column.push(value)
      }
    }
    if (this.#bytes > MOST_BYTES) this.close()
  }

  /** Gives up sending: the values are let go. */
  close(): void {
    this.#isOpen = false
    this.#columns = []
    this.#bytes = 0
  }

  /** The values as an array a column; they are let go. */
  takeArrays(): readonly string[] {
    const arrays = this.#columns.map((elements) =>
      formatArray({ elements, dimensions: [elements.length], lowerBounds: [1] }),
    )
    this.#columns = []
    return arrays
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
