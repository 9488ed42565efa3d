/** = <> < <= > >= of every pair of types that has the operators, as loops without calls where values are numbers. */
import {
  compareByteRanges,
  createComparator,
  endWithoutBlanks,
  type Comparator,
} from '../compare.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { BytesVector, Int64Vector, NumericVector, Vector } from '../../types/vectors/vector.js'
import { boolVector, exactIntegers } from './build-vector.js'
import type { Kernel, KernelTable } from './kernel.js'

/** The six operators, as function names spell them. */
export type Ordering = 'eq' | 'ne' | 'lt' | 'le' | 'gt' | 'ge'

/** All six. */
export const ORDERINGS: readonly Ordering[] = ['eq', 'ne', 'lt', 'le', 'gt', 'ge']

type Numbers = Uint8Array | Int32Array | Float64Array | BigInt64Array

/** Fills `result` with `a op b`; the arrays hold no NaN. */
function compareNumbers(
  ordering: Ordering,
  left: Numbers,
  right: Numbers,
  result: Uint8Array,
): void {
  const a = left as Float64Array
  const b = right as Float64Array
  const { length } = result
  switch (ordering) {
    case 'eq':
      for (let i = 0; i < length; i++) result[i] = a[i] === b[i] ? 1 : 0
      break
    case 'ne':
      for (let i = 0; i < length; i++) result[i] = a[i] === b[i] ? 0 : 1
      break
    case 'lt':
      for (let i = 0; i < length; i++) result[i] = (a[i] as number) < (b[i] as number) ? 1 : 0
      break
    case 'le':
      for (let i = 0; i < length; i++) result[i] = (a[i] as number) <= (b[i] as number) ? 1 : 0
      break
    case 'gt':
      for (let i = 0; i < length; i++) result[i] = (a[i] as number) > (b[i] as number) ? 1 : 0
      break
    case 'ge':
      for (let i = 0; i < length; i++) result[i] = (a[i] as number) >= (b[i] as number) ? 1 : 0
      break
  }
}

/** Tells what a three-way result means for an operator. */
export function orderingHolds(ordering: Ordering, comparison: number): boolean {
  switch (ordering) {
    case 'eq':
      return comparison === 0
    case 'ne':
      return comparison !== 0
    case 'lt':
      return comparison < 0
    case 'le':
      return comparison <= 0
    case 'gt':
      return comparison > 0
    case 'ge':
      return comparison >= 0
  }
}

const narrow =
  (ordering: Ordering): Kernel =>
  (inputs, call) => {
    const result = new Uint8Array(call.length)
    const [a, b] = inputs as [Int64Vector, Int64Vector]
    if (a.exact === undefined && b.exact === undefined) {
      compareNumbers(ordering, a.values, b.values, result)
    } else {
      compareNumbers(ordering, exactIntegers(a), exactIntegers(b), result)
    }
    return boolVector(call.type, result, call.nulls)
  }

const floats =
  (ordering: Ordering): Kernel =>
  (inputs, call) => {
    const [a, b] = inputs as [Int64Vector, Int64Vector]
    if (hasNaN(a.values) || hasNaN(b.values)) {
      return byComparator(ordering, createComparator(sqlType(OID.float8)))(inputs, call)
    }
    const result = new Uint8Array(call.length)
    compareNumbers(ordering, a.values, b.values, result)
    return boolVector(call.type, result, call.nulls)
  }

function hasNaN(values: Float64Array): boolean {
  for (let i = 0; i < values.length; i++) if (values[i] !== values[i]) return true
  return false
}

const numerics = (ordering: Ordering): Kernel => {
  const general = byComparator(ordering, createComparator(sqlType(OID.numeric)))
  return (inputs, call) => {
    const [a, b] = inputs as [NumericVector, NumericVector]
    if (a.exact !== undefined || b.exact !== undefined) return general(inputs, call)
    const scale = Math.max(a.scale, b.scale)
    const left = rescale(a.unscaled, scale - a.scale)
    const right = rescale(b.unscaled, scale - b.scale)
    if (left === undefined || right === undefined) return general(inputs, call)
    const result = new Uint8Array(call.length)
    compareNumbers(ordering, left, right, result)
    return boolVector(call.type, result, call.nulls)
  }
}

/** Multiplies by a power of ten; undefined when a value would leave the exact range of doubles. */
export function rescale(unscaled: Float64Array, digits: number): Float64Array | undefined {
  if (digits === 0) return unscaled
  if (digits > 15) return undefined
  const factor = 10 ** digits
  const limit = Number.MAX_SAFE_INTEGER
  const result = new Float64Array(unscaled.length)
  for (let i = 0; i < unscaled.length; i++) {
    const value = (unscaled[i] as number) * factor
    if (value > limit || value < -limit) return undefined
    result[i] = value
  }
  return result
}

/** Builds a comparison from a three-way comparator. */
export function byComparator(ordering: Ordering, compare: Comparator): Kernel {
  return ([a, b], call) => {
    const result = new Uint8Array(call.length)
    const { nulls } = call
    for (let i = 0; i < result.length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue
      const comparison = compare(a as Vector, i, b as Vector, i)
      result[i] = orderingHolds(ordering, comparison) ? 1 : 0
    }
    return boolVector(call.type, result, nulls)
  }
}

/** Text and bytea. Equality looks at lengths first. */
const bytes = (ordering: Ordering, blankPadded: boolean): Kernel => {
  return (inputs, call) => {
    const [a, b] = inputs as [BytesVector, BytesVector]
    const result = new Uint8Array(call.length)
    const { nulls } = call
    const isEquality = ordering === 'eq' || ordering === 'ne'
    const whenDifferent = ordering === 'ne' ? 1 : 0
    for (let i = 0; i < result.length; i++) {
      if (nulls !== undefined && nulls[i] === 1) continue
      const aStart = a.offsets[i] as number
      const bStart = b.offsets[i] as number
      let aEnd = a.offsets[i + 1] as number
      let bEnd = b.offsets[i + 1] as number
      if (blankPadded) {
        aEnd = endWithoutBlanks(a.data, aStart, aEnd)
        bEnd = endWithoutBlanks(b.data, bStart, bEnd)
      }
      if (isEquality && aEnd - aStart !== bEnd - bStart) {
        result[i] = whenDifferent
        continue
      }
      const comparison = compareByteRanges(a.data, aStart, aEnd, b.data, bStart, bEnd)
      result[i] = orderingHolds(ordering, comparison) ? 1 : 0
    }
    return boolVector(call.type, result, nulls)
  }
}

const table: Record<string, Kernel> = {}

for (const ordering of ORDERINGS) {
  const number = narrow(ordering)
  for (const left of ['2', '4', '8']) {
    for (const right of ['2', '4', '8']) {
      const name = left === right ? `int${left}` : `int${left}${right}`
      table[`${name}${ordering}(int${left},int${right})`] = number
    }
  }
  for (const left of ['4', '8']) {
    for (const right of ['4', '8']) {
      const name = left === right ? `float${left}` : `float${left}${right}`
      table[`${name}${ordering}(float${left},float${right})`] = floats(ordering)
    }
  }
  table[`bool${ordering}(bool,bool)`] = number
  table[`enum_${ordering}(anyenum,anyenum)`] = number
  table[`oid${ordering}(oid,oid)`] = number
  for (const type of ['date', 'time', 'timestamp', 'timestamptz']) {
    table[`${type}_${ordering}(${type},${type})`] = number
  }
  table[`numeric_${ordering}(numeric,numeric)`] = numerics(ordering)
  table[`interval_${ordering}(interval,interval)`] = byComparator(
    ordering,
    createComparator(sqlType(OID.interval)),
  )
  table[`jsonb_${ordering}(jsonb,jsonb)`] = byComparator(
    ordering,
    createComparator(sqlType(OID.jsonb)),
  )
  table[`timetz_${ordering}(timetz,timetz)`] = byComparator(
    ordering,
    createComparator(sqlType(OID.timetz)),
  )
  table[`char${ordering}(char,char)`] = byComparator(ordering, createComparator(sqlType(OID.char)))
  const plain = bytes(ordering, false)
  const text = ordering === 'eq' || ordering === 'ne' ? `text${ordering}` : `text_${ordering}`
  table[`${text}(text,text)`] = plain
  table[`name${ordering}(name,name)`] = plain
  table[`name${ordering}text(name,text)`] = plain
  table[`text${ordering}name(text,name)`] = plain
  table[`bytea${ordering}(bytea,bytea)`] = plain
  table[`uuid_${ordering}(uuid,uuid)`] = plain
  table[`bpchar${ordering}(bpchar,bpchar)`] = bytes(ordering, true)
  if (ordering !== 'eq' && ordering !== 'ne') {
    table[`text_pattern_${ordering}(text,text)`] = plain
    table[`bpchar_pattern_${ordering}(bpchar,bpchar)`] = bytes(ordering, true)
  }
}

/** Comparisons by signature. None of them can raise an error. */
export const COMPARISONS: KernelTable = table
