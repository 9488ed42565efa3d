/**
 * Bind Join: a hash join that reads one side first and tells the other side's sources which keys it has, so that they send the rows
 * that can match and no others. Whether that pays is decided when the keys have been counted: too many of them, or as many as the
 * other side has values, and it is a plain hash join; unless the smallest and the largest of them leave out much of the other side.
 *
 * Memory: the key side's rows until the hash join takes them, and the distinct keys. Reading ahead stops where it cannot lead to
 * keys any more (too many, or no memory left); the rest of the side then streams on. NULLs are never sent: only keys under `=`
 * are, where a NULL matches nothing.
 */
import { compileExpression } from '../../expressions/compile-expression.js'
import type { CompiledExpression } from '../../expressions/compiled-expression.js'
import { sendingKeysPays } from '../../planner/estimates/cost.js'
import type { BindJoinPlan, KeyBinding } from '../../planner/physical-plan.js'
import { OID } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { byteSizeOf, datumAt } from '../../types/vectors/vector-ops.js'
import type { Batch } from '../batch.js'
import { dense, isOdd } from '../joins/sent-values.js'
import { KeyRange } from '../joins/key-range.js'
import { KeyTable } from '../keys/key-table.js'
import type { OperatorContext } from '../operator-context.js'
import { startInput } from '../read-ahead.js'
import { reserveFor } from '../reservation.js'
import { isOfValues } from '../wanted-rows.js'
import { hashJoin } from './hash-join.js'

/** Bytes that a key is taken to hold as text. */
const BYTES_PER_KEY = 48

/** Joins, sending keys ahead where it pays. */
export async function* bindJoin(
  plan: BindJoinPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const keySide = plan[plan.keySide]
  const memory = reserveFor(plan, 'Bind Join', context)
  const lists = plan.bindings.map(
    (binding) =>
      new KeyList(binding, compileExpression(binding.key, keySide.columns, context.evaluation)),
  )
  const input = startInput(keySide, context)
  try {
    const rows = input[Symbol.asyncIterator]()
    const held: { readonly batch: Batch; readonly bytes: number }[] = []
    let bytes = 0
    let isComplete = false
    let failure: { readonly error: unknown } | undefined
    while (lists.some((list) => !list.isGivenUp)) {
      let next: IteratorResult<Batch>
      try {
        next = await rows.next()
      } catch (error) {
        // Whether anybody asks for these rows, the hash join knows.
        if (!isOfValues(error, context.signal)) throw error
        failure = { error }
        break
      }
      if (next.done === true) {
        isComplete = true
        break
      }
      const batch = dense(next.value)
      const size = batch.columns.reduce((sum, column) => sum + byteSizeOf(column), 0)
      bytes += size
      held.push({ batch, bytes: size })
      for (const list of lists) list.add(batch, context.signal)
      const keyBytes = lists.reduce((sum, list) => sum + list.bytes, 0)
      if (!memory.tryResize(bytes + keyBytes)) break
      if (context.pace.due()) await context.pace.turn()
    }
    const sent = isComplete ? lists.filter((list) => list.pays(plan)) : []
    const ranges = isComplete ? rangesOf(lists) : []
    const record = context.statistics.of(plan.id)
    if (sent.length > 0) {
      record.keys = (record.keys ?? 0) + sent.reduce((sum, list) => sum + list.keys.length, 0)
    }
    if (ranges.length > 0 && sent.length === 0) record.ranges = ranges.length
    if (sent.length === 0) record.keysUnsent = whyUnsent(lists, plan, isComplete)
    async function* replay(): AsyncGenerator<Batch> {
      for (let next = held.shift(); next !== undefined; next = held.shift()) {
        bytes -= next.bytes
        if (memory.bytes > bytes) memory.resize(bytes)
        yield next.batch
      }
      if (failure !== undefined) throw failure.error
      if (!isComplete) yield* { [Symbol.asyncIterator]: () => rows }
    }
    const own: OperatorContext = {
      ...context,
      bindings: new Map([
        ...context.bindings,
        ...sent.map((list) => [list.binding, list.keys] as const),
      ]),
      ranges: new Map([...context.ranges, ...ranges]),
      open: (node, other) => (node === keySide ? replay() : context.open(node, other ?? own)),
    }
    yield* hashJoin({ ...plan, kind: 'hash-join' }, own)
  } finally {
    await input.close()
    memory.release()
  }
}

/** Why no keys were sent, of the first list that says. */
function whyUnsent(lists: readonly KeyList[], plan: BindJoinPlan, isComplete: boolean): string {
  const refused = lists.find(({ refusal }) => refusal !== undefined)
  if (refused !== undefined) return refused.refusal!
  if (!isComplete) return 'their side could not be read to its end first'
  const most = Math.max(...lists.map(({ keys }) => keys.length))
  return `${most} would leave out too little of ${plan.boundRows ?? 'unknown'} rows`
}

function emptyTable({ key }: KeyBinding): KeyTable {
  return new KeyTable([{ type: key.type, nullsMatch: false }])
}

function rangesOf(lists: readonly KeyList[]): (readonly [number, readonly [string, string]])[] {
  return lists.flatMap(({ range }) => (range === undefined ? [] : [range]))
}

/** Ranges of whole numbers that a narrower column can hold. */
const WHOLE_NUMBERS: ReadonlyMap<number, number> = new Map([
  [OID.int2, 2 ** 15],
  [OID.int4, 2 ** 31],
])

/** The distinct keys of one binding while the key side is read. */
class KeyList {
  readonly #plan: KeyBinding
  readonly #expression: CompiledExpression
  #table: KeyTable
  readonly #limit: number | undefined
  #range: KeyRange | undefined
  #ids = new Int32Array(0)
  #keys: string[] = []
  /** Keys numbered so far, with those out of range. */
  #seen = 0
  #refusal: string | undefined

  constructor(plan: KeyBinding, expression: CompiledExpression) {
    this.#plan = plan
    this.#expression = expression
    this.#table = emptyTable(plan)
    this.#limit = WHOLE_NUMBERS.get(plan.type.oid)
    this.#range = plan.range && new KeyRange(plan.range, plan.type.oid)
  }

  /** Why the keys cannot be sent: too many, or one that not every source can compare. */
  get refusal(): string | undefined {
    return this.#refusal
  }

  /** Neither the keys nor their ends can be sent. */
  get isGivenUp(): boolean {
    return this.#refusal !== undefined && (this.#range === undefined || this.#range.isGivenUp)
  }

  /** The ends of the keys, where they leave something out. */
  get range(): readonly [number, readonly [string, string]] | undefined {
    const ends = this.#range?.ends
    return ends && [this.#range!.first, ends]
  }

  get binding(): number {
    return this.#plan.binding
  }

  get keys(): readonly string[] {
    return this.#keys
  }

  get bytes(): number {
    return this.#table.bytes + this.#keys.length * BYTES_PER_KEY
  }

  /** Takes the keys of rows; one that fails by its values is the hash join's to report. */
  add(batch: Batch, signal: AbortSignal): void {
    if (this.isGivenUp) return
    let vector: Vector
    try {
      vector = this.#expression.evaluate(batch)
    } catch (error) {
      if (!isOfValues(error, signal)) throw error
      this.#giveUp('one of them fails')
      this.#range = undefined
      return
    }
    this.#range?.add(vector, batch.length, this.#limit)
    if (this.#refusal !== undefined) return
    if (this.#ids.length < batch.length) this.#ids = new Int32Array(batch.length)
    this.#table.assign([vector], batch.length, this.#ids)
    for (let row = 0; row < batch.length; row++) {
      // Numbers are given in order of appearance: a new one is the next.
      if (this.#ids[row] !== this.#seen) continue
      this.#seen++
      const value = datumAt(vector, row)
      if (value === null) continue
      // The blanks behind a char(n) do not count, and are none to a text that it is compared as.
      const key = vector.type.oid === OID.bpchar ? value.replace(/ +$/, '') : value
      if (this.#limit !== undefined) {
        const number = Number(key)
        if (number < -this.#limit || number >= this.#limit) continue
      }
      if (isOdd(key, this.#plan.type.oid)) {
        this.#giveUp('one of them is a value that sources compare differently')
        return
      }
      this.#keys.push(key)
    }
    const { most } = this.#plan
    if (this.#keys.length > most) this.#giveUp(`more than ${most}`)
  }

  #giveUp(why: string): void {
    this.#refusal = why
    this.#keys = []
    this.#table = emptyTable(this.#plan)
  }

  pays({ boundRows, boundWidth, boundPrices, keysPerStatement }: BindJoinPlan): boolean {
    if (this.#refusal !== undefined) return false
    const { boundDistinct } = this.#plan
    return sendingKeysPays(this.#keys.length, {
      rows: boundRows,
      width: boundWidth,
      distinct: boundDistinct,
      prices: boundPrices,
      keysPerStatement,
    })
  }
}
