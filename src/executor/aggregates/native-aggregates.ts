/** Which aggregate functions the executor has, by signature, and how their states are made. */
import { isComparableNatively } from '../../expressions/compare.js'
import type { Expression, FunctionReference } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { whyNotNativeKey } from '../keys/key-types.js'
import { isBinaryCollation, whyNotNativeSort } from '../sort/native-sort.js'
import type { Accumulator } from './accumulator.js'
import { createBitAggregate, createBooleanAggregate } from './booleans-and-bits.js'
import { createCount } from './count.js'
import { createAnyValue, createExtreme } from './extremes.js'
import { createJsonAggregate, createJsonObject, whyNotJsonElement } from './json-pieces.js'
import { createFloatMoments, createFloatSum } from './float-sums.js'
import type { FloatResult } from './float-sums.js'
import { createIntegerSum } from './integer-sums.js'
import { HYPOTHETICAL_SET_SIGNATURES, isHypotheticalSet } from './hypothetical-set.js'
import { createIntervalSum } from './interval-sums.js'
import { createNumericSum } from './numeric-sums.js'
import { ORDERED_SET_FUNCTIONS } from './ordered-set.js'
import { createArrayAggregate, createStringAggregate } from './pieces.js'
import { createRegression, REGRESSION_FUNCTIONS } from './regression.js'

/** How one aggregate function works here. */
export interface AggregateDefinition {
  /** Which arguments leave a row out by being NULL. */
  readonly skipsNulls: 'any' | 'first' | 'none'
  /** The result depends on the order of rows: ORDER BY counts, and DISTINCT must deliver them sorted, as PostgreSQL does. */
  readonly ordered: boolean
  /** Its states can be copied: it may run over window frames. */
  readonly runsOverFrames: boolean
  /** Makes the states for a result type. */
  create(type: SqlType): Accumulator
}

const TEXTUAL: ReadonlySet<number> = new Set([OID.text, OID.varchar])

const JSON_AGGREGATES: ReadonlySet<string> = new Set([
  'json_agg(anyelement)',
  'jsonb_agg(anyelement)',
])

const JSON_OBJECT_AGGREGATE = 'jsonb_object_agg(any,any)'

const DEFINITIONS: ReadonlyMap<string, AggregateDefinition> = new Map(definitions())

function* definitions(): Generator<[string, AggregateDefinition]> {
  const plain = (create: (type: SqlType) => Accumulator): AggregateDefinition => ({
    skipsNulls: 'any',
    ordered: false,
    runsOverFrames: true,
    create,
  })
  yield ['count()', plain(createCount)]
  yield ['count(any)', plain(createCount)]
  for (const integer of ['int2', 'int4', 'int8']) {
    yield [`sum(${integer})`, plain((type) => createIntegerSum(type, 'sum'))]
    yield [`avg(${integer})`, plain((type) => createIntegerSum(type, 'average'))]
    for (const operation of ['and', 'or', 'xor'] as const) {
      yield [`bit_${operation}(${integer})`, plain((type) => createBitAggregate(type, operation))]
    }
  }
  yield ['sum(interval)', { ...plain(createIntervalSum), runsOverFrames: false, ordered: true }]
  yield ['sum(numeric)', plain((type) => createNumericSum(type, 'sum'))]
  yield ['avg(numeric)', plain((type) => createNumericSum(type, 'average'))]
  const ordered = (create: (type: SqlType) => Accumulator): AggregateDefinition => ({
    ...plain(create),
    ordered: true,
  })
  yield ['sum(float4)', ordered((type) => createFloatSum(type, true))]
  yield ['sum(float8)', ordered((type) => createFloatSum(type, false))]
  yield ['avg(float4)', ordered((type) => createFloatMoments(type, 'average'))]
  yield ['avg(float8)', ordered((type) => createFloatMoments(type, 'average'))]
  const spreads: readonly (readonly [string, Exclude<FloatResult, 'average'>])[] = [
    ['var_pop', 'var_pop'],
    ['var_samp', 'var_samp'],
    ['variance', 'var_samp'],
    ['stddev_pop', 'stddev_pop'],
    ['stddev_samp', 'stddev_samp'],
    ['stddev', 'stddev_samp'],
  ]
  for (const [name, result] of spreads) {
    for (const exact of ['int2', 'int4', 'int8', 'numeric']) {
      yield [`${name}(${exact})`, plain((type) => createNumericSum(type, result))]
    }
    for (const float of ['float4', 'float8']) {
      yield [`${name}(${float})`, ordered((type) => createFloatMoments(type, result))]
    }
  }
  for (const name of REGRESSION_FUNCTIONS) {
    yield [`${name}(float8,float8)`, ordered((type) => createRegression(type, name))]
  }
  yield ['bool_and(bool)', plain((type) => createBooleanAggregate(type, 'and'))]
  yield ['every(bool)', plain((type) => createBooleanAggregate(type, 'and'))]
  yield ['bool_or(bool)', plain((type) => createBooleanAggregate(type, 'or'))]
  yield ['any_value(anyelement)', ordered(createAnyValue)]
  const texts = { skipsNulls: 'first', ordered: true, runsOverFrames: false } as const
  yield ['string_agg(text,text)', { ...texts, create: createStringAggregate }]
  yield ['string_agg(bytea,bytea)', { ...texts, create: createStringAggregate }]
  yield [
    'array_agg(anynonarray)',
    { skipsNulls: 'none', ordered: true, runsOverFrames: false, create: createArrayAggregate },
  ]
  yield [
    JSON_OBJECT_AGGREGATE,
    { skipsNulls: 'none', ordered: true, runsOverFrames: false, create: createJsonObject },
  ]
  for (const signature of JSON_AGGREGATES) {
    yield [
      signature,
      { skipsNulls: 'none', ordered: true, runsOverFrames: false, create: createJsonAggregate },
    ]
  }
}

/** Finds an aggregate's definition; min and max exist for every type with a native order. */
export function aggregateDefinition(
  reference: FunctionReference,
  resultType: SqlType,
): AggregateDefinition | undefined {
  if (reference.schema !== 'pg_catalog') return undefined
  const known = DEFINITIONS.get(reference.signature.replaceAll('"', ''))
  if (known !== undefined) return known
  const { name } = reference
  if ((name !== 'min' && name !== 'max') || !isComparableNatively(resultType)) return undefined
  return {
    skipsNulls: 'any',
    ordered: false,
    runsOverFrames: true,
    create: (type) => createExtreme(type, name),
  }
}

/** Says why an aggregate call cannot be computed here; undefined when it can. */
export function whyNotNativeAggregate(call: AggregateCall): string | undefined {
  const { signature } = call.function
  const expressions: Expression[] = [...call.arguments, ...call.directArguments]
  if (call.filter !== undefined) expressions.push(call.filter)
  for (const expression of expressions) {
    const reason = whyNotNative(expression)
    if (reason !== undefined) return reason
  }
  for (const key of call.orderBy) {
    const reason = whyNotNative(key.expression) ?? whyNotNativeSort(key)
    if (reason !== undefined) return reason
  }
  if (call.form !== 'normal') {
    const isKnown =
      call.form === 'hypothetical-set'
        ? isHypotheticalSet(signature) && call.orderBy.length === 1
        : ORDERED_SET_FUNCTIONS[signature] !== undefined
    if (!isKnown || call.distinct) return `aggregate ${signature} is not native`
    return call.directArguments.every(isFixed)
      ? undefined
      : `aggregate ${signature} has a direct argument that is not constant`
  }
  const definition = aggregateDefinition(call.function, call.column.type)
  if (definition === undefined) return `aggregate ${signature} is not native`
  if (JSON_AGGREGATES.has(signature)) {
    const reason = whyNotJsonElement(call.arguments[0]!.type)
    if (reason !== undefined) return reason
  }
  if (signature.replaceAll('"', '') === JSON_OBJECT_AGGREGATE) {
    const [key, value] = call.arguments
    if (!TEXTUAL.has(key!.type.oid)) return `aggregate ${signature} with keys that are no text`
    const reason = whyNotJsonElement(value!.type)
    if (reason !== undefined) return reason
  }
  if (!isBinaryOrder(call, definition))
    return `aggregate ${signature} under collation ${call.collation}`
  if (call.distinct) {
    for (const argument of call.arguments) {
      const reason =
        whyNotNativeKey(argument.type) ??
        (definition.ordered && !isComparableNatively(argument.type)
          ? `type ${argument.type.oid} has no native order`
          : undefined)
      if (reason !== undefined) return `DISTINCT in ${signature}: ${reason}`
    }
  }
  return undefined
}

/** min, max and what DISTINCT delivers sorted depend on the collation's order. */
function isBinaryOrder(call: AggregateCall, definition: AggregateDefinition): boolean {
  if (isBinaryCollation(call.collation)) return true
  const isExtreme = call.function.name === 'min' || call.function.name === 'max'
  return !isExtreme && !(definition.ordered && call.distinct)
}

function isFixed(expression: Expression): boolean {
  return expression.kind === 'constant' || expression.kind === 'parameter'
}

/** Lists the signatures of the aggregates that run here, for the documentation. */
export function nativeAggregateSignatures(): readonly string[] {
  return [
    ...new Set([
      ...DEFINITIONS.keys(),
      ...Object.keys(ORDERED_SET_FUNCTIONS),
      ...HYPOTHETICAL_SET_SIGNATURES,
    ]),
  ]
}
