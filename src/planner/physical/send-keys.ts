/**
 * Turns a hash join into a bind join where keys of one side can narrow what the other side's sources send, and are expected to be few.
 *
 * Sound for a side whose unmatched rows never come out of the join: both sides of an inner or semi join, the right side of a left or anti
 * join, the left side of a right join. Tempting and wrong: a full join; the left side of an anti join (its unmatched rows are the
 * answer); NOT IN, where a NULL on the right side counts although it matches nothing; keys under IS NOT DISTINCT FROM, where NULL
 * matches NULL.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import {
  costOfMoves,
  costOfWaiting,
  MAXIMUM_KEYS_SENT,
  mostKeysSent,
  RANGE_LEAVES_OUT,
  rowsOfKeys,
  sendingKeysPays,
  UNKNOWN_ROWS,
} from '../estimates/cost.js'
import { OID } from '../../types/sql-type.js'
import { isVolatilePlan, usesOnly } from '../expression-properties.js'
import { columnReference, replaceColumns } from '../expression-traversal.js'
import { positionOf } from '../estimates/column-shares.js'
import { betweenParameters, equalsAnyOf, withoutBlanks } from '../known-functions.js'
import type { JoinNode, LogicalPlan } from '../logical-plan.js'
import { inputsOf } from '../physical-plan.js'
import type {
  BindJoinPlan,
  BoundStatement,
  JoinKey,
  KeyBinding,
  PhysicalPlan,
  RemoteQueryPlan,
} from '../physical-plan.js'
import { rememberedOfPlans, scansOf } from '../walk-plans.js'
import { printExpression } from '../explain/print-expression.js'
import { rowWidth } from '../estimates/row-width.js'
import { dearestOf, DEFAULT_PRICES, type SourcePrices } from '../estimates/source-prices.js'
import { bindFragment } from './bind-fragment.js'
import { columnOf, isPinned, narrowest } from './join-keys.js'
import type { PlanBuilder } from './plan-builder.js'

type Side = 'left' | 'right'

/** A key side may turn out smaller than estimated by this factor: it is counted at run time. */
const DOUBT = 20

/**
 * Tells whether the rows of a plan are known badly: what passes HAVING, or has a match, no statistics tell. They may be fewer by
 * DOUBT, and waiting for them costs less than all rows of the other side.
 */
const isDoubtful = rememberedOfPlans<boolean>((node, below) => {
  if (below.includes(true)) return true
  if (node.kind === 'join') return node.joinType === 'semi' || node.joinType === 'anti'
  if (node.kind !== 'filter') return false
  const { input } = node
  return (input.kind === 'project' ? input.input : input).kind === 'aggregate'
})

/** Returns the join, as a bind join where that is promising. */
export function sendKeys(builder: PlanBuilder, node: JoinNode, plan: PhysicalPlan): PhysicalPlan {
  if (plan.kind !== 'hash-join' || !builder.context.pushdown) return plan
  const sides = boundSides(node)
  const promising = promisingSides(builder, node, plan.keys)
  for (const side of promising) {
    const keySide = other(side)
    let bound = plan[side]
    const bindings: KeyBinding[] = []
    for (const key of plan.keys) {
      if (key.nullSafe || key.collation !== 'binary' || isPinned(node[side], key[side])) continue
      const subject = narrowest(key[side])
      const binding = builder.numberParameters(1)
      const ends = endsOf(builder, node[side], key[side])
      const range = ends && { first: builder.numberParameters(2), ...ends }
      const found = firstOf(keyConditions(subject, binding), (condition) => {
        const plan = bindKeys(builder, bound, {
          ...{ condition, binding, range: range?.first },
          share: expectedShare(builder, node, key, side),
        })
        return plan && { plan, type: condition.left.type }
      })
      if (found === undefined) continue
      const { plan: next, type } = found
      bound = next
      bindings.push({
        binding,
        key: key[keySide],
        type,
        boundDistinct: distinctOf(builder, node[side], key[side]),
        most: mostKeysBelow(next, binding),
        ...(range !== undefined && hasRange(next, range.first) ? { range } : {}),
      })
    }
    if (bindings.length === 0) continue
    const { estimator } = builder.context
    const { prices, keysPerStatement } = askingAt(builder, node[side])
    for (const { binding, key, range } of bindings) {
      for (const source of sourcesOf(bound, binding)) {
        builder.record(() => ({
          ...{ work: 'keys', detail: printExpression(key), source, outcome: 'exact' },
          reason: range === undefined ? WHEN_FEW : WHEN_FEW_OR_CLOSE,
        }))
      }
    }
    const bind: BindJoinPlan = {
      ...plan,
      kind: 'bind-join',
      [side]: bound,
      keySide,
      bindings,
      boundRows: estimator.rows(node[side]),
      boundWidth: rowWidth(bound.columns, estimator.columns(node[side])),
      ...(prices === DEFAULT_PRICES ? {} : { boundPrices: prices }),
      ...(keysPerStatement >= MAXIMUM_KEYS_SENT ? {} : { keysPerStatement }),
      ...(isDoubtful(node[keySide]) ? { doubt: DOUBT } : {}),
    }
    return bind
  }
  builder.record(() => ({
    work: 'keys',
    detail: plan.keys
      .map((key) => `${printExpression(key.left)} = ${printExpression(key.right)}`)
      .join(' and '),
    outcome: 'here',
    reason:
      sides.length === 0
        ? 'rows without a match come out of both sides of this join'
        : promising.length === 0
          ? 'they are not expected to keep rows from moving'
          : 'no source takes a list of them',
    ...(sides.length > 0 && promising.length === 0
      ? { remedy: 'filter one side so that fewer of its rows are left' }
      : {}),
  }))
  return plan
}

const WHEN_FEW = 'when they turn out few enough to keep rows from moving'

const WHEN_FEW_OR_CLOSE = `${WHEN_FEW}; when they are too many, the smallest and the largest of them`

/** The ends of the column that keys go to, where they are known and keys can be compared with such. */
function endsOf(
  builder: PlanBuilder,
  node: LogicalPlan,
  key: Expression,
): { readonly low: number; readonly high: number } | undefined {
  const id = columnOf(key)
  const known = id === undefined ? undefined : builder.context.estimator.columns(node).get(id)
  const { oid } = narrowest(key).type
  const low = positionOf(known?.min ?? '', oid)
  const high = positionOf(known?.max ?? '', oid)
  if (!(low < high) || betweenParameters(narrowest(key), 1) === undefined) return undefined
  return { low, high }
}

/** Tells whether some source below takes a range. */
function hasRange(plan: PhysicalPlan, first: number): boolean {
  if (plan.kind === 'remote-query') {
    return plan.ranges?.some((range) => range.first === first) === true
  }
  return inputsOf(plan).some((input) => hasRange(input, first))
}

/** The ways to compare a column with keys, the one that an index may serve first. */
function keyConditions(subject: Expression, binding: number): readonly KeyCondition[] {
  const subjects = subject.type.oid === OID.bpchar ? [subject, withoutBlanks(subject)] : [subject]
  return subjects.flatMap((value) => {
    const condition = equalsAnyOf(value, binding)
    return condition?.kind === 'array-comparison' ? [condition] : []
  })
}

function firstOf<T, R>(items: readonly T[], find: (item: T) => R | undefined): R | undefined {
  for (const item of items) {
    const found = find(item)
    if (found !== undefined) return found
  }
  return undefined
}

/** The sources that a binding's keys may go to. */
function sourcesOf(plan: PhysicalPlan, binding: number): ReadonlySet<string> {
  return new Set(statementsWith(plan, binding).map(([{ source }]) => source))
}

/** Keys of a binding that some source below takes. */
function mostKeysBelow(plan: PhysicalPlan, binding: number): number {
  return Math.max(
    ...statementsWith(plan, binding).map(([, { maximumKeys }]) => mostKeysSent(maximumKeys)),
  )
}

/** The fragments that may be asked with a binding's keys, and how. */
function statementsWith(
  plan: PhysicalPlan,
  binding: number,
): (readonly [RemoteQueryPlan, BoundStatement])[] {
  const below = inputsOf(plan).flatMap((input) => statementsWith(input, binding))
  if (plan.kind !== 'remote-query') return below
  const own = plan.bound?.find(({ bindings }) => bindings.includes(binding))
  return own === undefined ? below : [[plan, own], ...below]
}

function other(side: Side): Side {
  return side === 'left' ? 'right' : 'left'
}

/** The sides that may lose rows without a match. */
function boundSides(node: JoinNode): readonly Side[] {
  switch (node.joinType) {
    case 'inner':
    case 'semi':
      return ['left', 'right']
    case 'left':
      return ['right']
    case 'right':
      return ['left']
    case 'anti':
      return node.nullAware === true ? [] : ['right']
    case 'full':
    case 'mark':
      return []
  }
}

/** The sides that sending keys to promises to keep rows from moving, the one first where it keeps most. */
export function promisingSides(
  builder: PlanBuilder,
  node: JoinNode,
  keys: readonly JoinKey[],
): readonly Side[] {
  return boundSides(node)
    .map((side) => ({ side, saved: expectedSaving(builder, node, keys, side) }))
    .filter(({ saved }) => saved > 0)
    .sort((a, b) => b.saved - a.saved)
    .map(({ side }) => side)
}

/** Rows that keys of the other side are expected to keep from moving; 0 where it is not worth waiting for them. */
function expectedSaving(
  builder: PlanBuilder,
  node: JoinNode,
  keys: readonly JoinKey[],
  side: Side,
): number {
  const { estimator } = builder.context
  const boundNode = node[side]
  const keyNode = node[other(side)]
  if (isVolatilePlan(boundNode)) return 0
  const rows = estimator.rows(boundNode) ?? UNKNOWN_ROWS
  const keyRows = estimator.rows(keyNode) ?? UNKNOWN_ROWS
  const asking = askingAt(builder, boundNode)
  const waiting = costOfWaiting(asking.prices)
  // More than this no source of that side takes.
  const most = Math.max(
    0,
    ...scansOf(boundNode).map(({ source }) =>
      mostKeysSent(builder.context.pushdownOf(source).maximumKeys),
    ),
  )
  let best = 0
  for (const key of keys) {
    if (isPinned(boundNode, key[side])) continue
    const distinct = distinctOf(builder, boundNode, key[side])
    const doubt = isDoubtful(keyNode) ? DOUBT : 1
    const values = Math.min(keyRows, distinctOf(builder, keyNode, key[other(side)]) ?? keyRows)
    const count = Math.min(values, Math.ceil(keyRows / doubt))
    const hasEnds = count > most && endsOf(builder, boundNode, key[side]) !== undefined
    if (count > most * DOUBT && !hasEnds) continue
    const bound = { rows, width: rowWidth([], new Map()), distinct, ...asking }
    // Keys that cover all values save nothing, however few they are.
    const saved = rows - (rowsOfKeys(count, bound) ?? rows)
    const pays = sendingKeysPays(Math.min(count, most), bound, waiting)
    // The ends of keys cost nothing to send, but leave out no more than keys do.
    const rangePays =
      hasEnds &&
      saved >= rows * RANGE_LEAVES_OUT &&
      waiting < costOfMoves([{ ...bound, rows: saved }])
    if (pays || rangePays) best = Math.max(best, saved)
  }
  return best
}

/** What asking the sources of a side costs, and how many keys each statement to them carries. */
function askingAt(
  { context }: PlanBuilder,
  node: LogicalPlan,
): { readonly prices: SourcePrices; readonly keysPerStatement: number } {
  const sources = scansOf(node).map((scan) => scan.source)
  return {
    prices: dearestOf(sources.map((source) => context.pricesOf(source))),
    keysPerStatement: Math.min(...sources.map((source) => context.pushdownOf(source).maximumKeys)),
  }
}

function distinctOf(builder: PlanBuilder, node: LogicalPlan, key: Expression): number | undefined {
  const id = columnOf(key)
  return id === undefined ? undefined : builder.context.estimator.distinctOf(node, id)
}

/** The share of a side's rows that the other side's keys are expected to let through. */
export function expectedShare(
  builder: PlanBuilder,
  node: JoinNode,
  key: JoinKey,
  side: Side,
): number {
  const { estimator } = builder.context
  const [boundNode, keyNode] = [node[side], node[other(side)]]
  const [rows, keyRows] = [estimator.rows(boundNode), estimator.rows(keyNode)]
  if (rows === undefined || keyRows === undefined || rows === 0) return 1
  const keys = Math.min(keyRows, distinctOf(builder, keyNode, key[other(side)]) ?? keyRows)
  const distinct = distinctOf(builder, boundNode, key[side])
  return (rowsOfKeys(keys, { rows, width: 0, distinct }) ?? rows) / rows
}

type KeyCondition = Extract<Expression, { kind: 'array-comparison' }>

interface Keys {
  readonly condition: KeyCondition
  readonly binding: number
  /** The first of two parameters for their ends. */
  readonly range: number | undefined
  /** Of the rows that are asked for, those that they are expected to let through. */
  readonly share: number
}

/** Hands a condition on keys down to the fragments that can take it; undefined: none can. What they narrow is estimated anew. */
function bindKeys(builder: PlanBuilder, plan: PhysicalPlan, keys: Keys): PhysicalPlan | undefined {
  const bound = bindInputs(builder, plan, keys)
  const rows = bound?.estimatedRows
  if (bound === undefined || rows === undefined || rows === 0 || keys.share >= 1) return bound
  const narrowed = { ...bound, estimatedRows: Math.max(1, Math.round(rows * keys.share)) }
  const closed = builder.fragments.get(bound)
  if (closed !== undefined) builder.fragments.set(narrowed, closed)
  return narrowed
}

function bindInputs(
  builder: PlanBuilder,
  plan: PhysicalPlan,
  keys: Keys,
): PhysicalPlan | undefined {
  const { condition } = keys
  const into = (input: PhysicalPlan, own: KeyCondition | undefined) =>
    own === undefined ? undefined : bindKeys(builder, input, { ...keys, condition: own })
  switch (plan.kind) {
    case 'remote-query':
      return bindFragment(builder, plan, condition, keys.binding, keys.range)
    case 'filter':
    case 'sort': {
      const input = into(plan.input, condition)
      return input && { ...plan, input }
    }
    case 'window': {
      // Rows of a partition have equal keys: they come all or not at all.
      const input = into(plan.input, overSome(condition, plan.partitionBy))
      return input && { ...plan, input }
    }
    case 'distinct-on': {
      const input = into(plan.input, overSome(condition, plan.on))
      return input && { ...plan, input }
    }
    case 'project-set':
    case 'project': {
      const input = into(plan.input, renamed(condition, plan.expressions))
      return input && { ...plan, input }
    }
    case 'hash-aggregate': {
      if (plan.groupingSets !== undefined || plan.groups.length === 0) return undefined
      const input = into(plan.input, renamed(condition, plan.groups))
      return input && { ...plan, input }
    }
    case 'union-all': {
      const inputs = plan.inputs.map((input) => into(input, ofBranch(condition, plan, input)))
      if (inputs.every((input) => input === undefined)) return undefined
      return { ...plan, inputs: inputs.map((input, index) => input ?? plan.inputs[index]!) }
    }
    case 'set-operation': {
      // Rows that count against each other have equal keys, and the join drops what has other ones: either branch may be narrowed.
      const left = into(plan.left, ofBranch(condition, plan, plan.left))
      const right = into(plan.right, ofBranch(condition, plan, plan.right))
      if (left === undefined && right === undefined) return undefined
      return { ...plan, left: left ?? plan.left, right: right ?? plan.right }
    }
    case 'ship-join': {
      const [shipped, here] = [into(plan.shipped, condition), into(plan.here, condition)]
      if (shipped === undefined && here === undefined) return undefined
      return { ...plan, shipped: shipped ?? plan.shipped, here: here ?? plan.here }
    }
    case 'nested-loop-join':
    case 'hash-join':
    case 'bind-join': {
      for (const side of ['left', 'right'] as const) {
        if (!passesFilter(plan.joinType, side)) continue
        const ids = new Set(plan[side].columns.map((column) => column.id))
        if (!usesOnly(condition, ids)) continue
        const input = into(plan[side], condition)
        if (input !== undefined) return { ...plan, [side]: input }
      }
      return undefined
    }
    default:
      return undefined
  }
}

/** Tells whether a filter above a join may run on one side of it instead. */
function passesFilter(joinType: JoinNode['joinType'], side: Side): boolean {
  switch (joinType) {
    case 'inner':
      return true
    case 'left':
    case 'semi':
    case 'anti':
    case 'mark':
      return side === 'left'
    case 'right':
      return side === 'right'
    case 'full':
      return false
  }
}

/** The condition where it looks at nothing but some of these expressions, as columns. */
function overSome(
  condition: KeyCondition,
  expressions: readonly Expression[],
): KeyCondition | undefined {
  const ids = expressions.flatMap((item) => (item.kind === 'column' ? [item.id] : []))
  return usesOnly(condition, new Set(ids)) ? condition : undefined
}

/** The condition over the columns of one branch of a set operation, which stand in the same places. */
function ofBranch(
  condition: KeyCondition,
  { columns }: PhysicalPlan,
  branch: PhysicalPlan,
): KeyCondition | undefined {
  const places = columns.map((column, index) => ({
    column,
    expression: columnReference(branch.columns[index]!),
  }))
  return renamed(condition, places)
}

/** The condition over the columns below a projection that only hands its columns on. */
function renamed(
  condition: KeyCondition,
  items: readonly { readonly column: { readonly id: ColumnId }; readonly expression: Expression }[],
): KeyCondition | undefined {
  const plain = new Map<ColumnId, Expression>()
  for (const { column, expression } of items) {
    if (expression.kind === 'column') plain.set(column.id, expression)
  }
  if (!usesOnly(condition, new Set(plain.keys()))) return undefined
  return { ...condition, left: replaceColumns(condition.left, plain) }
}
