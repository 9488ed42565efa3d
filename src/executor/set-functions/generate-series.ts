/** generate_series over integers, numerics and timestamps, and over the subscripts of an array. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { arrayDelimiter, parseArray } from '../../types/array-text.js'
import { compileExpression } from '../../expressions/compile-expression.js'
import type { Column, Expression, FunctionReference } from '../../expressions/expression.js'
import { decimalFromText } from './decimal-text.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { Vector } from '../../types/vectors/vector.js'
import { constantVector, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import { typeInfo } from '../../types/type-registry.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import { BATCH_ROWS, batchOf } from '../batch.js'
import type { SetFunction } from './set-function.js'

/** generate_series(start, stop[, step]) of int4 and int8. */
export const generateIntegers: SetFunction = function* (values, result) {
  const start = BigInt(values[0]!)
  const stop = BigInt(values[1]!)
  const step = BigInt(values[2] ?? '1')
  if (step === 0n) throw stepIsZero()
  if (step > 0n ? start > stop : start < stop) return
  const bounds = [start, stop, step].map(Number)
  if (!bounds.every((bound) => Math.abs(bound) <= Number.MAX_SAFE_INTEGER / 2)) {
    yield* generateBigIntegers(start, stop, step, result)
    return
  }
  const [first, last, by] = bounds as [number, number, number]
  const count = Math.floor((last - first) / by) + 1
  const isInt4 = result.oid === OID.int4
  for (let done = 0; done < count; done += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, count - done)
    const lanes = isInt4 ? new Int32Array(length) : new Float64Array(length)
    for (let i = 0; i < length; i++) lanes[i] = first + (done + i) * by
    yield lanes instanceof Int32Array
      ? { lane: 'int32', type: result, length, values: lanes }
      : { lane: 'int64', type: result, length, values: lanes }
  }
}

/** generate_subscripts(array, dimension[, reverse]): none of a dimension that the array has not. */
export const generateSubscripts: SetFunction = (values, result, context, types) => {
  const element = typeInfo(types[0]!.oid).elementOid ?? 0
  const { dimensions, lowerBounds } = parseArray(values[0]!, arrayDelimiter(element))
  const dimension = Number(values[1]) - 1
  const length = dimensions[dimension]
  if (length === undefined || length === 0) return []
  const first = lowerBounds[dimension]!
  const ends = [first, first + length - 1].map(String)
  return values[2] === 't'
    ? generateIntegers([...ends.toReversed(), '-1'], result, context, types)
    : generateIntegers(ends, result, context, types)
}

function* generateBigIntegers(
  start: bigint,
  stop: bigint,
  step: bigint,
  result: SqlType,
): Generator<Vector> {
  const builder = createVectorBuilder(result, BATCH_ROWS)
  for (let value = start; step > 0n ? value <= stop : value >= stop; value += step) {
    builder.appendBigInt(value)
    if (builder.length === BATCH_ROWS) yield builder.finish()
  }
  if (builder.length > 0) yield builder.finish()
}

/** generate_series(start, stop[, step]) of numeric. */
export const generateNumerics: SetFunction = function* (values, result) {
  const names = ['start', 'stop', 'step'] as const
  const parsed = [...values, ...(values.length < 3 ? ['1'] : [])].map((text, index) => {
    const value = decimalFromText(text)
    if (value !== undefined) return value
    const shown = text === 'NaN' ? 'NaN' : 'infinity'
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      `${names[index]} ${index === 2 ? 'size' : 'value'} cannot be ${shown}`,
    )
  })
  const scale = Math.max(...parsed.map((value) => value.scale))
  const [start, stop, step] = parsed.map(
    (value) => value.coefficient * 10n ** BigInt(scale - value.scale),
  ) as [bigint, bigint, bigint]
  if (step === 0n) throw stepIsZero()
  const startScale = parsed[0]!.scale
  const laterScale = Math.max(startScale, parsed[2]!.scale)
  const builder = createVectorBuilder(result, BATCH_ROWS)
  for (let value = start; step > 0n ? value <= stop : value >= stop; value += step) {
    // The first value shows its own digits, later ones those of the additions.
    const shown = value === start ? startScale : laterScale
    builder.appendDatum(decimalText(value / 10n ** BigInt(scale - shown), shown))
    if (builder.length === BATCH_ROWS) yield builder.finish()
  }
  if (builder.length > 0) yield builder.finish()
}

function decimalText(coefficient: bigint, scale: number): string {
  const isNegative = coefficient < 0n
  const digits = (isNegative ? -coefficient : coefficient).toString().padStart(scale + 1, '0')
  const whole = digits.slice(0, digits.length - scale)
  return `${isNegative ? '-' : ''}${whole}${scale > 0 ? `.${digits.slice(-scale)}` : ''}`
}

/** generate_series(start, stop, step) of timestamp and timestamptz, by the engine's own interval addition. */
export const generateTimestamps: SetFunction = function* (values, result, context) {
  const [start, stop, step] = values as [string, string, string]
  const interval = sqlType(OID.interval)
  const isZoned = result.oid === OID.timestamptz
  const sign = signOfInterval(vectorFromDatums(interval, [step]))
  if (sign === undefined) {
    throw new EngineError(SQLSTATE.invalidParameterValue, 'step size cannot be infinite')
  }
  if (sign === 0) throw stepIsZero()
  const name = isZoned ? 'timestamptz_pl_interval' : 'timestamp_pl_interval'
  const typeName = isZoned ? 'timestamptz' : 'timestamp'
  const current: Column = { id: 0, name: 'current', type: result }
  const add: FunctionReference = {
    oid: isZoned ? 1189 : 2032,
    name,
    signature: `${name}(${typeName},interval)`,
    schema: 'pg_catalog',
    volatility: isZoned ? 'stable' : 'immutable',
    strict: true,
  }
  const sum: Expression = {
    kind: 'call',
    function: add,
    arguments: [
      { kind: 'column', id: 0, name: 'current', type: result },
      { kind: 'constant', value: step, type: interval },
    ],
    type: result,
    collation: 'binary',
    form: 'operator',
    operator: '+',
  }
  const next = compileExpression(sum, [current], context)
  const end = timestampOf(constantVector(result, stop, 1))
  const builder = createVectorBuilder(result, BATCH_ROWS)
  let value = constantVector(result, start, 1)
  for (;;) {
    const at = timestampOf(value)
    if (sign > 0 ? at > end : at < end) break
    if (value.lane === 'int64' && value.exact === undefined) builder.appendNumber(at)
    else if (value.lane === 'int64') builder.appendBigInt(value.exact![0]!)
    if (builder.length === BATCH_ROWS) yield builder.finish()
    value = next.evaluate(batchOf([value], 1))
  }
  if (builder.length > 0) yield builder.finish()
}

function timestampOf(vector: Vector): number {
  if (vector.lane !== 'int64') return NaN
  return vector.exact === undefined ? vector.values[0]! : Number(vector.exact[0]!)
}

/** Which way a step goes; undefined for infinity. */
function signOfInterval(vector: Vector): number | undefined {
  if (vector.lane !== 'interval') return 0
  const months = vector.months[0]!
  if (months === 0x7fffffff || months === -0x80000000) return undefined
  const days = months * 30 + vector.days[0]!
  return Math.sign(days * 86_400_000_000 + vector.micros[0]!)
}

function stepIsZero(): EngineError {
  return new EngineError(SQLSTATE.invalidParameterValue, 'step size cannot equal zero')
}
