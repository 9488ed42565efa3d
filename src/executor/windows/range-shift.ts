/**
 * RANGE with an offset over dates, timestamps and numerics: the offset is added to every key by the type's own operator,
 * and keys are compared with the sums.
 */
import { compileFunction } from '../../expressions/compile-call.js'
import { createComparator } from '../../expressions/compare.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import type { FunctionReference } from '../../expressions/expression.js'
import { EngineError } from '../../errors.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { constantVector, vectorFromDatums } from '../../types/vectors/vector-ops.js'

interface ShiftRule {
  readonly offset: number
  readonly add: string
  readonly subtract: string
  /** The type of the sums. */
  readonly sum: number
  /** Makes keys comparable with the sums, where they are of another type. */
  readonly convert?: string
}

const RULES: ReadonlyMap<number, ShiftRule> = new Map([
  [OID.numeric, { offset: OID.numeric, ...operators('numeric_add', 'numeric_sub', 'numeric,numeric'), sum: OID.numeric }], // prettier-ignore
  [OID.timestamp, { offset: OID.interval, ...operators('timestamp_pl_interval', 'timestamp_mi_interval', 'timestamp,interval'), sum: OID.timestamp }], // prettier-ignore
  [OID.timestamptz, { offset: OID.interval, ...operators('timestamptz_pl_interval', 'timestamptz_mi_interval', 'timestamptz,interval'), sum: OID.timestamptz }], // prettier-ignore
  [OID.date, { offset: OID.interval, ...operators('date_pl_interval', 'date_mi_interval', 'date,interval'), sum: OID.timestamp, convert: 'timestamp(date)' }], // prettier-ignore
])

function operators(
  add: string,
  subtract: string,
  types: string,
): Pick<ShiftRule, 'add' | 'subtract'> {
  return { add: `${add}(${types})`, subtract: `${subtract}(${types})` }
}

/** Tells whether keys of a type can be shifted by offsets of another. Infinite offsets have rules of their own. */
export function isShiftable(key: number, offset: SqlType, value: Datum): boolean {
  return RULES.get(key)?.offset === offset.oid && !/inf|nan/i.test(value ?? '')
}

/** Tells whether keys of a type are shifted by their own operators. */
export function hasShift(key: SqlType): boolean {
  return RULES.has(key.oid)
}

/** Keys, and what each row's bound is. */
export interface ShiftedKeys {
  readonly values: Vector
  readonly bounds: Vector
}

/** Adds the offset to all keys, or subtracts it. */
export function shiftKeys(
  keys: Vector,
  offset: Datum,
  subtracts: boolean,
  evaluation: EvaluationContext,
): ShiftedKeys {
  const rule = RULES.get(keys.type.oid)!
  const offsetType = sqlType(rule.offset)
  const compare = createComparator(offsetType)
  const signs = vectorFromDatums(offsetType, [
    offset,
    rule.offset === OID.interval ? '00:00:00' : '0',
  ])
  if (compare(signs, 0, signs, 1) < 0) {
    throw new EngineError('22013', 'invalid preceding or following size in window function')
  }
  const { length } = keys
  const run = (signature: string, vectors: readonly Vector[]): Vector => {
    const inputs = vectors.map((_, index) => ({ isConstant: index === 1 }))
    const call = compileFunction(reference(signature), evaluation, inputs, sqlType(rule.sum))
    return call(vectors, length)
  }
  const amount = constantVector(offsetType, offset, length)
  return {
    values: rule.convert === undefined ? keys : run(rule.convert, [keys]),
    bounds: run(subtracts ? rule.subtract : rule.add, [keys, amount]),
  }
}

function reference(signature: string): FunctionReference {
  const name = signature.slice(0, signature.indexOf('('))
  return { oid: 0, name, signature, schema: 'pg_catalog', volatility: 'immutable', strict: true }
}
