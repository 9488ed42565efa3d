/**
 * What declared keys say about the rows of a plan: which sets of columns no two rows share, and which columns are never
 * NULL. Built upon by rules that drop joins, DISTINCT and grouping. Only keys of tables with `rely: true` count.
 */
import type { TableDefinition } from '../catalog/catalog.js'
import type { ColumnId, Expression } from '../expressions/expression.js'
import { conjunctsOf } from './expression-traversal.js'
import { asEquality, isEqualityFunction, isRowIndependent, rejectsNulls, usesAny, usesOnly } from './expression-properties.js' // prettier-ignore
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type { JoinNode, LogicalPlan, ScanNode } from './logical-plan.js'
import { hasAtMostOneRow } from './estimates/row-bounds.js'

/** A set of columns that two rows never share. */
export interface RowKey {
  readonly columns: ReadonlySet<ColumnId>
  /** false: rows with a NULL in it may be alike, as SQL's UNIQUE allows. */
  readonly nullsToo: boolean
}

/** Finds the definition of a scan's table; one function for each catalog, as what it says is remembered. */
export type TableOf = (scan: ScanNode) => TableDefinition | undefined

/** No plan needs more to be known of it; products of keys would grow without end. */
const MOST_KEYS = 8

/** The keys of a plan; the empty set is one where there is at most one row. */
export function keysOf(plan: LogicalPlan, tableOf: TableOf): readonly RowKey[] {
  let known = keysFound.get(tableOf)
  if (known === undefined) {
    known = new WeakMap()
    keysFound.set(tableOf, known)
  }
  let keys = known.get(plan)
  if (keys === undefined) {
    keys = hasAtMostOneRow(plan)
      ? [{ columns: new Set(), nullsToo: true }]
      : findKeys(plan, tableOf).slice(0, MOST_KEYS)
    known.set(plan, keys)
  }
  return keys
}

/** By what finds tables, then by plan: a join asks for the keys of its sides more than once, and so does each join above it. */
const keysFound = new WeakMap<TableOf, WeakMap<LogicalPlan, readonly RowKey[]>>()

/** Tells whether no two rows of a plan agree in all of these columns, NULL being like NULL. */
export function hasDistinctRowsIn(
  plan: LogicalPlan,
  columns: ReadonlySet<ColumnId>,
  tableOf: TableOf,
): boolean {
  return keysOf(plan, tableOf).some((key) => key.nullsToo && isSubset(key.columns, columns))
}

/** Tells whether a plan can never have a second row, by its shape or since a declared key finds it: `WHERE id = 7`. */
export function hasNoSecondRow(plan: LogicalPlan, tableOf: TableOf): boolean {
  return hasDistinctRowsIn(plan, NO_COLUMNS, tableOf)
}

const NO_COLUMNS: ReadonlySet<ColumnId> = new Set()

function isSubset(part: ReadonlySet<ColumnId>, whole: ReadonlySet<ColumnId>): boolean {
  for (const id of part) if (!whole.has(id)) return false
  return true
}

function findKeys(plan: LogicalPlan, tableOf: TableOf): readonly RowKey[] {
  switch (plan.kind) {
    case 'scan':
      return keysOfScan(plan, tableOf(plan))
    case 'filter': {
      const fixed = fixedColumns(plan.condition)
      return keysOf(plan.input, tableOf).map((key) => ({
        // What equals a constant tells no rows apart (and is not NULL).
        columns: new Set([...key.columns].filter((id) => !fixed.has(id))),
        nullsToo: key.nullsToo || isSubset(key.columns, fixed),
      }))
    }
    case 'sort':
    case 'limit':
    case 'window':
    case 'view':
      return keysOf(plan.input, tableOf)
    case 'distinct':
      return [{ columns: columnIdsOf(plan), nullsToo: true }, ...keysOf(plan.input, tableOf)]
    case 'distinct-on': {
      const on = plan.on.map((expression) => (expression.kind === 'column' ? expression.id : -1))
      const own = on.includes(-1) ? [] : [{ columns: new Set(on), nullsToo: true }]
      return [...own, ...keysOf(plan.input, tableOf)]
    }
    case 'project': {
      const names = new Map<ColumnId, ColumnId>()
      for (const { column, expression } of plan.expressions) {
        const id = passedColumn(expression)
        if (id !== undefined && !names.has(id)) names.set(id, column.id)
      }
      return renamed(keysOf(plan.input, tableOf), names)
    }
    case 'aggregate': {
      if (plan.groupingSets !== undefined) return []
      const groups = { columns: new Set(plan.groups.map((g) => g.column.id)), nullsToo: true }
      const names = new Map<ColumnId, ColumnId>()
      for (const { column, expression } of plan.groups) {
        const id = passedColumn(expression)
        if (id !== undefined) names.set(id, column.id)
      }
      return [groups, ...renamed(keysOf(plan.input, tableOf), names)]
    }
    case 'join':
      return keysOfJoin(plan, tableOf)
    case 'set-operation':
      return plan.all ? [] : [{ columns: columnIdsOf(plan), nullsToo: true }]
    case 'with':
      return keysOf(plan.body, tableOf)
    default:
      return []
  }
}

/** A column, also as another type of the same bytes. */
function passedColumn(expression: Expression): ColumnId | undefined {
  if (expression.kind === 'relabel') return passedColumn(expression.argument)
  return expression.kind === 'column' ? expression.id : undefined
}

function renamed(
  keys: readonly RowKey[],
  names: ReadonlyMap<ColumnId, ColumnId>,
): readonly RowKey[] {
  return keys.flatMap((key) => {
    const columns = [...key.columns].map((id) => names.get(id))
    return columns.every((id) => id !== undefined)
      ? [{ columns: new Set(columns), nullsToo: key.nullsToo }]
      : []
  })
}

function keysOfScan(scan: ScanNode, table: TableDefinition | undefined): readonly RowKey[] {
  if (table === undefined || !table.rely) return []
  const ids = new Map(scan.tableColumns.map((name, index) => [name, scan.columns[index]!.id]))
  const isNotNull = (name: string) =>
    table.primaryKey.includes(name) ||
    (table.columns.find((column) => column.name === name)?.notNull ?? false)
  const keys = [...(table.primaryKey.length > 0 ? [table.primaryKey] : []), ...table.unique]
  return keys.flatMap((names) => {
    const columns = names.map((name) => ids.get(name))
    if (names.length === 0 || columns.includes(undefined)) return []
    return [{ columns: new Set(columns as ColumnId[]), nullsToo: names.every(isNotNull) }]
  })
}

/** Columns that a condition sets equal to something that is the same for every row. */
function fixedColumns(condition: Expression): ReadonlySet<ColumnId> {
  const fixed = new Set<ColumnId>()
  for (const conjunct of conjunctsOf(condition)) {
    const sides = asEquality(conjunct)?.arguments
    if (sides === undefined) continue
    const [a, b] = sides
    const [x, y] = [passedColumn(a), passedColumn(b)]
    if (x !== undefined && isRowIndependent(b)) fixed.add(x)
    if (y !== undefined && isRowIndependent(a)) fixed.add(y)
  }
  return fixed
}

function keysOfJoin(node: JoinNode, tableOf: TableOf): readonly RowKey[] {
  const left = keysOf(node.left, tableOf)
  if (node.joinType === 'semi' || node.joinType === 'anti' || node.joinType === 'mark') return left
  if (node.joinType === 'full') return []
  const right = keysOf(node.right, tableOf)
  const keys: RowKey[] = []
  const isOuter = node.joinType !== 'inner'
  if (node.joinType !== 'right' && matchesAtMostOne(node, 'right', tableOf)) keys.push(...left)
  // The keys of a lateral side are those of its rows for one outer row.
  if (node.joinType !== 'left' && !node.lateral && matchesAtMostOne(node, 'left', tableOf)) {
    keys.push(...right)
  }
  for (const l of left) {
    for (const r of right) {
      const columns = new Set([...l.columns, ...r.columns])
      // The NULLs of an outer join stand beside a row of the other side that has no match: those rows differ.
      const nullsToo = l.nullsToo && r.nullsToo && !(isOuter && columns.size === 0)
      keys.push({ columns, nullsToo })
    }
  }
  return keys
}

/** Tells whether a row of one side meets at most one of the other (`side`), by that side's keys. */
export function matchesAtMostOne(
  node: JoinNode,
  side: 'left' | 'right',
  tableOf: TableOf,
): boolean {
  const plan = node[side]
  const own = columnIdsOf(plan)
  const bound = new Set<ColumnId>()
  for (const conjunct of conjunctsOf(node.condition)) {
    const sides = asEquality(conjunct)?.arguments
    if (sides === undefined) continue
    for (const [a, b] of [sides, [sides[1], sides[0]] as const]) {
      const id = passedColumn(a)
      if (id !== undefined && own.has(id) && !usesAny(b, own)) bound.add(id)
    }
  }
  return keysOf(plan, tableOf).some((key) => isSubset(key.columns, bound))
}

/** Tells whether a column of a plan is never NULL. */
export function isNeverNull(plan: LogicalPlan, id: ColumnId, tableOf: TableOf): boolean {
  const below = (input: LogicalPlan) => isNeverNull(input, id, tableOf)
  const rejects = (condition: Expression | undefined) =>
    conjunctsOf(condition).some((conjunct) => rejectsNulls(conjunct, new Set([id])))
  switch (plan.kind) {
    case 'scan': {
      const index = plan.columns.findIndex((column) => column.id === id)
      const name = plan.tableColumns[index]
      const table = tableOf(plan)
      if (name === undefined || table === undefined) return false
      if (table.rely && table.primaryKey.includes(name)) return true
      return table.columns.find((column) => column.name === name)?.notNull ?? false
    }
    case 'filter':
      return rejects(plan.condition) || below(plan.input)
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'distinct-on':
    case 'view':
    case 'window':
      return columnIdsOf(plan.input).has(id) && below(plan.input)
    case 'project':
    case 'aggregate': {
      if (plan.kind === 'aggregate' && plan.groupingSets !== undefined) return false
      const items = plan.kind === 'project' ? plan.expressions : plan.groups
      const item = items.find(({ column }) => column.id === id)
      const from = item && passedColumn(item.expression)
      return from !== undefined && isNeverNull(plan.input, from, tableOf)
    }
    case 'join': {
      const inLeft = columnIdsOf(plan.left).has(id)
      if (!inLeft && !columnIdsOf(plan.right).has(id)) return false
      const side = inLeft ? plan.left : plan.right
      switch (plan.joinType) {
        case 'inner':
          return rejects(plan.condition) || below(side)
        case 'semi':
          return rejects(plan.condition) || (inLeft && below(side))
        case 'left':
        case 'anti':
        case 'mark':
          return inLeft && below(side)
        case 'right':
          return !inLeft && below(side)
        case 'full':
          return false
      }
      break
    }
    default:
      return false
  }
}

/** Columns of the left side by the columns of the right side that they meet. */
export interface ForeignKeyMatch {
  /** Right column -> the left column that equals it. */
  readonly equals: ReadonlyMap<ColumnId, ColumnId>
  /** Left columns that may be NULL: rows with a NULL there have no match. */
  readonly nullable: readonly ColumnId[]
}

/**
 * Tells whether an inner or semi join follows a foreign key to the whole of the table it references: then every left row
 * without NULL in the key has exactly one match.
 */
export function followsForeignKey(node: JoinNode, tableOf: TableOf): ForeignKeyMatch | undefined {
  if (node.lateral || node.condition === undefined) return undefined
  const target = wholeTable(node.right)
  if (target === undefined) return undefined
  const table = tableOf(target.scan)
  if (table === undefined || !table.rely) return undefined
  const pairs: { left: ColumnId; right: ColumnId; to: string }[] = []
  const leftIds = columnIdsOf(node.left)
  const rightIds = columnIdsOf(node.right)
  for (const conjunct of conjunctsOf(node.condition)) {
    const equality = asEquality(conjunct)
    if (equality === undefined || !isEqualityFunction(equality.function, false)) return undefined
    const [a, b] = equality.arguments
    const [left, right] = usesOnly(a, leftIds) ? [a, b] : [b, a]
    const [l, r] = [passedColumn(left), passedColumn(right)]
    if (l === undefined || r === undefined || !leftIds.has(l) || !rightIds.has(r)) return undefined
    const to = target.names.get(r)
    if (to === undefined) return undefined
    pairs.push({ left: l, right: r, to })
  }
  const origins = pairs.map(({ left }) => originOf(node.left, left))
  const [first] = origins
  if (first === undefined || origins.some((origin) => origin?.scan !== first.scan)) return undefined
  const own = tableOf(first.scan)
  const isDeclared = own?.foreignKeys.some(
    (key) =>
      key.rely &&
      key.references === `${target.scan.source}.${target.scan.table}` &&
      key.columns.length === pairs.length &&
      pairs.every(({ to }, i) => key.columns[key.to.indexOf(to)] === origins[i]?.name),
  )
  if (isDeclared !== true) return undefined
  return {
    equals: new Map(pairs.map(({ left, right }) => [right, left])),
    nullable: pairs.map(({ left }) => left).filter((id) => !isNeverNull(node.left, id, tableOf)),
  }
}

/** All rows of one table, perhaps under other names. */
function wholeTable(
  plan: LogicalPlan,
): { readonly scan: ScanNode; readonly names: ReadonlyMap<ColumnId, string> } | undefined {
  if (plan.kind === 'scan') {
    const names = plan.columns.map((column, i) => [column.id, plan.tableColumns[i]!] as const)
    return { scan: plan, names: new Map(names) }
  }
  if (plan.kind !== 'project') return undefined
  const below = wholeTable(plan.input)
  if (below === undefined) return undefined
  const names = new Map<ColumnId, string>()
  for (const { column, expression } of plan.expressions) {
    const id = passedColumn(expression)
    const name = id === undefined ? undefined : below.names.get(id)
    if (name !== undefined) names.set(column.id, name)
  }
  return { scan: below.scan, names }
}

/** The table's column that a plan's column is, unchanged (NULL-extended or not). */
export function originOf(
  plan: LogicalPlan,
  id: ColumnId,
): { readonly scan: ScanNode; readonly name: string } | undefined {
  switch (plan.kind) {
    case 'scan': {
      const index = plan.columns.findIndex((column) => column.id === id)
      const name = plan.tableColumns[index]
      return name === undefined ? undefined : { scan: plan, name }
    }
    case 'filter':
    case 'sort':
    case 'limit':
    case 'distinct':
    case 'distinct-on':
    case 'window':
    case 'view':
      return originOf(plan.input, id)
    case 'project':
    case 'aggregate': {
      const items = plan.kind === 'project' ? plan.expressions : plan.groups
      const item = items.find(({ column }) => column.id === id)
      const from = item && passedColumn(item.expression)
      return from === undefined ? undefined : originOf(plan.input, from)
    }
    case 'join': {
      const side = columnsOf(plan.left).some((column) => column.id === id) ? plan.left : plan.right
      return originOf(side, id)
    }
    default:
      return undefined
  }
}
