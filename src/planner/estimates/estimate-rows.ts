/**
 * Estimates how many rows a plan has, from the catalog's statistics and textbook selectivities (Selinger et al. 1979). Naive
 * where nothing is known: columns are taken as independent, and without a table's row count the answer is undefined (unknown).
 */
import type { Catalog, ColumnStatistics, TableDefinition } from '../../catalog/catalog.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { estimateGroups } from './estimate-groups.js'
import { valuesOf, type ValueFacts } from './expression-values.js'
import { UNKNOWN_ROWS } from './cost.js'
import { boundsByKeys, combinationsWithin, type CombinationBound } from './key-combinations.js'
import {
  columnReference,
  conjunction,
  conjunctsOf,
  rewriteExpression,
} from '../expression-traversal.js'
import { asEquality, usesAny } from '../expression-properties.js'
import { signatureOf } from './fragment-signature.js'
import { hasDistinctRowsIn, hasNoSecondRow } from '../keys.js'
import type { LearnableFragment, LearnedFrom, LearnedRows } from './learned-rows.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, ProjectedColumn, ScanNode } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { substituteInPlan } from '../used-columns.js'
import { scansOf, visitPlans } from '../walk-plans.js'
import { likelyValue } from './likely-values.js'
import {
  columnsOfOnlyRows,
  columnsOfRow,
  likelyParameter,
  withLikely,
  type OnlyRows,
} from './only-rows.js'
import { mostOf } from './row-counts.js'
import { baseColumn, SELECTIVITY, selectivityOf } from './selectivity.js'
import { valuesLeft } from './values-left.js'

const SET_RETURNING_ROWS = 10
const FUNCTION_ROWS = 100

/** A column of a plan. */
interface KeyColumn {
  readonly plan: LogicalPlan
  readonly id: ColumnId
}

/** The two sides of an equality. */
type EqualColumns = readonly [KeyColumn, KeyColumn]

/** Estimates plans of one catalog; remembers what it has seen. */
export class RowEstimator {
  readonly #assumed: Readonly<Record<string, string | null>> | undefined
  readonly #tables = new Map<string, TableDefinition>()
  readonly #rows = new WeakMap<LogicalPlan, number | 'unknown'>()
  readonly #columns = new WeakMap<LogicalPlan, ReadonlyMap<ColumnId, ColumnStatistics>>()
  readonly #valuesLeft = new WeakMap<LogicalPlan, ReadonlyMap<ColumnId, number>>()
  readonly #rowsOnly = new WeakMap<LogicalPlan, OnlyRows>()
  readonly #likely = new WeakMap<LogicalPlan, Map<ColumnId, string | undefined>>()

  readonly #learned: LearnedRows | undefined
  /** Of nodes whose rows were learned: from what. */
  readonly #origins = new WeakMap<LogicalPlan, LearnedFrom>()
  /** Of nodes that can be learned: what the textbook said of them. */
  readonly #fragments = new WeakMap<LogicalPlan, LearnableFragment>()

  /** `assumed`: values to estimate parameters with, by index. `learned`: counts of fragments that ran. */
  constructor(
    catalog: Catalog,
    assumed?: Readonly<Record<string, string | null>>,
    learned?: LearnedRows,
  ) {
    this.#assumed = assumed
    this.#learned = learned
    for (const source of catalog.sources) {
      for (const table of source.tables) this.#tables.set(`${source.name}.${table.name}`, table)
    }
  }

  /** Rows of a plan; undefined: unknown. */
  rows(node: LogicalPlan): number | undefined {
    let known = this.#rows.get(node)
    if (known === undefined) {
      known = this.#corrected(node, this.#estimate(node)) ?? 'unknown'
      this.#rows.set(node, known)
    }
    return known === 'unknown' ? undefined : known
  }

  /** What a node's true count would teach; undefined: nothing is learned, or not of such a node. */
  fragmentOf(node: LogicalPlan): LearnableFragment | undefined {
    const base = withoutArrangement(node)
    if (this.#learned === undefined || !LEARNED_KINDS.has(base.kind)) return undefined
    const rows = this.rows(base)
    const known = this.#fragments.get(base)
    if (known !== undefined) return known
    // Nothing was learned of it: its rows are the textbook's.
    const fragment = this.#learnable(base, rows)
    return fragment && { ...fragment, planned: rows }
  }

  /** Where a node's rows were learned; undefined: they were not. */
  originOf(node: LogicalPlan): LearnedFrom | undefined {
    return this.#origins.get(withoutArrangement(node))
  }

  #corrected(node: LogicalPlan, estimate: number | undefined): number | undefined {
    const learned = this.#learned
    if (learned === undefined || !LEARNED_KINDS.has(node.kind)) return estimate
    // Most nodes that planning asks about never ran: these are told by their tables.
    if (!learned.knowsOf(scansOf(node))) return estimate
    const fragment = this.#learnable(node, estimate)
    if (fragment === undefined) return estimate
    const known = learned.rows(fragment, (index) => this.#assumed?.[index])
    const rows = known?.rows ?? estimate
    this.#fragments.set(node, { ...fragment, planned: rows })
    if (known !== undefined) this.#origins.set(node, known.from)
    return rows
  }

  #learnable(node: LogicalPlan, estimate: number | undefined): LearnableFragment | undefined {
    const signature = signatureOf(node, (scan, name) => {
      const column = this.table(scan)?.columns.find((candidate) => candidate.name === name)
      return column !== undefined && column.tags.length > 0
    })
    if (signature === undefined) return undefined
    const tables = Object.fromEntries(
      signature.tables.map((name) => [name, this.#tables.get(name)?.statistics.rows ?? null]),
    )
    return { signature, tables, estimate }
  }

  /** Finds a table's definition. */
  table(scan: ScanNode): TableDefinition | undefined {
    return this.#tables.get(`${scan.source}.${scan.table}`)
  }

  /** The same as a function that can be handed on. */
  readonly tableOf = (scan: ScanNode): TableDefinition | undefined => this.table(scan)

  /** Statistics of the base columns that pass through a plan unchanged. */
  columns(node: LogicalPlan): ReadonlyMap<ColumnId, ColumnStatistics> {
    let known = this.#columns.get(node)
    if (known === undefined) {
      known = this.#findColumns(node)
      this.#columns.set(node, known)
    }
    return known
  }

  /** The share of rows for which a condition over columns of `input` is true. */
  selectivity(condition: Expression, input: LogicalPlan): number {
    const known = withLikely(this.withAssumed(condition), this.#onlyRows(input), this)
    return selectivityOf(known, this.columns(input), this.rows(input))
  }

  /** An expression with the values that parameters are estimated with. */
  withAssumed(expression: Expression): Expression {
    const assumed = this.#assumed
    if (assumed === undefined) return expression
    return rewriteExpression(expression, (part) => {
      const value = part.kind === 'parameter' ? assumed[part.index] : undefined
      return value === undefined ? part : { kind: 'constant', value, type: part.type }
    })
  }

  /** What a column of a plan of at most one row probably holds; undefined: nothing tells. */
  likelyValue(plan: LogicalPlan, id: ColumnId): string | undefined {
    let known = this.#likely.get(plan)
    if (known === undefined) this.#likely.set(plan, (known = new Map()))
    if (!known.has(id)) known.set(id, likelyValue(plan, id, this))
    return known.get(id)
  }

  /** The columns that come from an input of one row, and are the same in all rows of a plan. */
  #onlyRows(node: LogicalPlan): OnlyRows {
    let known = this.#rowsOnly.get(node)
    if (known === undefined) {
      known = columnsOfOnlyRows(node, this.tableOf, (input) => this.#onlyRows(input))
      this.#rowsOnly.set(node, known)
    }
    return known
  }

  /** The shares of the pairs of several plans' rows that meet conditions, one for each; together they are what meets all. */
  joinSelectivities(
    conjuncts: readonly Expression[],
    plans: readonly LogicalPlan[],
  ): readonly number[] {
    const equalities = conjuncts.map((conjunct) => equalColumnsOf(conjunct, plans))
    const shares = conjuncts.map((conjunct, i) => {
      if (asEquality(conjunct) === undefined) return this.#shareByOnlyRow([conjunct], plans)
      const pair = equalities[i]
      return pair === undefined ? SELECTIVITY.equality : 1 / this.#combinationsOf([pair])
    })
    // Several equalities of the same two plans compare combinations: the last makes the shares come to those of all.
    for (const group of groupsOfPlans(equalities, plans)) {
      const pairs = group.map((i) => equalities[i]!)
      const product = group.reduce((share, i) => share * shares[i]!, 1)
      shares[group.at(-1)!]! /= product * this.#combinationsOf(pairs)
    }
    return shares
  }

  /** The share of pairs that meet conditions which are no equalities: told from what the only row of a plan probably holds. */
  #shareByOnlyRow(conjuncts: readonly Expression[], plans: readonly LogicalPlan[]): number {
    const single = plans.filter((plan) => hasNoSecondRow(plan, this.tableOf))
    const rows = new Map(single.flatMap(columnsOfRow))
    const compared = new Map<LogicalPlan, Expression[]>()
    let share = 1
    for (const conjunct of conjuncts) {
      const known = withLikely(this.withAssumed(conjunct), rows, this)
      const [plan, other] =
        known === conjunct ? [] : plans.filter((p) => usesAny(known, columnIdsOf(p)))
      if (plan === undefined || other !== undefined) share *= SELECTIVITY.other
      else compared.set(plan, [...(compared.get(plan) ?? []), known])
    }
    for (const [plan, known] of compared) share *= this.selectivity(conjunction(known)!, plan)
    return share
  }

  /** The keys among some columns of a plan, and what they say of combinations of values. */
  boundsByKeys(plan: LogicalPlan, ids: readonly ColumnId[]): readonly CombinationBound[] {
    return boundsByKeys(plan, ids, this.tableOf, (name) => this.#tables.get(name))
  }

  /**
   * Different combinations of values that equalities between two plans compare, of the side that has more: as many as come of their
   * columns apart, unless a key tells. What is compared with a key of a table is taken to refer to it.
   */
  #combinationsOf(pairs: readonly EqualColumns[]): number {
    const values = pairs.map(([a, b]) => [this.#valuesOf(a, b), this.#valuesOf(b, a)] as const)
    const apart = values.reduce((product, both) => product * Math.max(1, ...both), 1)
    if (pairs.length < 2) return apart
    const sides = ([0, 1] as const).map((side) => ({
      ids: pairs.map((pair) => pair[side].id),
      values: values.map((both) => Math.max(1, both[side])),
      bounds: this.boundsByKeys(
        pairs[0]![side].plan,
        pairs.map((pair) => pair[side].id),
      ),
    }))
    if (sides.every(({ bounds }) => bounds.length === 0)) return apart
    const combinations = sides.map(({ ids, values: own, bounds }, side) => {
      const other = sides[1 - side]!
      const referred = other.bounds
        .filter(({ isOwnKey }) => isOwnKey)
        .map((bound) => ({
          ...bound,
          columns: new Set(ids.filter((_id, i) => bound.columns.has(other.ids[i]!))),
        }))
      const parts = ids.map((id, i) => ({ id, values: own[i]! }))
      return combinationsWithin(parts, [...bounds, ...referred])
    })
    return Math.max(1, Math.min(apart, Math.max(...combinations)))
  }

  /**
   * Different values of one side of an equality. Where nothing is known of a column that is no key, it is taken to refer to the other
   * side's table: no more values than that has.
   */
  #valuesOf(key: KeyColumn, other: KeyColumn): number {
    const rows = this.rows(key.plan) ?? UNKNOWN_ROWS
    const known = this.distinctOf(key.plan, key.id)
    if (known !== undefined) return Math.min(known, rows)
    if (hasDistinctRowsIn(key.plan, new Set([key.id]), this.tableOf)) return rows
    const others = this.distinctOf(other.plan, other.id) ?? this.#tableRows(other)
    return Math.min(rows, others ?? rows)
  }

  /** Rows of the table that a column comes from. */
  #tableRows({ plan, id }: KeyColumn): number | undefined {
    let rows: number | undefined
    visitPlans(plan, (node) => {
      if (node.kind === 'scan' && columnIdsOf(node).has(id))
        rows = this.table(node)?.statistics.rows
    })
    return rows
  }

  /** Different values of a column, of those that conditions on it leave; undefined: unknown. */
  distinctOf(node: LogicalPlan, id: ColumnId): number | undefined {
    const known = this.columns(node).get(id)?.distinct
    const left = this.#narrowed(node).get(id)
    return left === undefined ? known : Math.min(left, known ?? left)
  }

  /** The share of a column's different values that conditions on it leave; 1 where that is not known. */
  shareOfValues(node: LogicalPlan, id: ColumnId): number {
    const known = this.columns(node).get(id)?.distinct
    const left = this.#narrowed(node).get(id)
    return known === undefined || left === undefined ? 1 : Math.min(1, left / Math.max(1, known))
  }

  /** The columns that conditions below narrow, with their values. */
  #narrowed(node: LogicalPlan): ReadonlyMap<ColumnId, number> {
    let known = this.#valuesLeft.get(node)
    if (known === undefined) {
      known = this.#findNarrowed(node)
      this.#valuesLeft.set(node, known)
    }
    return known
  }

  #findNarrowed(node: LogicalPlan): ReadonlyMap<ColumnId, number> {
    const inputs = logicalInputsOf(node).map((input) => this.#narrowed(input))
    const below = inputs.filter((input) => input.size > 0)
    if (node.kind === 'filter') {
      const own = valuesLeft(node.condition, this.columns(node.input))
      const [before = NONE] = below
      if (own.size === 0) return before
      const both = new Map(before)
      for (const [id, values] of own) both.set(id, Math.min(values, both.get(id) ?? values))
      return both
    }
    const [first] = below
    if (first === undefined) return NONE
    const renames = renamesOf(node)
    if (below.length === 1 && renames.every(isKept)) return first
    const found = new Map(below.flatMap((input) => [...input]))
    for (const { column, expression } of renames) {
      const values = expression.kind === 'column' ? found.get(expression.id) : undefined
      if (values !== undefined) found.set(column.id, values)
    }
    return found
  }

  #findColumns(node: LogicalPlan): ReadonlyMap<ColumnId, ColumnStatistics> {
    if (node.kind === 'scan') {
      const table = this.table(node)
      const found = new Map<ColumnId, ColumnStatistics>()
      node.columns.forEach((column, index) => {
        const name = node.tableColumns[index]!
        const known = table?.statistics.columns[name]
        // A key has as many values as there are rows, also where nobody counted them.
        const distinct =
          known?.distinct ?? (isKey(table, name) ? table?.statistics.rows : undefined)
        if (distinct !== undefined) found.set(column.id, { ...known, distinct })
        else if (known !== undefined) found.set(column.id, known)
      })
      return found
    }
    if (node.kind === 'cte-reference') {
      return new Map(
        node.columns.flatMap(({ id }, position) => {
          const distinct = node.distinct?.[position]
          return distinct === undefined ? [] : [[id, { distinct }]]
        }),
      )
    }
    const inputs = logicalInputsOf(node)
    const renames = renamesOf(node)
    const [only] = inputs
    const computed = only === undefined ? NONE : this.#valuesComputed(renames, only)
    if (only !== undefined && inputs.length === 1 && computed.size === 0 && renames.every(isKept)) {
      return this.columns(only)
    }
    const found = new Map<ColumnId, ColumnStatistics>()
    for (const input of inputs) {
      for (const [id, statistics] of this.columns(input)) found.set(id, statistics)
    }
    for (const { column, expression } of renames) {
      const known = expression.kind === 'column' ? found.get(expression.id) : undefined
      if (known !== undefined) found.set(column.id, known)
    }
    for (const [id, distinct] of computed) found.set(id, { distinct })
    return found
  }

  /** Different values of what a node computes, by its columns. */
  #valuesComputed(
    items: readonly ProjectedColumn[],
    input: LogicalPlan,
  ): ReadonlyMap<ColumnId, number> {
    const computed = items.filter(({ expression }) => expression.kind !== 'column')
    if (computed.length === 0) return NONE
    const facts: ValueFacts = {
      statistics: (id) => this.columns(input).get(id),
      distinct: (id) => this.distinctOf(input, id),
      share: (id) => this.shareOfValues(input, id),
    }
    const found = new Map<ColumnId, number>()
    for (const { column, expression } of computed) {
      const values = valuesOf(expression, facts)
      if (values !== undefined) found.set(column.id, values)
    }
    return found
  }

  #estimate(node: LogicalPlan): number | undefined {
    switch (node.kind) {
      case 'scan':
        return this.table(node)?.statistics.rows
      case 'values':
        return node.rows.length
      case 'table-function':
        return FUNCTION_ROWS
      case 'filter': {
        const rows = this.rows(node.input)
        if (rows === undefined) return undefined
        return atLeastOne(rows * this.selectivity(node.condition, node.input), rows)
      }
      case 'project':
      case 'sort':
      case 'window':
      case 'view':
        return this.rows(node.input)
      case 'project-set': {
        const rows = this.rows(node.input)
        return rows === undefined ? undefined : rows * SET_RETURNING_ROWS
      }
      case 'distinct': {
        const rows = this.rows(node.input)
        const keys = columnsOf(node).map(columnReference)
        return rows === undefined ? undefined : estimateGroups(node.input, rows, keys, this)
      }
      case 'distinct-on': {
        const rows = this.rows(node.input)
        return rows === undefined ? undefined : estimateGroups(node.input, rows, node.on, this)
      }
      case 'limit': {
        const most = mostOf(node.limit, this.#assumed ?? {})
        const limit = most === undefined ? undefined : Number(most)
        const rows = this.rows(node.input)
        if (limit === undefined) return rows
        return rows === undefined ? limit : Math.min(limit, rows)
      }
      case 'aggregate':
        return this.#groups(node)
      case 'join':
        return this.#joined(node)
      case 'set-operation': {
        const left = this.rows(node.left)
        const right = this.rows(node.right)
        if (node.operation !== 'union') return left
        return left === undefined || right === undefined ? undefined : left + right
      }
      case 'with':
        return this.rows(node.body)
      case 'cte-reference':
        return node.rows
      case 'recursive-union':
      case 'opaque-query':
        return undefined
    }
  }

  #groups(node: Extract<LogicalPlan, { kind: 'aggregate' }>): number | undefined {
    if (node.groups.length === 0) return node.groupingSets?.length ?? 1
    const rows = this.rows(node.input)
    if (rows === undefined) return undefined
    const keys = node.groups.map(({ expression }) => expression)
    const groups = estimateGroups(node.input, rows, keys, this)
    return groups * (node.groupingSets?.length ?? 1)
  }

  #joined(node: JoinNode): number | undefined {
    const left = this.rows(node.left)
    const right = this.rows(node.leftIsSent === true ? this.#withSentRow(node) : node.right)
    if (node.joinType === 'mark') return left
    if (node.joinType === 'semi' || node.joinType === 'anti') {
      if (left === undefined) return undefined
      const share = this.#shareWithMatch(node)
      return atLeastOne(left * (node.joinType === 'semi' ? share : 1 - share), left)
    }
    if (left === undefined || right === undefined) return undefined
    const matches = this.joinRows(left, right, conjunctsOf(node.condition), node.left, node.right)
    switch (node.joinType) {
      case 'inner':
        return matches
      case 'left':
        return Math.max(matches, left)
      case 'right':
        return Math.max(matches, right)
      case 'full':
        return Math.max(matches, left + right)
    }
  }

  /** What is compared with the row of the left side, with what that probably holds. */
  #withSentRow({ left, right }: JoinNode): LogicalPlan {
    const likely = new Map<ColumnId, Expression>()
    for (const column of columnsOf(left)) {
      const value = this.likelyValue(left, column.id)
      if (value !== undefined) likely.set(column.id, likelyParameter(column.type, value))
    }
    return substituteInPlan(right, likely)
  }

  /** The share of left rows that have a match: of the left values of a key, those that the right side can have. */
  #shareWithMatch(node: JoinNode): number {
    let share = 0.5
    const leftIds = columnIdsOf(node.left)
    for (const conjunct of conjunctsOf(node.condition)) {
      const [x, y] = asEquality(conjunct)?.arguments.map(baseColumn) ?? []
      if (x === undefined || y === undefined) continue
      const [inLeft, inRight] = leftIds.has(x) ? [x, y] : [y, x]
      const own = this.distinctOf(node.left, inLeft) ?? this.rows(node.left)
      const rows = this.rows(node.right)
      const others = Math.min(this.distinctOf(node.right, inRight) ?? Infinity, rows ?? Infinity)
      if (own !== undefined && Number.isFinite(others)) share = Math.min(share, others / own)
    }
    return share
  }

  /** Rows of an inner join: each equality divides by the larger number of distinct values. */
  joinRows(
    left: number,
    right: number,
    conjuncts: readonly Expression[],
    leftPlan: LogicalPlan,
    rightPlan: LogicalPlan,
  ): number {
    const plans = [leftPlan, rightPlan]
    const isEquality = (conjunct: Expression) => asEquality(conjunct) !== undefined
    const others = this.#shareByOnlyRow(
      conjuncts.filter((conjunct) => !isEquality(conjunct)),
      plans,
    )
    const shares = this.joinSelectivities(conjuncts.filter(isEquality), plans)
    return Math.max(
      1,
      shares.reduce((rows, share) => rows * share, left * right * others),
    )
  }
}

const NONE: ReadonlyMap<ColumnId, number> = new Map()

/** The columns of an equality, each with the plan that has it, in the plans' order. */
function equalColumnsOf(
  conjunct: Expression,
  plans: readonly LogicalPlan[],
): EqualColumns | undefined {
  const ids = asEquality(conjunct)?.arguments.map(baseColumn) ?? []
  const sides = plans.flatMap((plan) =>
    ids.flatMap((id) => (id !== undefined && columnIdsOf(plan).has(id) ? [{ plan, id }] : [])),
  )
  const [a, b] = sides
  return a === undefined || b === undefined ? undefined : [a, b]
}

/** The positions of equalities that compare the same two plans, where there are several. */
function groupsOfPlans(
  equalities: readonly (EqualColumns | undefined)[],
  plans: readonly LogicalPlan[],
): readonly (readonly number[])[] {
  const groups = new Map<string, number[]>()
  equalities.forEach((pair, position) => {
    if (pair === undefined || pair[0].plan === pair[1].plan) return
    const key = pair.map(({ plan }) => plans.indexOf(plan)).join()
    groups.set(key, [...(groups.get(key) ?? []), position])
  })
  return [...groups.values()].filter((group) => group.length > 1)
}

/** What a node hands on under other column ids. */
function renamesOf(node: LogicalPlan): readonly ProjectedColumn[] {
  return node.kind === 'project' ? node.expressions : node.kind === 'aggregate' ? node.groups : []
}

/** A column that is handed on as it is: under its own id, if it is one of the input's. */
function isKept({ column, expression }: ProjectedColumn): boolean {
  return expression.kind !== 'column' || expression.id === column.id
}

/** Nodes that decide how many rows there are; the others hand on what is below. */
const LEARNED_KINDS: ReadonlySet<LogicalPlan['kind']> = new Set([
  ...(['scan', 'filter', 'join', 'aggregate', 'distinct'] as const),
])

function withoutArrangement(node: LogicalPlan): LogicalPlan {
  const passes = node.kind === 'project' || node.kind === 'sort' || node.kind === 'view'
  return passes ? withoutArrangement(node.input) : node
}

/** Says whether a column alone is a key; the table need not vouch for it, where it is only an estimate. */
function isKey(table: TableDefinition | undefined, column: string): boolean {
  if (table === undefined) return false
  const isAlone = (key: readonly string[]) => key.length === 1 && key[0] === column
  return isAlone(table.primaryKey) || table.unique.some(isAlone)
}

function atLeastOne(rows: number, most: number): number {
  return Math.min(most, Math.max(1, rows))
}
