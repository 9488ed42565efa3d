/**
 * Takes the outer columns out of a plan that is correlated: its predicates on them are lifted to where they can become
 * a join's condition. What this cannot do stays correlated and is run row by row (apply).
 *
 * The count bug [1]: an aggregate without groups has a row even where nothing matches, and count is 0 there, not NULL. Such
 * a plan is grouped by its side of the lifted equalities and LEFT joined; its outputs are then computed above that join
 * (`coalesce(count, 0)`), so that expressions over NULL-extended aggregates come out as over none. [1] in docs/references.md: Ganski and
 * Wong, "Optimization of nested SQL queries revisited", 1987.
 */
import type { Column, ColumnId, Expression } from '../expressions/expression.js'
import { OID, sqlType } from '../types/sql-type.js'
import { columnReference, conjunction, conjunctsOf, mapList } from './expression-traversal.js'
import {
  asEquality,
  isEqualityFunction,
  isVolatile,
  usesAny,
  usesOnly,
} from './expression-properties.js'
import { int4Equals, int8Above, int8AtMost, ROW_NUMBER } from './known-functions.js'
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type {
  AggregateCall,
  AggregateNode,
  JoinNode,
  LimitNode,
  LogicalPlan,
  ProjectedColumn,
  SortKey,
  ValuesNode,
} from './logical-plan.js'
import { expressionsOf } from './plan-traversal.js'
import { freeColumnsOf, substituteColumns, usedColumnsOf } from './used-columns.js'
import type { ColumnIds } from './column-ids.js'
import { addFilter } from './rules/push-filter.js'

/** A correlated plan in parts. For an outer row its rows are those of `plan` that meet `conditions`. */
export interface Decorrelated {
  /** Free of the outer columns. */
  readonly plan: LogicalPlan
  /** Over columns of `plan` and outer columns. */
  readonly conditions: readonly Expression[]
  /** Output columns to compute above the join, from columns of `plan` and outer columns. All others are columns of `plan`. */
  readonly values: ReadonlyMap<ColumnId, Expression>
  /** One row for every outer row: at most one matches, and where none does, its columns are NULL and `values` still hold. */
  readonly oneRow: boolean
  /** Of oneRow: conditions on that row, above the join; without them it is always there. */
  readonly filters: readonly Expression[]
}

/** What of the rows matters to whoever reads them. */
export interface RowsWanted {
  /** A row twice is as good as once. */
  readonly duplicates: boolean
  /** Only whether there is a row. */
  readonly existence: boolean
}

const EXACT_ROWS: RowsWanted = { duplicates: false, existence: false }

interface Extraction {
  readonly outer: ReadonlySet<ColumnId>
  readonly ids: ColumnIds
}

/** Lifts the uses of `outer` columns out of a plan; undefined where the algebra ends. */
export function decorrelate(
  plan: LogicalPlan,
  outer: ReadonlySet<ColumnId>,
  wanted: RowsWanted,
  ids: ColumnIds,
): Decorrelated | undefined {
  const found = extract(plan, { outer, ids }, wanted)
  return found === undefined || isCorrelated(found.plan, outer) ? undefined : found
}

/** Tells whether a plan uses any of these columns from outside. */
export function isCorrelated(plan: LogicalPlan, outer: ReadonlySet<ColumnId>): boolean {
  for (const id of freeColumnsOf(plan)) if (outer.has(id)) return true
  return false
}

const NO_VALUES: ReadonlyMap<ColumnId, Expression> = new Map()

function rows(
  plan: LogicalPlan,
  conditions: readonly Expression[],
  values: ReadonlyMap<ColumnId, Expression> = NO_VALUES,
): Decorrelated {
  return { plan, conditions, values, oneRow: false, filters: [] }
}

function extract(node: LogicalPlan, at: Extraction, wanted: RowsWanted): Decorrelated | undefined {
  if (!isCorrelated(node, at.outer)) return rows(node, [])
  if (expressionsOf(node).some(isVolatile)) return undefined
  switch (node.kind) {
    case 'filter': {
      const inner = extract(node.input, at, { ...wanted, existence: false })
      if (inner === undefined) return undefined
      const conjuncts = conjunctsOf(substituteColumns(node.condition, inner.values))
      if (inner.oneRow) return { ...inner, filters: [...inner.filters, ...conjuncts] }
      const lifted = conjuncts.filter((conjunct) => usesAny(conjunct, at.outer))
      const kept = conjuncts.filter((conjunct) => !lifted.includes(conjunct))
      const plan = addFilter(inner.plan, kept)
      return { ...inner, plan, conditions: [...inner.conditions, ...lifted] }
    }
    case 'project':
      return extractProject(node, at, wanted)
    case 'project-set': {
      const inner = extract(node.input, at, EXACT_ROWS)
      if (inner === undefined || inner.oneRow || inner.values.size > 0) return undefined
      if (node.expressions.some((item) => usesAny(item.expression, at.outer))) return undefined
      const expressions = withPassed(node.expressions, inner.plan, inner.conditions)
      return rows({ ...node, input: inner.plan, expressions }, inner.conditions)
    }
    case 'join':
      return extractJoin(node, at, wanted)
    case 'aggregate':
      return extractAggregate(node, at)
    case 'distinct': {
      const inner = extract(node.input, at, { ...wanted, duplicates: true })
      if (inner === undefined || inner.oneRow || wanted.duplicates) return inner
      if (inner.values.size > 0) return undefined
      const keyed = keyConditions(inner, at)
      if (keyed === undefined) return undefined
      const passed = columnsOf(node).map(passedColumn)
      const expressions = [...passed, ...keyed.keys.filter((key) => !hasColumn(passed, key.column))]
      const input: LogicalPlan = { kind: 'project', input: inner.plan, expressions }
      return rows({ kind: 'distinct', input }, keyed.conditions)
    }
    case 'sort': {
      const inner = extract(node.input, at, wanted)
      if (inner === undefined || inner.oneRow || wanted.duplicates) return inner
      const keys = localKeys(node.keys, inner, at)
      if (keys === undefined) return undefined
      if (keys.length === 0) return inner
      return { ...inner, plan: { kind: 'sort', input: inner.plan, keys } }
    }
    case 'limit':
      return extractLimit(node, at, wanted)
    case 'window': {
      const inner = extract(node.input, at, EXACT_ROWS)
      if (inner === undefined || inner.oneRow) return undefined
      const own = expressionsOf(node)
      if (usesAnyOf(own, at.outer) || usesAnyOf(own, inner.values)) return undefined
      const keyed = keyConditions(inner, at)
      if (keyed === undefined) return undefined
      const partitionBy = [...keyed.keys.map((key) => key.expression), ...node.partitionBy]
      return { ...inner, plan: { ...node, input: inner.plan, partitionBy } }
    }
    case 'values':
      return extractValues(node, at)
    default:
      return undefined
  }
}

function extractProject(
  node: Extract<LogicalPlan, { kind: 'project' }>,
  at: Extraction,
  wanted: RowsWanted,
): Decorrelated | undefined {
  const inner = extract(node.input, at, wanted)
  if (inner === undefined) return undefined
  const computed = node.expressions.map(({ column, expression }) => ({
    column,
    expression: substituteColumns(expression, inner.values),
  }))
  if (inner.oneRow) {
    return { ...inner, values: new Map(computed.map((item) => [item.column.id, item.expression])) }
  }
  const local = computed.filter((item) => !usesAny(item.expression, at.outer))
  const values = new Map(
    computed
      .filter((item) => !local.includes(item))
      .map((item) => [item.column.id, item.expression]),
  )
  const needed = [...inner.conditions, ...values.values()]
  const expressions = withPassed(local, inner.plan, needed)
  return rows({ kind: 'project', input: inner.plan, expressions }, inner.conditions, values)
}

/** Adds the columns of `input` that `needed` uses. */
function withPassed(
  expressions: readonly ProjectedColumn[],
  input: LogicalPlan,
  needed: readonly Expression[],
): ProjectedColumn[] {
  const used = usedColumnsOf(...needed)
  const passed = columnsOf(input)
    .filter((column) => used.has(column.id) && !hasColumn(expressions, column))
    .map(passedColumn)
  return [...expressions, ...passed]
}

function passedColumn(column: Column): ProjectedColumn {
  return { column, expression: columnReference(column) }
}

function hasColumn(expressions: readonly ProjectedColumn[], column: Column): boolean {
  return expressions.some((item) => item.column.id === column.id)
}

function usesAnyOf(
  expressions: readonly Expression[],
  ids: ReadonlySet<ColumnId> | ReadonlyMap<ColumnId, unknown>,
): boolean {
  for (const id of usedColumnsOf(...expressions)) if (ids.has(id)) return true
  return false
}

function extractJoin(node: JoinNode, at: Extraction, wanted: RowsWanted): Decorrelated | undefined {
  const { joinType } = node
  if (node.lateral || joinType === 'right' || joinType === 'full') return undefined
  // Where copies do not matter, a semi join is an inner join.
  const asInner = joinType === 'inner' || (joinType === 'semi' && wanted.duplicates)
  const left = asRows(extract(node.left, at, { ...wanted, existence: false }))
  if (left === undefined) return undefined
  if (!asInner) {
    if (isCorrelated(node.right, at.outer)) return undefined
    const own = expressionsOf(node)
    if (usesAnyOf(own, at.outer) || usesAnyOf(own, left.values)) return undefined
    return { ...left, plan: { ...node, left: left.plan } }
  }
  const right = asRows(extract(node.right, at, { ...wanted, existence: false }))
  if (right === undefined) return undefined
  const values = new Map([...left.values, ...right.values])
  const conjuncts = conjunctsOf(node.condition).map((c) => substituteColumns(c, values))
  const lifted = conjuncts.filter((conjunct) => usesAny(conjunct, at.outer))
  const plan: LogicalPlan = {
    kind: 'join',
    joinType: 'inner',
    left: left.plan,
    right: right.plan,
    condition: conjunction(conjuncts.filter((conjunct) => !lifted.includes(conjunct))),
    lateral: false,
  }
  return rows(plan, [...left.conditions, ...right.conditions, ...lifted], values)
}

/** A row of outer values alone is a row like any other; what was grouped is not, it may be missing. */
function asRows(inner: Decorrelated | undefined): Decorrelated | undefined {
  if (inner === undefined || !inner.oneRow) return inner
  if (inner.plan.kind !== 'values') return undefined
  return rows(inner.plan, inner.filters, inner.values)
}

interface Keyed {
  /** The plan's side of each equality, under a column. */
  readonly keys: readonly ProjectedColumn[]
  /** The equalities over those columns. */
  readonly conditions: readonly Expression[]
}

/** Reads lifted conditions as equalities between something of the plan and something of the outer row. */
function keyConditions(inner: Decorrelated, at: Extraction): Keyed | undefined {
  const local = columnIdsOf(inner.plan)
  const keys: ProjectedColumn[] = []
  const conditions: Expression[] = []
  if (inner.conditions.length === 0) return undefined
  for (const condition of inner.conditions) {
    const sides = equatedBy(condition)
    if (sides === undefined) return undefined
    const [a, b] = sides
    const mine = (e: Expression) => usedColumnsOf(e).size > 0 && usesOnly(e, local)
    const theirs = (e: Expression) => !usesAny(e, local)
    const side = mine(a) && theirs(b) ? 0 : mine(b) && theirs(a) ? 1 : undefined
    if (side === undefined) return undefined
    const expression = sides[side]
    const column: Column =
      expression.kind === 'column'
        ? { id: expression.id, name: expression.name, type: expression.type }
        : { id: at.ids.next(), name: 'key', type: expression.type }
    if (!hasColumn(keys, column)) keys.push({ column, expression })
    const reference = columnReference(column)
    conditions.push(withSides(condition, side === 0 ? [reference, b] : [a, reference]))
  }
  return { keys, conditions }
}

type Sides = readonly [Expression, Expression]

/** The two sides of a = b, and of a IS NOT DISTINCT FROM b: NULLs are one group, too. */
function equatedBy(condition: Expression): Sides | undefined {
  if (condition.kind === 'not' && condition.argument.kind === 'distinct') {
    const { equality, arguments: sides } = condition.argument
    return isEqualityFunction(equality) ? sides : undefined
  }
  return asEquality(condition)?.arguments
}

function withSides(condition: Expression, sides: Sides): Expression {
  if (condition.kind === 'not' && condition.argument.kind === 'distinct') {
    return { ...condition, argument: { ...condition.argument, arguments: sides } }
  }
  return condition.kind === 'call' ? { ...condition, arguments: sides } : condition
}

const ZERO_OF_NOTHING = new Set(['count', 'regr_count'])

function extractAggregate(node: AggregateNode, at: Extraction): Decorrelated | undefined {
  if (node.groupingSets !== undefined || (node.groupingCalls ?? []).length > 0) return undefined
  const inner = extract(node.input, at, EXACT_ROWS)
  if (inner === undefined || inner.oneRow) return undefined
  const own = expressionsOf(node)
  if (usesAnyOf(own, at.outer) || usesAnyOf(own, inner.values)) return undefined
  const keyed = keyConditions(inner, at)
  if (keyed === undefined) return undefined
  // The keys get ids of their own: a group may show the same column under its own id.
  const renamed = new Map<ColumnId, Expression>()
  const keys = keyed.keys.map(({ column, expression }) => {
    const own = { ...column, id: at.ids.next() }
    renamed.set(column.id, columnReference(own))
    return { column: own, expression }
  })
  const conditions = keyed.conditions.map((condition) => substituteColumns(condition, renamed))
  const groups = [...node.groups, ...keys]
  const plan: LogicalPlan = { ...node, input: inner.plan, groups }
  if (node.groups.length > 0) return rows(plan, conditions)
  if (!node.aggregates.every(hasKnownResultOfNothing)) return undefined
  const values = new Map<ColumnId, Expression>()
  for (const call of node.aggregates) {
    if (!ZERO_OF_NOTHING.has(call.function.name)) continue
    const zero: Expression = { kind: 'constant', value: '0', type: sqlType(OID.int8) }
    values.set(call.column.id, {
      kind: 'coalesce',
      arguments: [columnReference(call.column), zero],
      type: call.column.type,
    })
  }
  return { plan, conditions, values, oneRow: true, filters: [] }
}

/** PostgreSQL's own aggregates over no rows are NULL, but for counts. */
function hasKnownResultOfNothing(call: AggregateCall): boolean {
  return call.function.schema === 'pg_catalog' && call.form !== 'hypothetical-set'
}

function localKeys(
  keys: readonly SortKey[],
  inner: Decorrelated,
  at: Extraction,
): readonly SortKey[] | undefined {
  const local = columnIdsOf(inner.plan)
  const mapped = mapList(keys, (key) => ({
    ...key,
    expression: substituteColumns(key.expression, inner.values),
  }))
  // A key of outer columns alone is the same for all rows of one outer row.
  const varying = mapped.filter((key) => usesAny(key.expression, local))
  if (varying.some((key) => usesAny(key.expression, at.outer))) return undefined
  return varying
}

/** The first rows for each outer row are those with the lowest row numbers among equal keys. */
function extractLimit(
  node: LimitNode,
  at: Extraction,
  wanted: RowsWanted,
): Decorrelated | undefined {
  if (node.withTies) return undefined
  const limit = constantOf(node.limit)
  const offset = node.offset === undefined ? 0n : constantOf(node.offset)
  if (offset === undefined || (node.limit !== undefined && limit === undefined)) return undefined
  const someLimit = limit ?? 1n
  if (offset === 0n && someLimit >= 1n) {
    if (wanted.existence) return extract(node.input, at, wanted)
    const single = extract(node.input, at, EXACT_ROWS)
    if (single?.oneRow) return single
  }
  const sorted = node.input.kind === 'sort' ? node.input : undefined
  const inner = extract(sorted ? sorted.input : node.input, at, EXACT_ROWS)
  if (inner === undefined || inner.oneRow) return undefined
  const orderBy = localKeys(sorted?.keys ?? [], inner, at)
  const keyed = keyConditions(inner, at)
  if (orderBy === undefined || keyed === undefined) return undefined
  const column: Column = { id: at.ids.next(), name: 'row_number', type: sqlType(OID.int8) }
  const numbered: LogicalPlan = {
    kind: 'window',
    input: inner.plan,
    partitionBy: keyed.keys.map((key) => key.expression),
    orderBy,
    frame: {
      mode: 'range',
      start: { kind: 'unbounded-preceding' },
      end: { kind: 'current-row' },
      exclude: 'no-others',
    },
    calls: [
      {
        column,
        function: ROW_NUMBER,
        arguments: [],
        star: false,
        isAggregate: false,
        collation: 'binary',
      },
    ],
  }
  const number = columnReference(column)
  const bound = (value: bigint): Expression => ({
    kind: 'constant',
    value: String(value),
    type: column.type,
  })
  const filters: Expression[] = []
  if (limit !== undefined) filters.push(int8AtMost(number, bound(offset + limit)))
  if (offset > 0n) filters.push(int8Above(number, bound(offset)))
  return { ...inner, plan: addFilter(numbered, filters) }
}

function constantOf(expression: Expression | undefined): bigint | undefined {
  if (expression?.kind !== 'constant' || expression.value === null) return undefined
  const value = BigInt(expression.value)
  return value < 0n || value > 2n ** 62n ? undefined : value
}

/** Rows of outer values: numbered rows, and above the join the value of each by its number. */
function extractValues(node: ValuesNode, at: Extraction): Decorrelated | undefined {
  const values = new Map<ColumnId, Expression>()
  const [only] = node.rows
  if (only === undefined) return undefined
  if (node.rows.length === 1) {
    node.columns.forEach((column, index) => values.set(column.id, only[index]!))
    const plan: LogicalPlan = { kind: 'values', columns: [], rows: [[]] }
    return { plan, conditions: [], values, oneRow: true, filters: [] }
  }
  const type = sqlType(OID.int4)
  const number = (value: number): Expression => ({ kind: 'constant', value: String(value), type })
  const column: Column = { id: at.ids.next(), name: 'row', type }
  node.columns.forEach((produced, index) => {
    const branches = node.rows.slice(0, -1).map((row, position) => ({
      condition: int4Equals(columnReference(column), number(position)),
      result: row[index]!,
    }))
    const otherwise = node.rows.at(-1)![index]!
    values.set(produced.id, { kind: 'case', branches, otherwise, type: produced.type })
  })
  const plan: LogicalPlan = {
    kind: 'values',
    columns: [column],
    rows: node.rows.map((_, position) => [number(position)]),
  }
  return rows(plan, [], values)
}
