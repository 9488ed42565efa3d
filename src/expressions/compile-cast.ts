/** Casts that are not function calls: relabelling, and the way through text. */
import { enumOf } from '../types/enum-types.js'
import { canonicalDatum } from '../types/text-input.js'
import { textAt } from '../types/text-output.js'
import { OID, type Datum, type SqlType } from '../types/sql-type.js'
import { laneOf, typeInfo } from '../types/type-registry.js'
import { retype, vectorFromDatums } from '../types/vectors/vector-ops.js'
import type { Vector } from '../types/vectors/vector.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { constantExpression } from './constant-vector-cache.js'
import type { IoCastExpression, RelabelExpression } from './expression.js'
import { isPrintable } from './printable-types.js'
import type { EvaluationContext } from './evaluation-context.js'

/** Types whose text is the value itself. */
export const TEXT_TYPES: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar])

/** Compiles a binary-compatible cast: the same vector under another type. */
export function compileRelabel(
  expression: RelabelExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const argument = compiler.compile(expression.argument)
  const { type } = expression
  const sameLane = laneOf(argument.type) === laneOf(type)
  const convert = (vector: Vector): Vector =>
    sameLane ? retype(vector, type) : relabelInteger(vector, type)
  if (argument.isConstant) {
    return constantExpression(type, () => convert(argument.evaluate({ length: 1, columns: [] })))
  }
  return { type, isConstant: false, evaluate: (batch) => convert(argument.evaluate(batch)) }
}

/** int4 and oid share their 32 bits, but oid has no sign. */
function relabelInteger(vector: Vector, type: SqlType): Vector {
  const { length, nulls } = vector
  if (vector.lane === 'int32') {
    const values = Float64Array.from(vector.values, (value) => value >>> 0)
    return { lane: 'int64', type, length, nulls, values }
  }
  const source = (vector as { values: Float64Array }).values
  return {
    lane: 'int32',
    type,
    length,
    nulls,
    values: Int32Array.from(source, (value) => value | 0),
  }
}

/** Tells whether {@link compileRelabel} knows how the representations relate. */
export function canRelabel(from: SqlType, to: SqlType): boolean {
  if (from.oid === OID.uuid || to.oid === OID.uuid) return from.oid === to.oid
  if (from.oid === OID.bytea || to.oid === OID.bytea) return from.oid === to.oid
  if (laneOf(from) === laneOf(to)) return true
  const pair = [from.oid, to.oid]
  return pair.includes(OID.int4) && pair.includes(OID.oid)
}

/** Types whose input function is ours. */
const READABLE: ReadonlySet<number> = new Set([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.float4,
  OID.float8,
  OID.numeric,
  OID.text,
  OID.varchar,
  OID.uuid,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.interval,
  OID.bytea,
  OID.json,
  OID.jsonb,
])

const JSON_TYPES: ReadonlySet<number> = new Set([OID.json, OID.jsonb])

/** Says why a cast through text is left to PostgreSQL. */
export function whyNotIoCast(from: SqlType, to: SqlType): string | undefined {
  const fromName = typeInfo(from.oid).sqlName
  const toName = typeInfo(to.oid).sqlName
  if (TEXT_TYPES.has(to.oid) && isPrintable(from.oid)) return undefined
  if (TEXT_TYPES.has(from.oid) && (READABLE.has(to.oid) || enumOf(to.oid) !== undefined))
    return undefined
  // Each of the two documents is valid as the other.
  if (JSON_TYPES.has(from.oid) && JSON_TYPES.has(to.oid)) return undefined
  return `cast from ${fromName} to ${toName} has no native kernel`
}

/** Compiles a cast through the types' text. */
export function compileIoCast(
  expression: IoCastExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const argument = compiler.compile(expression.argument)
  const { type } = expression
  const { context } = compiler
  if (argument.isConstant) {
    return constantExpression(type, () =>
      castThroughText(argument.evaluate({ length: 1, columns: [] }), type, context),
    )
  }
  return {
    type,
    isConstant: false,
    evaluate: (batch) => castThroughText(argument.evaluate(batch), type, context),
  }
}

/** Prints each value and reads the text as the other type. */
export function castThroughText(vector: Vector, type: SqlType, context: EvaluationContext): Vector {
  const { settings } = context
  const isText = TEXT_TYPES.has(type.oid)
  const texts: Datum[] = []
  for (let i = 0; i < vector.length; i++) {
    if (vector.nulls !== undefined && vector.nulls[i] === 1) {
      texts.push(null)
      continue
    }
    const text = textAt(vector, i, settings)
    texts.push(
      isText
        ? text
        : canonicalDatum({ oid: type.oid, typmod: -1 }, text, settings, {
            now: context.transactionTime,
          }),
    )
  }
  return vectorFromDatums(type, texts)
}
