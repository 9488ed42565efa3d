/** What DuckDB does exactly as PostgreSQL. Everything not listed is refused with the reason that EXPLAIN shows. */
import type { ColumnId, Expression, CallExpression } from '../../expressions/expression.js'
import type { ColumnDefinition, SourceDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { conjunctsOf, somePart } from '../../planner/expression-traversal.js'
import { columnIdsOf, columnsOf } from '../../planner/logical-plan.js'
import type {
  AggregateCall,
  JoinNode,
  LogicalPlan,
  TableFunctionNode,
} from '../../planner/logical-plan.js'
import { shippedColumnsOf } from '../../planner/shipped-rows.js'
import { expressionsOf } from '../../planner/plan-traversal.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import { scansOf } from '../../planner/walk-plans.js'
import { OID } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { comparisonOperator } from './comparisons.js'
import { hasRoom, hasRoomForSum } from './decimal-arithmetic.js'
import { duckdbTypeOf, duckdbTypeOfName } from './duckdb-types.js'
import { FUNCTIONS, UNIT_FUNCTIONS } from './functions.js'

const none = (reason: string): Judgement => ({ support: 'none', reason })

/** Types whose comparison, grouping and sorting agree: texts by bytes, NaN above all numbers, infinities at the ends. */
const KEYS = new Set<number>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.float4,
  OID.float8,
  OID.text,
  OID.varchar,
  OID.bytea,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
  OID.uuid,
])

/** Types that CASE and COALESCE leave as they are. */
const SAME_LOOK = new Set<number>([...KEYS].filter((oid) => oid !== OID.numeric))

const ELEMENTS: Readonly<Record<number, number>> = {
  [OID.boolArray]: OID.bool,
  [OID.float4Array]: OID.float4,
  [OID.float8Array]: OID.float8,
  [OID.int2Array]: OID.int2,
  [OID.int4Array]: OID.int4,
  [OID.int8Array]: OID.int8,
  [OID.textArray]: OID.text,
  [OID.varcharArray]: OID.text,
  [OID.dateArray]: OID.date,
  [OID.timestampArray]: OID.timestamp,
  [OID.timestamptzArray]: OID.timestamptz,
  [OID.uuidArray]: OID.uuid,
}

/** Arrays whose elements DuckDB takes from a list of strings as PostgreSQL prints them. */
const SENT_IN_ROWS = new Set<number>([
  ...[OID.boolArray, OID.int2Array, OID.int4Array, OID.int8Array, OID.numericArray],
  ...[OID.float4Array, OID.float8Array, OID.textArray, OID.varcharArray],
  ...[OID.dateArray, OID.timestampArray, OID.timestamptzArray, OID.uuidArray],
])

/** Judges an expression over columns of a fragment. */
export function judgeExpression(
  expression: Expression,
  use: 'filter' | 'value' | 'sort',
): Judgement {
  if (use === 'sort' && !KEYS.has(expression.type.oid)) {
    return none('DuckDB does not sort this type as PostgreSQL does')
  }
  return judge(expression)
}

function judge(expression: Expression): Judgement {
  if (expression.kind === 'column') return EXACT
  if (isWithoutColumns(expression)) {
    if (expression.kind === 'constant' && expression.value === null) return EXACT
    if (!KEYS.has(expression.type.oid)) return none('Values of this type are not sent to DuckDB')
    if (expression.kind === 'constant' && expression.type.oid === OID.numeric) {
      return /^-?(?=[\d.]{1,38}$)\d+(\.\d+)?$/.test(expression.value ?? '')
        ? EXACT
        : none('The number does not fit into a DECIMAL of DuckDB')
    }
    return EXACT
  }
  switch (expression.kind) {
    case 'and':
    case 'or':
      return all(expression.arguments)
    case 'not':
    case 'is-null':
    case 'boolean-test':
      return exactly(judge(expression.argument))
    case 'relabel':
      return expression.type.oid === OID.text || expression.type.oid === OID.varchar
        ? judge(expression.argument)
        : none('A cast to a type that DuckDB does not have')
    case 'distinct':
      return comparison(expression.equality.name, expression.arguments, expression.collation)
    case 'array-comparison':
      return judgeList(expression)
    case 'case':
      if (!SAME_LOOK.has(expression.type.oid)) {
        return none('The result of CASE may get other digits behind the point in DuckDB')
      }
      return exactly(
        all([...expression.branches.flatMap((b) => [b.condition, b.result]), expression.otherwise]),
      )
    case 'coalesce':
      if (!SAME_LOOK.has(expression.type.oid)) {
        return none('The result of COALESCE may get other digits behind the point in DuckDB')
      }
      return exactly(all(expression.arguments))
    case 'call':
      return judgeCall(expression)
    default:
      return none(`DuckDB has no exact equal of this expression (${expression.kind})`)
  }
}

/** A list is printed as a subquery. Of an outer join's condition DuckDB takes one only where it filters the side that NULLs stand in for. */
function hasListsOnInnerSide(node: JoinNode): boolean {
  if (node.joinType !== 'left' && node.joinType !== 'right' && node.joinType !== 'full') return true
  const inner =
    node.joinType === 'full'
      ? undefined
      : columnIdsOf(node.joinType === 'left' ? node.right : node.left)
  return conjunctsOf(node.condition).every(
    (conjunct) =>
      !somePart(conjunct, (part) => part.kind === 'array-comparison') ||
      (inner !== undefined &&
        usedColumnsOf(conjunct).size > 0 &&
        [...usedColumnsOf(conjunct)].every((id) => inner.has(id))),
  )
}

function judgeCall(call: CallExpression): Judgement {
  const { function: fn, arguments: list } = call
  if (fn.schema !== 'pg_catalog') return none(`Function ${fn.name} does not exist in DuckDB`)
  if (comparisonOperator(fn.name) !== undefined) return comparison(fn.name, list, call.collation)
  if (!(fn.signature in FUNCTIONS)) {
    if (fn.name.startsWith('textregex') || fn.name.startsWith('regexp')) {
      return none('Regular expressions follow another grammar in DuckDB')
    }
    if (['lower', 'upper', 'initcap'].includes(fn.name)) {
      return none('Upper and lower case follow other tables in DuckDB')
    }
    return none(`Function ${fn.name} is not known to mean the same in DuckDB`)
  }
  const units = UNIT_FUNCTIONS[fn.signature]
  const [first, second] = list
  if (units) {
    return first?.kind === 'constant' && units.has(first.value ?? '') && second
      ? exactly(judge(second))
      : none('DuckDB does not compute this unit as PostgreSQL does')
  }
  if (/^(int\ddiv|int\dmod|mod)$/.test(fn.name)) {
    const isSafe =
      second?.kind === 'constant' && second.value !== null && !['0', '-1'].includes(second.value)
    return isSafe && first
      ? exactly(judge(first))
      : none('Division by zero is NULL in DuckDB and an error in PostgreSQL')
  }
  if (fn.name === 'textlike' || fn.name === 'textnlike') return judgeLike(call, first, second)
  if (fn.name === 'replace') {
    return second?.kind === 'constant' && second.value !== ''
      ? exactly(all(list))
      : none('The text to replace must be known')
  }
  if (fn.name.startsWith('numeric_')) {
    if (!hasRoom(call)) {
      return none('The digits of the result are not expected to fit into a DECIMAL of DuckDB')
    }
  }
  return exactly(all(list))
}

function judgeLike(
  call: CallExpression,
  subject: Expression | undefined,
  pattern: Expression | undefined,
): Judgement {
  if (call.collation !== 'binary')
    return none(`DuckDB does not have the collation ${call.collation}`)
  if (!subject || !pattern || !isWithoutColumns(pattern)) return none('The pattern must be known')
  const inner = exactly(judge(subject))
  if (inner.support !== 'exact' || pattern.kind === 'constant') {
    const slashes = /\\*$/.exec(pattern.kind === 'constant' ? (pattern.value ?? '') : '')![0].length
    return slashes % 2 === 0 ? inner : none('The pattern ends with an escape character')
  }
  return {
    support: 'superset',
    reason: 'A pattern known only later may end with an escape character',
  }
}

function comparison(name: string, operands: readonly Expression[], collation: string): Judgement {
  if (comparisonOperator(name) === undefined) {
    return none(`Operator ${name} is not known to mean the same in DuckDB`)
  }
  if (collation !== 'binary' && name.startsWith('text')) {
    return none(`DuckDB does not have the collation ${collation}`)
  }
  if (name.startsWith('numeric') && !shareDecimal(operands)) {
    return none('The digits of both sides do not fit into one DECIMAL of DuckDB')
  }
  const odd = operands.find((operand) => !KEYS.has(operand.type.oid))
  return odd ? none('DuckDB does not compare this type as PostgreSQL does') : exactly(all(operands))
}

/** DuckDB casts both sides to one DECIMAL that holds the digits of either, and fails when 38 are too few. */
function shareDecimal(operands: readonly Expression[]): boolean {
  const shapes = operands.map((operand) => decimalShape(operand)).filter((s) => s !== undefined)
  const whole = Math.max(0, ...shapes.map((shape) => shape.whole))
  const scale = Math.max(0, ...shapes.map((shape) => shape.scale))
  return fitsDecimal({ whole, scale }, { precision: 38, scale: 38 })
}

function judgeList(expression: Extract<Expression, { kind: 'array-comparison' }>): Judgement {
  const { left, right, quantifier, operator } = expression
  const isList =
    (quantifier === 'any' && operator === '=') || (quantifier === 'all' && operator === '<>')
  if (!isList) return none('Only = ANY and <> ALL are sent to DuckDB')
  const element = ELEMENTS[right.type.oid]
  if (!isWithoutColumns(right) || element === undefined) {
    return none('A list of this type is not sent to DuckDB')
  }
  return comparison(expression.function.name, [left], expression.collation)
}

function all(list: readonly Expression[]): Judgement {
  let result: Judgement = EXACT
  for (const expression of list) {
    const judgement = judge(expression)
    if (judgement.support === 'none') return judgement
    if (judgement.support === 'superset') result = judgement
  }
  return result
}

function exactly(judgement: Judgement): Judgement {
  return judgement.support === 'superset' ? none(judgement.reason) : judgement
}

/** Judges a node whose inputs are in the fragment. */
export function judgeNode(node: LogicalPlan, source: SourceDefinition): Judgement {
  const odd = oddColumn(node, source)
  if (odd) return odd
  switch (node.kind) {
    case 'scan':
    case 'view':
    case 'filter':
    case 'project':
      return EXACT
    case 'join':
      if (node.lateral) return none('LATERAL is not sent to DuckDB')
      if (node.nullAware === true) return none('NOT IN with NULLs is not sent to DuckDB')
      if (node.atMostOne === true) return none('The check for one row at most is done here')
      if (node.joinType === 'mark') return none('The three-valued mark is not sent to DuckDB')
      if (node.joinType === 'full' && conjunctsOf(node.condition).length === 0) {
        return none('FULL JOIN without a condition is not sent to DuckDB')
      }
      if (!hasListsOnInnerSide(node)) {
        return none(
          'DuckDB takes no list in ON of an outer join, but for columns of its inner side',
        )
      }
      return EXACT
    case 'aggregate':
      if (node.groupingSets) return none('Grouping sets are not sent to DuckDB')
      for (const { expression } of node.groups) {
        const isPadded = expression.kind === 'column' && expression.type.oid === OID.bpchar
        const key = isPadded ? EXACT : judgeKey(expression)
        if (key.support !== 'exact') return key
      }
      for (const call of node.aggregates) {
        const judgement = judgeAggregate(call)
        if (judgement.support !== 'exact') return judgement
      }
      return EXACT
    case 'distinct':
      for (const column of columnsOf(node)) {
        const key = judgeKey({ kind: 'column', ...column })
        if (key.support !== 'exact') return key
      }
      return EXACT
    case 'sort': {
      const collated = node.keys.find((key) => key.collation !== 'binary')
      return collated ? none(`DuckDB does not have the collation ${collated.collation}`) : EXACT
    }
    case 'limit':
      if (node.withTies) return none('DuckDB has no WITH TIES')
      for (const count of [node.limit, node.offset]) {
        if (count && (count.kind !== 'constant' || count.value === null)) {
          return none('Only a limit that is a number is sent to DuckDB')
        }
      }
      return EXACT
    case 'set-operation':
      return judgeSetOperation(node)
    case 'table-function':
      return judgeShippedRows(node)
    case 'values':
    case 'project-set':
    case 'window':
    case 'distinct-on':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'opaque-query':
      return none(`${node.kind} is not sent to DuckDB`)
  }
}

/** Rows of other sources, whose types must be ones that a list of DuckDB holds. */
function judgeShippedRows(node: TableFunctionNode): Judgement {
  const columns = shippedColumnsOf(node)
  if (columns === undefined) return none('Functions in FROM are not sent to DuckDB')
  const odd = columns.find(({ values }) => !SENT_IN_ROWS.has(values.type.oid) || duckdbTypeOf(values.type) === undefined) // prettier-ignore
  return odd === undefined
    ? EXACT
    : none(`Column ${odd.column.name} is of a type that is not sent to DuckDB in rows`)
}

function judgeKey(expression: Expression): Judgement {
  const { oid } = expression.type
  if (oid === OID.float4 || oid === OID.float8) {
    return none('Which of 0 and -0 stands for a group is not said')
  }
  return KEYS.has(oid) ? EXACT : none('DuckDB does not group this type as PostgreSQL does')
}

function judgeAggregate(call: AggregateCall): Judgement {
  const { function: fn } = call
  if (call.form !== 'normal' || call.orderBy.length > 0) {
    return none(`Aggregate ${fn.name} with an order is not sent to DuckDB`)
  }
  if (call.star) return EXACT
  const argument = call.arguments[0]
  if (!argument || call.arguments.length > 1) {
    return none(`Aggregate ${fn.name} is not known to mean the same in DuckDB`)
  }
  const { oid } = argument.type
  if (call.distinct) {
    const key = judgeKey(argument)
    if (key.support !== 'exact') return key
  }
  switch (fn.name) {
    case 'count':
      return EXACT
    case 'min':
    case 'max':
      return KEYS.has(oid) && oid !== OID.bool && oid !== OID.uuid && call.collation === 'binary'
        ? EXACT
        : none('DuckDB does not order this type as PostgreSQL does')
    case 'sum': {
      if (oid === OID.int2 || oid === OID.int4 || oid === OID.int8) return EXACT
      if (oid === OID.float4 || oid === OID.float8) {
        return none('The sum of floating-point numbers depends on their order')
      }
      return oid === OID.numeric && hasRoomForSum(argument)
        ? EXACT
        : none('The sum may need more digits than the 38 of DuckDB')
    }
    case 'bool_and':
    case 'every':
    case 'bool_or':
      return EXACT
    case 'avg':
      return none('An average is a floating-point number in DuckDB')
    default:
      return none(`Aggregate ${fn.name} is not known to mean the same in DuckDB`)
  }
}

function judgeSetOperation(node: Extract<LogicalPlan, { kind: 'set-operation' }>): Judgement {
  const [left, right] = [columnsOf(node.left), columnsOf(node.right)]
  for (let i = 0; i < left.length; i++) {
    const a = left[i]!.type
    if (a.oid === OID.numeric && (a.typmod < 0 || a.typmod !== right[i]!.type.typmod)) {
      return none('The digits behind the point would become alike in DuckDB')
    }
    if (duckdbTypeOf(a)?.endsWith('[]') === true) {
      return none('A list is text in CSV and a list in other files')
    }
    if (!(node.operation === 'union' && node.all)) {
      const key = judgeKey({ kind: 'column', ...left[i]! })
      if (key.support !== 'exact') return key
    }
  }
  return EXACT
}

/** Columns that DuckDB reads as text, though the catalog calls them something else, may be read but not computed with. */
function oddColumn(node: LogicalPlan, source: SourceDefinition): Judgement | undefined {
  const definitionOf = (id: ColumnId): ColumnDefinition | undefined => {
    const scan = scansOf(node).find((candidate) => columnIdsOf(candidate).has(id))
    if (scan === undefined) return undefined
    const name = scan.tableColumns[scan.columns.findIndex((column) => column.id === id)]
    return locateTable(source, scan)?.table.columns.find((column) => column.name === name)
  }
  const passedOn = new Set<Expression>(
    node.kind === 'project' ? node.expressions.map((item) => item.expression) : [],
  )
  for (const expression of expressionsOf(node)) {
    if (expression.kind === 'column' && passedOn.has(expression)) continue
    let odd: ColumnDefinition | undefined
    somePart(expression, (part) => {
      const column = part.kind === 'column' ? definitionOf(part.id) : undefined
      if (column && duckdbTypeOfName(column.type) === undefined) odd = column
      return odd !== undefined
    })
    if (odd) return none(`Column ${odd.name} of type ${odd.type} has no equal type in DuckDB`)
  }
  return undefined
}
