/**
 * Groups the rows of one source before they are joined with another's [4]: `SELECT p.brand, sum(l.quantity) FROM line l JOIN part p ON
 * p.id = l.part GROUP BY p.brand` needs one sum per part of the lines, not the lines. The source groups by what the joins and the
 * grouping above read, expressions over its columns among that (keys-of-part.ts); sums of sums, and counts times multiplicities, are made
 * here (split-aggregate.ts). Only where the estimates say
 * that making and sending groups costs that source less than sending rows, and it takes the whole part with its grouping. A DISTINCT above the joins does the same.
 *
 * Sound because rows that agree in everything read above meet the same rows of the other side, through outer, semi and anti joins
 * as well. Tempting and wrong: grouping without a key (`FROM line, part`: no lines are one empty group); keys whose equal values can
 * be told apart (numeric 1.0 and 1.00, read above as text); the right side of an outer join where an aggregate is not NULL for NULLs
 * (`sum(coalesce(l.quantity, 1))` counts customers without lines); volatile conditions, drawn once per row.
 */
import { OID } from '../../types/sql-type.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { groupingPays, UNKNOWN_ROWS } from '../estimates/cost.js'
import { asEquality, isVolatile } from '../expression-properties.js'
import { argumentsOf, columnReference, hasSubquery } from '../expression-traversal.js'
import { partsOf, type JoinPart, type MapExpression } from '../join-parts.js'
import { hasDistinctRowsIn } from '../keys.js'
import { columnsOf } from '../logical-plan.js'
import type { AggregateCall, AggregateNode, LogicalPlan } from '../logical-plan.js'
import { mapAggregate, mapProjected } from '../plan-traversal.js'
import { substituteColumns, usedColumnsOf } from '../used-columns.js'
import type { Rule, RuleContext } from '../rewrite.js'
import { rowWidth } from '../estimates/row-width.js'
import { siteOfPlan } from '../site.js'
import { splitAggregates } from '../split-aggregate.js'
import { columnKeys, computedKeys, type PartKeys } from './grouping/keys-of-part.js'
import { leavesToShipping } from './grouping/leave-to-shipping.js'
import { replacementsOf } from './merge-projects.js'
import { arrange } from './prune-columns.js'
import { whyNotGrouped } from './grouping/why-not-grouped.js'

export const aggregateBelowJoin: Rule = {
  name: 'aggregate-below-join',
  kinds: ['aggregate', 'distinct'],
  apply(node, context) {
    if (node.kind === 'distinct') return distinctBelowJoin(node, context)
    if (node.kind !== 'aggregate' || siteOfPlan(node.input, context.siteOf) !== undefined) {
      return undefined
    }
    const grouping = groupingOverInput(node)
    if (grouping?.input.kind !== 'join') return undefined
    const [first] = columnsOf(node)
    if (first !== undefined) {
      context.whyNotGrouped.set(first.id, () => whyNotGrouped(grouping, context))
    }
    return best(grouping, context, (part) => splitAt(grouping, part, context, groupPart))
  },
}

/** A way to group a part, and the plan it makes: only the best is made. */
export interface Split extends GroupedPart {
  whole(): LogicalPlan
}

/** The split of the parts below a node that saves most; undefined where sending rows the other way is better still. */
function best(
  node: Extract<LogicalPlan, { kind: 'aggregate' | 'distinct' }>,
  context: RuleContext,
  splitOf: (part: JoinPart) => Split | undefined,
): LogicalPlan | undefined {
  const parts = partsOf(node.input, context.siteOf)
  let most: { readonly part: JoinPart; readonly split: Split } | undefined
  for (const part of parts) {
    // It cannot save more rows than it has.
    if (most !== undefined && rowsRead(part, context) <= most.split.saved) continue
    const split = splitOf(part)
    if (split !== undefined && split.saved > (most?.split.saved ?? 0)) most = { part, split }
  }
  if (most === undefined) return undefined
  const { part, split } = most
  return leavesToShipping(node, parts, part, split.plan, context) ? undefined : split.whole()
}

/** Rows that a part would send: joined there or one by one, whichever are fewer. */
function rowsRead(
  part: Pick<JoinPart, 'plan' | 'relations'>,
  { estimator }: Pick<RuleContext, 'estimator'>,
): number {
  const joined = estimator.rows(part.plan) ?? UNKNOWN_ROWS
  const apart = part.relations.reduce((sum, r) => sum + (estimator.rows(r) ?? UNKNOWN_ROWS), 0)
  return Math.min(joined, apart)
}

/** The grouping over the join or union itself: what a projection between them computes is computed in it. */
export function groupingOverInput(node: AggregateNode): AggregateNode | undefined {
  const { input } = node
  if (input.kind !== 'project') return node
  const items = input.expressions.map((item) => item.expression)
  if (items.some((expression) => isVolatile(expression) || hasSubquery(expression)))
    return undefined
  const replacements = replacementsOf(input)
  const map = (expression: Expression) => substituteColumns(expression, replacements)
  return {
    ...node,
    input: input.input,
    groups: mapProjected(node.groups, map),
    aggregates: node.aggregates.map((call) => mapAggregate(call, map)),
  }
}

/** The aggregates split between a part, which `group` groups, and the joins above it. */
export function splitAt(
  node: AggregateNode,
  part: JoinPart,
  context: RuleContext,
  group: typeof groupPart,
): Split | undefined {
  // Keys that are drawn are drawn for each row.
  if (node.groups.some(({ expression }) => isVolatile(expression))) return undefined
  const hasGroups = node.groups.length > 0 && node.groupingSets === undefined
  const split = splitAggregates(node.aggregates, part, context.ids, hasGroups)
  if (split === undefined) return undefined
  const above = [
    ...part.around,
    ...node.groups.map((group) => group.expression),
    ...split.final.flatMap(expressionsOfCall),
  ]
  const grouped = group(part, above, split.partial, context)
  if (grouped === undefined) return undefined
  const whole = (): LogicalPlan => ({
    kind: 'project',
    input: {
      ...node,
      input: part.replace(grouped.plan, grouped.map),
      groups: mapProjected(node.groups, grouped.map),
      aggregates: split.final.map((call) => mapAggregate(call, grouped.map)),
    },
    expressions: columnsOf(node).map((column) => ({
      column,
      expression: split.values.get(column.id) ?? columnReference(column),
    })),
  })
  return { ...grouped, whole }
}

function distinctBelowJoin(
  node: Extract<LogicalPlan, { kind: 'distinct' }>,
  context: RuleContext,
): LogicalPlan | undefined {
  if (siteOfPlan(node.input, context.siteOf) !== undefined) return undefined
  const columns = columnsOf(node.input)
  return best(node, context, (part) => {
    const above = [...part.around, ...columns.map(columnReference)]
    const grouped = groupPart(part, above, [], context)
    if (grouped === undefined) return undefined
    const whole = (): LogicalPlan => ({
      ...node,
      input: arrange(part.replace(grouped.plan, grouped.map), columns),
    })
    return { ...grouped, whole }
  })
}

function expressionsOfCall(call: AggregateCall): readonly Expression[] {
  return call.filter === undefined ? call.arguments : [...call.arguments, call.filter]
}

/** A part of a join grouped by what is read above it. */
export interface GroupedPart {
  readonly plan: LogicalPlan
  /** Rows that then need not move. */
  readonly saved: number
  /** The expressions above, over the groups. */
  readonly map: MapExpression
}

/**
 * The part grouped by the columns that are read above it, or by expressions over them where these make fewer groups; undefined where that
 * is not sound, does not pay, or is not the source's.
 */
export function groupPart(
  part: JoinPart,
  above: readonly Expression[],
  aggregates: readonly AggregateCall[],
  context: RuleContext,
): GroupedPart | undefined {
  const { ids, isOneFragment } = context
  const canCompute = (expression: Expression): boolean => {
    const column: Column = { id: ids.next(), name: 'key', type: expression.type }
    return isOneFragment({
      ...{ kind: 'aggregate', input: part.plan, groups: [{ column, expression }], aggregates: [] },
    })
  }
  const ways = [columnKeys(part, above), computedKeys(part, above, ids, canCompute)].flatMap(
    (keys) => (keys && groupedBy(part, keys, above.map(keys.map), aggregates, context)) ?? [],
  )
  // By columns where both make as many: what is computed from them costs nothing here.
  ways.sort((a, b) => b.saved - a.saved)
  return ways.find(({ plan }) => isOneFragment(plan))
}

function groupedBy(
  part: JoinPart,
  { groups, columns, map }: PartKeys,
  above: readonly Expression[],
  aggregates: readonly AggregateCall[],
  { estimator, groupingAt, pricesAt }: RuleContext,
): GroupedPart | undefined {
  // Asked first: most parts are joined by a key of theirs.
  if (groups.length === 0 || hasDistinctRowsIn(part.plan, columns, estimator.tableOf)) {
    return undefined
  }
  const keys = groups.map(({ column }) => column)
  if (!canGroupBy(keys, above)) return undefined
  const plan: LogicalPlan = { kind: 'aggregate', input: part.plan, groups, aggregates }
  // A guess is no reason to have a source sort all its rows.
  const known = estimator.columns(plan)
  const isGuess = keys.some(({ id }) => known.get(id)?.distinct === undefined)
  if (isGuess && aggregates.length > 0) return undefined
  const statistics = estimator.columns(part.plan)
  const rows = rowsRead(part, { estimator })
  const made = estimator.rows(plan) ?? rows
  const prices = pricesAt(part.plan)
  const pays = groupingPays(
    estimator.rows(part.plan) ?? UNKNOWN_ROWS,
    { rows: made, width: rowWidth(columnsOf(plan), known), prices },
    { rows, width: rowWidth(columnsOf(part.plan), statistics), prices },
    groupingAt(part.plan),
  )
  return made < rows && pays ? { plan, saved: rows - made, map } : undefined
}

/** Types whose values are equal only when nothing tells them apart. */
const ONE_FORM: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.oid, OID.text, OID.varchar, OID.bytea, OID.uuid],
  ...[OID.date, OID.time, OID.timestamp, OID.timestamptz],
])

/** Types that group, of whose equal values one may stand for all where only equality is asked. */
const MANY_FORMS: ReadonlySet<number> = new Set([
  ...[OID.numeric, OID.float4, OID.float8, OID.bpchar, OID.interval, OID.timetz],
])

function hasOneForm({ type }: Column): boolean {
  if (ONE_FORM.has(type.oid)) return true
  // With a declared length or scale, all values have it.
  return (type.oid === OID.numeric || type.oid === OID.bpchar) && type.typmod >= 0
}

/** Tells whether rows with equal keys cannot be told apart by what is read above. */
export function canGroupBy(keys: readonly Column[], above: readonly Expression[]): boolean {
  const inspected = new Set<ColumnId>()
  for (const expression of above) inspect(expression, inspected)
  return keys.every(
    (column) =>
      hasOneForm(column) || (MANY_FORMS.has(column.type.oid) && !inspected.has(column.id)),
  )
}

/** Collects the columns that an expression does more with than compare them for equality or hand them on. */
function inspect(expression: Expression, inspected: Set<ColumnId>): void {
  if (expression.kind === 'column') return
  const isComparison =
    asEquality(expression) !== undefined || expression.kind === 'and' || expression.kind === 'or'
  if (isComparison) {
    for (const argument of argumentsOf(expression)) inspect(argument, inspected)
    return
  }
  for (const id of usedColumnsOf(expression)) inspected.add(id)
}
