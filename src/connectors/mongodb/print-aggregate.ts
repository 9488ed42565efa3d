/** GROUP BY, aggregates and DISTINCT as `$group`. */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import type { AggregateCall, AggregateNode, ProjectedColumn } from '../../planner/logical-plan.js'
import { OID } from '../../types/sql-type.js'
import { numericTypmod } from '../../types/type-registry.js'
import { fitsDecimal, decimalShape } from '../sql/decimal-shape.js'
import { kindsOfFamily, type Family } from './bson-kinds.js'
import { checkCollation, compileTruth, compileValue } from './compile-expression.js'
import { NOT_A_NUMBER } from './encode-value.js'
import { every, type Json, type JsonObject } from './json.js'
import { fieldOperand, fieldTarget, normalValue, scaled, type Operand } from './operand.js'
import type { Pipeline } from './pipeline.js'
import { refuse } from './refusal.js'
import type { Binding, Output } from './scope.js'

/** Rows of which a sum of so many digits is still exact in a Decimal128. */
const SUMMED_DIGITS = { precision: 22, scale: 22 }

/** What a column bound to a computed value looks like. */
export function computedBinding(operand: Operand, isField: string | undefined): Binding {
  return {
    operand,
    straysAreNull: false,
    ...(isField === undefined ? {} : { target: fieldTarget(isField, operand.family) }),
    output: valueOutput(operand),
  }
}

/** A computed value as the reader takes it. */
function valueOutput(operand: Operand): Output {
  const { family, scale } = operand
  const kinds = kindsOfFamily(family)
  const reading = { kinds, onTypeError: 'fail', label: 'a result', ...scaled(scale) } as const
  return { kind: 'value', value: normalValue(operand), reading }
}

/** Refuses keys of which equal values may look different, or of which equality differs. */
function compileKey(expression: Expression, pipeline: Pipeline): Operand {
  const operand = compileValue(expression, pipeline)
  if (operand.family === 'float') refuse('Which of 0 and -0 stands for a group is not said')
  if (operand.family === 'numeric' && operand.scale === undefined) {
    refuse('1.0 and 1.00 are one group, and which of them is shown is not said')
  }
  return operand
}

/** Prints an aggregate. */
export function printAggregate(node: AggregateNode, pipeline: Pipeline): void {
  if (node.groupingSets) refuse('Grouping sets are not sent to MongoDB')
  const keys = node.groups.map((group) => compileKey(group.expression, pipeline))
  const distinct = node.aggregates.filter((call) => call.distinct && isDistinctMatter(call))
  if (distinct.length > 0) {
    printDistinctAggregates(node, keys, pipeline)
    return
  }
  const fields: Record<string, Json> = {}
  const calls = node.aggregates.map(
    (call, i) => [call, aggregateFields(call, `a${i + 1}`, fields, pipeline)] as const,
  )
  group(node, keys, fields, calls, pipeline)
}

/** min and max are the same of distinct values. */
function isDistinctMatter(call: AggregateCall): boolean {
  return call.function.name !== 'min' && call.function.name !== 'max'
}

type Bindings = readonly (readonly [AggregateCall, Binding])[]

function group(
  node: AggregateNode,
  keys: readonly Operand[],
  fields: Readonly<Record<string, Json>>,
  calls: Bindings,
  pipeline: Pipeline,
): void {
  const id = Object.fromEntries(keys.map((key, i) => [`g${i + 1}`, normalValue(key)]))
  pipeline.append({ $group: { _id: keys.length === 0 ? null : id, ...fields } })
  if (keys.length === 0) alwaysOneRow(fields, pipeline)
  rebind(node, keys, calls, pipeline)
}

function rebind(
  node: AggregateNode,
  keys: readonly Operand[],
  calls: Bindings,
  pipeline: Pipeline,
): void {
  pipeline.rebind([
    ...node.groups.map(({ column }, i) => [column.id, keyBinding(keys[i]!, i)] as const),
    ...calls.map(([call, binding]) => [call.column.id, binding] as const),
  ])
}

function keyBinding(key: Operand, index: number): Binding {
  const field = `_id.g${index + 1}`
  return computedBinding(fieldOperand(field, key.family, key.scale), field)
}

/** `$group` over nothing gives no document; an aggregate without groups has one row always. */
function alwaysOneRow(fields: Readonly<Record<string, Json>>, pipeline: Pipeline): void {
  const empty = Object.fromEntries(
    Object.entries(fields).map(([name, value]) => [
      name,
      '$sum' in (value as JsonObject) ? 0 : null,
    ]),
  )
  pipeline.append({ $facet: { rows: [{ $limit: 1 }] } })
  pipeline.append({ $replaceRoot: { newRoot: { $ifNull: [{ $arrayElemAt: ['$rows', 0] }, empty] } } }) // prettier-ignore
}

/** Values grouped with the keys first, so that each is there once. */
function printDistinctAggregates(
  node: AggregateNode,
  keys: readonly Operand[],
  pipeline: Pipeline,
): void {
  const [first, ...others] = node.aggregates
  const argument = first?.arguments[0]
  const key = JSON.stringify(argument)
  const isOne = [first, ...others].every(
    (call) =>
      call?.distinct === true &&
      call.filter === undefined &&
      JSON.stringify(call.arguments[0]) === key,
  )
  if (!isOne || argument === undefined) {
    return refuse('Aggregates of distinct values are sent to MongoDB only when all are of the same')
  }
  const value = compileKey(argument, pipeline)
  const id = Object.fromEntries(keys.map((k, i) => [`g${i + 1}`, normalValue(k)]))
  pipeline.append({ $group: { _id: { ...id, d: normalValue(value) } } })
  const outer = Object.fromEntries(keys.map((_, i) => [`g${i + 1}`, `$_id.g${i + 1}`]))
  const inner = fieldOperand('_id.d', value.family, value.scale)
  const fields: Record<string, Json> = {}
  const calls = node.aggregates.map(
    (call, i) => [call, operandFields(call, inner, `a${i + 1}`, fields)] as const,
  )
  pipeline.append({ $group: { _id: keys.length === 0 ? null : outer, ...fields } })
  if (keys.length === 0) alwaysOneRow(fields, pipeline)
  rebind(node, keys, calls, pipeline)
}

function aggregateFields(
  call: AggregateCall,
  name: string,
  fields: Record<string, Json>,
  pipeline: Pipeline,
): Binding {
  const { function: fn } = call
  if (call.form !== 'normal' || call.orderBy.length > 0) {
    return refuse(`Aggregate ${fn.name} with an order is not sent to MongoDB`)
  }
  const filter = call.filter === undefined ? true : compileTruth(call.filter, true, pipeline)
  if (call.star) return countBinding(name, filter, fields)
  const [argument] = call.arguments
  if (argument === undefined || call.arguments.length > 1) {
    return refuse(`Aggregate ${fn.name} is not known to MongoDB`)
  }
  if (fn.name === 'min' || fn.name === 'max') checkCollation(argument, call.collation)
  if (fn.name === 'count' && argument.kind === 'column') {
    const { operand, nullTarget } = pipeline.binding(argument.id)
    if (operand === undefined && nullTarget === undefined) compileValue(argument, pipeline)
    const test = compileTruth(
      { kind: 'is-null', argument, negated: true, type: { oid: OID.bool, typmod: -1 } },
      true,
      pipeline,
    )
    return countBinding(name, every([filter, test]), fields)
  }
  const operand = compileValue(argument, pipeline)
  const shape = decimalShape(argument)
  return operandFields(call, filtered(operand, filter), name, fields, shape)
}

function filtered(operand: Operand, filter: Json): Operand {
  if (filter === true) return operand
  // Values that the filter keeps out are not looked at, whatever their type.
  const absent: Json = operand.absent === null ? null : { $cond: [filter, operand.absent, null] }
  return { ...operand, present: [filter, ...operand.present], absent, isNullable: false }
}

function countBinding(name: string, test: Json, fields: Record<string, Json>): Binding {
  fields[name] = { $sum: test === true ? 1 : { $cond: [test, 1, 0] } }
  const operand: Operand = { family: 'integer', value: `$${name}`, present: [], absent: null }
  return computedBinding(operand, name)
}

function operandFields(
  call: AggregateCall,
  operand: Operand,
  name: string,
  fields: Record<string, Json>,
  shape?: ReturnType<typeof decimalShape>,
): Binding {
  const { function: fn } = call
  const argument = call.arguments[0]!
  const normal = normalValue(operand)
  const count = (): Json => {
    fields[`${name}n`] = { $sum: { $cond: [every(operand.present), 1, 0] } }
    return `$${name}n`
  }
  switch (fn.name) {
    case 'count':
      return countBinding(name, every(operand.present), fields)
    case 'min':
    case 'max':
      return extreme(fn.name, operand, name, fields)
    case 'bool_and':
    case 'every':
    case 'bool_or':
      fields[name] = { [fn.name === 'bool_or' ? '$max' : '$min']: normal }
      return computedBinding(fieldOperand(name, 'boolean'), name)
    case 'sum':
    case 'avg': {
      const scale = summedScale(operand.family, argument.type.typmod, shape)
      const isSmall = argument.type.oid === OID.int2 || argument.type.oid === OID.int4
      // Integers of 32 bits add up within a long; larger ones would go over to a double.
      const isLong = fn.name === 'sum' && isSmall
      fields[name] = { $sum: isLong ? normal : { $cond: [every(operand.present), { $toDecimal: operand.value }, operand.absent] } } // prettier-ignore
      const total = `$${name}`
      const rows = count()
      if (fn.name === 'avg') {
        const refusal = 'The mean is divided here, from the sum and the count'
        const output = { kind: 'average', sum: total, count: rows, scale } as const
        return { refusal, straysAreNull: false, output }
      }
      const sum: Operand = {
        family: isLong ? 'integer' : 'numeric',
        value: total,
        present: [{ $gt: [rows, 0] }],
        absent: null,
        ...(isLong ? {} : { scale }),
      }
      return computedBinding(sum, undefined)
    }
    default:
      return refuse(`Aggregate ${fn.name} is not known to mean the same in MongoDB`)
  }
}

function extreme(
  name: 'min' | 'max',
  operand: Operand,
  field: string,
  fields: Record<string, Json>,
): Binding {
  const { family, scale } = operand
  if (family === 'numeric' && scale === undefined) {
    refuse('1.0 and 1.00 are equal, and which of them is shown is not said')
  }
  const normal = normalValue(operand)
  if (family !== 'float' && family !== 'numeric') {
    fields[field] = { [`$${name}`]: normal }
    return computedBinding(fieldOperand(field, family), field)
  }
  // NaN is above all numbers in PostgreSQL: it is kept out, and comes back where it wins.
  const isNan = every([...operand.present, { $eq: [operand.value, NOT_A_NUMBER] }])
  fields[field] = { [`$${name}`]: { $cond: [isNan, null, normal] } }
  fields[`${field}x`] = { $max: isNan }
  const nan: Json = family === 'numeric' ? { $numberDecimal: 'NaN' } : NOT_A_NUMBER
  const found: Json = { $eq: [`$${field}x`, true] }
  const value: Json =
    name === 'max'
      ? { $cond: [found, nan, `$${field}`] }
      : { $ifNull: [`$${field}`, { $cond: [found, nan, null] }] }
  const present: Json[] = [{ $ne: [value, null] }]
  const result = { family, value, present, absent: null, isNullable: true, ...scaled(scale) }
  return computedBinding(result, undefined)
}

/** Digits behind the point of a sum, where it is known to be exact. */
function summedScale(
  family: Family,
  typmod: number,
  shape: ReturnType<typeof decimalShape>,
): number {
  if (family === 'integer') return 0
  if (family === 'float') return refuse('The sum of floating-point numbers depends on their order')
  if (family !== 'numeric') return refuse('Only numbers are added up')
  if (typmod >= 4) {
    const { precision, scale } = numericTypmod(typmod)
    if (fitsDecimal({ whole: precision - scale, scale }, SUMMED_DIGITS)) return scale
  } else if (shape !== undefined && fitsDecimal(shape, SUMMED_DIGITS)) {
    return shape.scale
  }
  return refuse('The digits of the sum are not known to fit into a Decimal128')
}

/** Prints DISTINCT. */
export function printDistinct(columns: readonly ProjectedColumn[], pipeline: Pipeline): void {
  const keys = columns.map((column) => compileKey(column.expression, pipeline))
  const id = Object.fromEntries(keys.map((key, i) => [`g${i + 1}`, normalValue(key)]))
  pipeline.append({ $group: { _id: id } })
  const bindings = columns.map(({ column }, i): readonly [ColumnId, Binding] => [
    column.id,
    keyBinding(keys[i]!, i),
  ])
  pipeline.rebind(bindings)
}
