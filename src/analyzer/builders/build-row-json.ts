/**
 * A whole row as JSON: `to_jsonb(t)`, `row_to_json(t)`, `to_json(t)`, and the rows of `jsonb_agg(t)`. The row itself is
 * no value here, but its JSON is one made of its columns, so that the rest of the statement is planned as ever.
 */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { quoteJson } from '../../types/json-input.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { buildColumnOf } from './build-column.js'
import type { ExpressionBuilder } from './build-expression.js'
import { RangeKind } from './range-kind.js'
import { integerOf, integersOf, listOf, nodeOf, optionalNode } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'

/** By pg_proc.oid: what a function that takes a row gives. */
const ROW_FUNCTIONS: ReadonlyMap<number, 'json' | 'jsonb'> = new Map([
  [3155, 'json'], // row_to_json(record)
  [3176, 'json'], // to_json(anyelement)
  [3787, 'jsonb'], // to_jsonb(anyelement)
])

const TEXTCAT = 1258
const TO_JSON = 3176
const JSONB_BUILD_OBJECT = 3273
const RECORD = 2249

/** A call takes at most 100 arguments, two for each column. */
const MOST_COLUMNS = 50

/** FROM items whose rows are never NULL as a whole, but where an outer join makes them so. */
const PLAIN_ITEMS: ReadonlySet<number> = new Set([
  RangeKind.relation,
  RangeKind.subquery,
  RangeKind.values,
  RangeKind.commonTable,
])

interface Field {
  readonly name: string
  readonly value: Expression
}

/** Turns a FuncExpr that writes a whole row as JSON into an expression over its columns; undefined for other calls. */
export function buildRowJson(node: TreeNode, builder: ExpressionBuilder): Expression | undefined {
  const form = ROW_FUNCTIONS.get(integerOf(node, 'funcid'))
  const [argument, ...more] = listOf(node, 'args') as readonly TreeNode[]
  if (form === undefined || argument === undefined || more.length > 0) return undefined
  return form === 'json' ? rowAsJson(argument, builder) : rowAsJsonb(argument, builder)
}

/** Gives a whole row as jsonb; undefined for what is none. */
export function rowAsJsonb(node: TreeNode, builder: ExpressionBuilder): Expression | undefined {
  const fields = fieldsOf(node, builder)
  if (fields === undefined || fields.length > MOST_COLUMNS) return undefined
  const parts = fields.flatMap(({ name, value }) => [textConstant(name), value])
  return call(JSONB_BUILD_OBJECT, parts, OID.jsonb, builder)
}

/** json keeps how it was written, and json_build_object writes spaces that a row has not: so it is put together as text. */
function rowAsJson(node: TreeNode, builder: ExpressionBuilder): Expression | undefined {
  const fields = fieldsOf(node, builder)
  if (fields === undefined) return undefined
  const parts = fields.flatMap(({ name, value }, position) => [
    textConstant(`${position === 0 ? '{' : ','}${quoteJson(name)}:`),
    jsonText(value, builder),
  ])
  const text = concatenation([...parts, textConstant('}')], builder)
  return { kind: 'io-cast', argument: text, implicit: false, type: sqlType(OID.json) }
}

function jsonText(value: Expression, builder: ExpressionBuilder): Expression {
  const type = sqlType(OID.text)
  const json = call(TO_JSON, [value], OID.json, builder)
  const text: Expression = { kind: 'io-cast', argument: json, implicit: false, type }
  return { kind: 'coalesce', arguments: [text, textConstant('null')], type }
}

/** Halves on both sides keep the tree of a wide row shallow. */
function concatenation(parts: readonly Expression[], builder: ExpressionBuilder): Expression {
  const [only] = parts
  if (only !== undefined && parts.length === 1) return only
  const half = parts.length >> 1
  const sides = [parts.slice(0, half), parts.slice(half)].map((side) =>
    concatenation(side, builder),
  )
  return { ...call(TEXTCAT, sides, OID.text, builder), form: 'operator', operator: '||' }
}

/** The columns of a whole-row reference under the names the row has; undefined where the row may be NULL or is named otherwise. */
function fieldsOf(node: TreeNode, builder: ExpressionBuilder): readonly Field[] | undefined {
  if (node.tag !== 'VAR' || integerOf(node, 'varattno') !== 0) return undefined
  if (integersOf(node, 'varnullingrels').length > 0) return undefined
  const scope = builder.scope.up(integerOf(node, 'varlevelsup'))
  const index = integerOf(node, 'varno')
  const entry = scope.entry(index)
  if (!PLAIN_ITEMS.has(integerOf(entry, 'rtekind'))) return undefined
  // The row type of a table has its own names, whatever the alias calls its columns.
  const alias = optionalNode(entry, 'alias')
  const isRenamed = alias !== undefined && listOf(alias, 'colnames').length > 0
  if (isRenamed && integerOf(node, 'vartype') !== RECORD) return undefined
  const names = listOf(nodeOf(entry, 'eref'), 'colnames').map(String)
  if (names.length === 0) return undefined
  return names.map((name, position) => ({
    name,
    value: buildColumnOf(scope, index, position + 1, builder),
  }))
}

function call(
  oid: number,
  parts: readonly Expression[],
  type: number,
  builder: ExpressionBuilder,
): CallExpression {
  return {
    kind: 'call',
    function: builder.context.facts.procedure(oid).reference,
    arguments: parts,
    type: sqlType(type),
    collation: 'binary',
    form: 'function',
  }
}

function textConstant(value: string): Expression {
  return { kind: 'constant', value, type: sqlType(OID.text) }
}
