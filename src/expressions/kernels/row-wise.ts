/**
 * Kernels written as a function of single values. The loop, NULLs and lanes are handled here once; only what is hot
 * (arithmetic, comparison) or works on bytes is worth a kernel with a loop of its own.
 */
import type { Decimal } from '../../types/numbers/decimal.js'
import type { SqlType } from '../../types/sql-type.js'
import { decimalAt } from '../../types/vectors/vector-ops.js'
import type {
  BytesVector,
  Float64Vector,
  Int64Vector,
  IntervalVector,
  NumericVector,
  Vector,
} from '../../types/vectors/vector.js'
import {
  BytesCollector,
  boolVector,
  float64Vector,
  int32Vector,
  int64Vector,
  int64VectorOf,
  numericVectorOf,
} from './build-vector.js'
import type { Kernel, KernelCall } from './kernel.js'

/** A 64-bit integer: a number when within 2^53, else a bigint. */
export type WideInteger = number | bigint

/** An interval as a value. */
export interface IntervalValue {
  readonly months: number
  readonly days: number
  readonly micros: number
}

/** How a cell of each kind looks to a function. */
export interface Cells {
  readonly bool: boolean
  readonly int32: number
  readonly int64: WideInteger
  readonly float64: number
  readonly numeric: Decimal
  readonly text: string
  readonly bytes: Uint8Array
  readonly interval: IntervalValue
}

export type CellKind = keyof Cells

type CellsOf<A extends readonly CellKind[]> = { [K in keyof A]: Cells[A[K]] }

type Reader<K extends CellKind> = (i: number) => Cells[K]

/** Builds the reader of a vector's cells. */
export function cellReader<K extends CellKind>(kind: K, vector: Vector): Reader<K> {
  return READERS[kind](vector) as Reader<K>
}

const READERS: { readonly [K in CellKind]: (vector: Vector) => Reader<K> } = {
  bool: (vector) => {
    const { values } = vector as Float64Vector
    return (i) => values[i] === 1
  },
  int32: (vector) => {
    const { values } = vector as Float64Vector
    return (i) => values[i] as number
  },
  int64: (vector) => {
    const { values, exact } = vector as Int64Vector
    if (exact === undefined) return (i) => values[i] as number
    return (i) => {
      const wide = exact[i] as bigint
      const narrow = Number(wide)
      return Number.isSafeInteger(narrow) ? narrow : wide
    }
  },
  float64: (vector) => {
    const { values } = vector as Float64Vector
    return (i) => values[i] as number
  },
  numeric: (vector) => {
    const numeric = vector as NumericVector
    return (i) => decimalAt(numeric, i)
  },
  text: (vector) => {
    const { offsets, data } = vector as BytesVector
    const buffer = asBuffer(data)
    return (i) => textOfBytes(buffer, offsets[i] as number, offsets[i + 1] as number)
  },
  bytes: (vector) => {
    const { offsets, data } = vector as BytesVector
    return (i) => data.subarray(offsets[i], offsets[i + 1])
  },
  interval: (vector) => {
    const { months, days, micros } = vector as IntervalVector
    return (i) => ({
      months: months[i] as number,
      days: days[i] as number,
      micros: micros[i] as number,
    })
  },
}

/** Views bytes as a Buffer, without copying. */
export function asBuffer(bytes: Uint8Array): Buffer {
  return Buffer.isBuffer(bytes)
    ? bytes
    : Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
}

/** Decodes UTF-8; short ASCII without leaving JavaScript. */
export function textOfBytes(buffer: Buffer, start: number, end: number): string {
  if (end - start <= 16) {
    let text = ''
    for (let k = start; k < end; k++) {
      const byte = buffer[k] as number
      if (byte > 127) return buffer.toString('utf8', start, end)
      text += String.fromCharCode(byte)
    }
    return text
  }
  return buffer.toString('utf8', start, end)
}

/** Collects cells into a vector: `set` for each row that is not NULL, in order. */
interface Writer<K extends CellKind> {
  set(i: number, value: Cells[K]): void
  skip(i: number): void
  finish(nulls: Uint8Array | undefined): Vector
}

function nothing(): void {
  return
}

const WRITERS: { readonly [K in CellKind]: (type: SqlType, length: number) => Writer<K> } = {
  bool: (type, length) => {
    const values = new Uint8Array(length)
    return {
      set: (i, value) => void (values[i] = value ? 1 : 0),
      skip: nothing,
      finish: (nulls) => boolVector(type, values, nulls),
    }
  },
  int32: (type, length) => {
    const values = new Int32Array(length)
    return {
      set: (i, value) => void (values[i] = value),
      skip: nothing,
      finish: (nulls) => int32Vector(type, values, nulls),
    }
  },
  int64: (type, length) => {
    const values = new Float64Array(length)
    let exact: BigInt64Array | undefined
    return {
      set: (i, value) => {
        if (exact !== undefined) exact[i] = BigInt(value)
        else if (typeof value === 'number') values[i] = value
        else if (Number.isSafeInteger(Number(value))) values[i] = Number(value)
        else {
          exact = new BigInt64Array(length)
          for (let k = 0; k < i; k++) exact[k] = BigInt(values[k] as number)
          exact[i] = value
        }
      },
      skip: nothing,
      finish: (nulls) =>
        exact === undefined ? int64Vector(type, values, nulls) : int64VectorOf(type, exact, nulls),
    }
  },
  float64: (type, length) => {
    const values = new Float64Array(length)
    return {
      set: (i, value) => void (values[i] = value),
      skip: nothing,
      finish: (nulls) => float64Vector(type, values, nulls),
    }
  },
  numeric: (type, length) => {
    const decimals = new Array<Decimal | undefined>(length).fill(undefined)
    return {
      set: (i, value) => void (decimals[i] = value),
      skip: nothing,
      finish: (nulls) => numericVectorOf(type, decimals, nulls),
    }
  },
  text: (type, length) => {
    const collector = new BytesCollector(type, length)
    return {
      set: (_, value) => collector.addText(value),
      skip: () => collector.skip(),
      finish: (nulls) => collector.finish(nulls),
    }
  },
  bytes: (type, length) => {
    const collector = new BytesCollector(type, length)
    return {
      set: (_, value) => collector.addBytes(value),
      skip: () => collector.skip(),
      finish: (nulls) => collector.finish(nulls),
    }
  },
  interval: (type, length) => {
    const months = new Int32Array(length)
    const days = new Int32Array(length)
    const micros = new Float64Array(length)
    return {
      set: (i, value) => {
        months[i] = value.months
        days[i] = value.days
        micros[i] = value.micros
      },
      skip: nothing,
      finish: (nulls) => ({ lane: 'interval', type, length, months, days, micros, nulls }),
    }
  },
}

/** Makes the kernel of a strict function from a function of its cells; null is NULL. */
export function rowWise<const A extends readonly CellKind[], R extends CellKind>(
  kinds: A,
  result: R,
  apply: (...cells: CellsOf<A>) => Cells[R] | null,
): Kernel {
  return rowWiseWith(kinds, result, () => apply)
}

/** As rowWise; `prepare` runs once per batch and sees the call (settings, the result's type, constants). */
export function rowWiseWith<const A extends readonly CellKind[], R extends CellKind>(
  kinds: A,
  result: R,
  prepare: (
    call: KernelCall,
    inputs: readonly Vector[],
  ) => (...cells: CellsOf<A>) => Cells[R] | null,
): Kernel {
  return (inputs, call) => {
    const apply = prepare(call, inputs) as unknown as (...cells: unknown[]) => Cells[R] | null
    const readers = kinds.map((kind, k) => READERS[kind](inputs[k] as Vector)) as ((
      i: number,
    ) => unknown)[]
    const writer = WRITERS[result](call.type, call.length) as Writer<R>
    const [first, second, third] = readers as [Reader<R>, Reader<R>, Reader<R>]
    let nulls = call.nulls
    for (let i = 0; i < call.length; i++) {
      if (call.nulls !== undefined && call.nulls[i] === 1) {
        writer.skip(i)
        continue
      }
      let value: Cells[R] | null
      switch (readers.length) {
        case 0:
          value = apply()
          break
        case 1:
          value = apply(first(i))
          break
        case 2:
          value = apply(first(i), second(i))
          break
        case 3:
          value = apply(first(i), second(i), third(i))
          break
        default:
          value = apply(...readers.map((read) => read(i)))
      }
      if (value === null) {
        if (nulls === undefined || nulls === call.nulls) {
          nulls = call.nulls?.slice() ?? new Uint8Array(call.length)
        }
        nulls[i] = 1
        writer.skip(i)
      } else {
        writer.set(i, value)
      }
    }
    return writer.finish(nulls)
  }
}
