/**
 * Decides what of a node goes into a source's fragment. The planner offers, the source's Pushdown judges; nothing is pushed on a guess:
 * - a filter's conjuncts travel one by one: exact ones for good, supersets as a prefilter that is checked again here;
 * - everything else travels only when the source does all of it exactly;
 * - nothing volatile travels: random() at a source is not random() here, and nextval is nobody's to repeat.
 */
import { EXACT, type Judgement } from '../connectors/connector.js'
import type { Expression } from '../expressions/expression.js'
import { columnReference, conjunction, conjunctsOf, hasSubquery } from './expression-traversal.js'
import { asEquality, isVolatile, usesAny } from './expression-properties.js'
import type { LedgerEntry } from './explain/ledger.js'
import { columnIdsOf, columnsOf } from './logical-plan.js'
import type {
  AggregateCall,
  FilterNode,
  JoinNode,
  LogicalPlan,
  ProjectedColumn,
  ProjectNode,
  SortKey,
} from './logical-plan.js'
import { isNegativeCount } from './never-fails.js'
import { expressionsOf, mapInputs } from './plan-traversal.js'
import { usedColumnsOf } from './used-columns.js'
import { printExpression } from './explain/print-expression.js'
import type { PlanPart, RemotePart } from './physical/plan-part.js'

/** What came of offering a node. */
export type Offer =
  | { readonly taken: RemotePart }
  | { readonly taken?: undefined; readonly reasons: readonly string[] }

type Use = 'filter' | 'value' | 'sort'

function refuse(...reasons: string[]): Offer {
  return { reasons }
}

/** Judges one expression; what holds for every source comes first. */
function judge(part: RemotePart, expression: Expression, use: Use): Judgement {
  if (hasSubquery(expression)) return { support: 'none', reason: 'it contains a subquery' }
  if (isVolatile(expression))
    return {
      ...{ support: 'none', reason: 'it is volatile' },
      remedy: 'compute the value first and give it as a parameter',
    }
  return part.pushdown.judgeExpression(expression, use)
}

function whyNot(part: RemotePart, expression: Expression, use: Use): string | undefined {
  const judgement = judge(part, expression, use)
  if (judgement.support === 'exact') return undefined
  return `${printExpression(expression)}: ${judgement.reason}`
}

/** The parts as fragments of one site, if that is what they are. */
export function sameSite(parts: readonly PlanPart[]): RemotePart | undefined {
  const [first, ...rest] = parts
  if (first?.kind !== 'remote') return undefined
  for (const part of rest) {
    if (part.kind !== 'remote' || part.pushdown.site !== first.pushdown.site) return undefined
  }
  return first
}

/** Offers a node of any kind but filter, project and join: all of it or nothing. */
export function offerNode(node: LogicalPlan, parts: readonly PlanPart[]): Offer {
  const first = sameSite(parts)
  if (first === undefined) return refuse()
  if (node.kind === 'limit' && [node.limit, node.offset].some(isNegativeCount)) {
    return refuse('a count below zero is an error')
  }
  const reasons: string[] = []
  for (const [expression, use] of judgedExpressions(node)) {
    const reason = whyNot(first, expression, use)
    if (reason !== undefined) reasons.push(reason)
  }
  if (reasons.length > 0) return { reasons }
  return offerWhole(node, parts, first)
}

function offerWhole(node: LogicalPlan, parts: readonly PlanPart[], first: RemotePart): Offer {
  const fragment = over(node, parts)
  const judgement = first.pushdown.judgeNode(fragment)
  return judgement.support === 'exact'
    ? { taken: { ...first, fragment } }
    : refuse(judgement.reason)
}

/** Rebuilds a node over the fragments of its inputs. */
function over(node: LogicalPlan, parts: readonly PlanPart[]): LogicalPlan {
  let next = 0
  return mapInputs(node, (input) => {
    const part = parts[next++]
    return part?.kind === 'remote' ? part.fragment : input
  })
}

function judgedExpressions(node: LogicalPlan): (readonly [Expression, Use])[] {
  const values = (list: readonly Expression[]) => list.map((e) => [e, 'value'] as const)
  const sorts = (keys: readonly SortKey[]) => keys.map((key) => [key.expression, 'sort'] as const)
  const ofAggregate = (call: AggregateCall) => [
    ...values(call.arguments),
    ...values(call.directArguments),
    ...sorts(call.orderBy),
    ...(call.filter === undefined ? [] : [[call.filter, 'filter'] as const]),
  ]
  switch (node.kind) {
    case 'aggregate':
      return [
        ...values(node.groups.map((group) => group.expression)),
        ...node.aggregates.flatMap(ofAggregate),
      ]
    case 'sort':
      return sorts(node.keys)
    case 'distinct-on':
      return [...values(node.on), ...sorts(node.orderBy)]
    case 'window':
      return [
        ...values(node.partitionBy),
        ...sorts(node.orderBy),
        ...node.calls.flatMap((call) => [
          ...values(call.arguments),
          ...(call.filter === undefined ? [] : [[call.filter, 'filter'] as const]),
        ]),
      ]
    default:
      return values(expressionsOf(node))
  }
}

/** What came of offering a filter: the fragment with what was taken, and the conjuncts to apply here. */
export interface FilterOffer {
  readonly part: RemotePart
  readonly residual: readonly Expression[]
  readonly reasons: readonly string[]
  /** One entry per conjunct, as it is to be written. */
  readonly ledger: readonly (() => LedgerEntry)[]
}

/** Offers a filter conjunct by conjunct; `whole`: the filter node that has these, and no others. */
export function offerFilter(
  conjuncts: readonly Expression[],
  part: RemotePart,
  whole?: FilterNode,
): FilterOffer {
  const judged = conjuncts.map((conjunct) => ({
    conjunct,
    judgement: judge(part, conjunct, 'filter'),
  }))
  const taken = judged.filter(({ judgement }) => judgement.support !== 'none')
  const condition = conjunction(taken.map(({ conjunct }) => conjunct))
  // A node that goes there as it is keeps what is known of it.
  const isSame =
    whole?.input === part.fragment &&
    taken.length === judged.length &&
    isMadeOf(whole.condition, conjuncts)
  const filter: LogicalPlan | undefined =
    condition === undefined ? undefined : { kind: 'filter', input: part.fragment, condition }
  const fragment = isSame && filter !== undefined ? whole : filter
  const together = fragment === undefined ? EXACT : part.pushdown.judgeNode(fragment)
  const ledger = judged.map(
    ({ conjunct, judgement }) =>
      () =>
        filterEntry(part.source, conjunct, weaker(judgement, together)),
  )
  if (together.support === 'none') {
    return { part, residual: conjuncts, reasons: [`not pushed: ${together.reason}`], ledger }
  }
  const filtered = fragment === undefined ? part : { ...part, fragment }
  if (together.support === 'superset') {
    const reasons = [`checked again here: ${together.reason}`]
    return { part: filtered, residual: conjuncts, reasons, ledger }
  }
  const residual: Expression[] = []
  const reasons: string[] = []
  for (const { conjunct, judgement } of judged) {
    if (judgement.support === 'exact') continue
    residual.push(conjunct)
    const verb = judgement.support === 'superset' ? 'checked again here' : 'not pushed'
    reasons.push(`${verb}: ${printExpression(conjunct)}: ${judgement.reason}`)
  }
  return { part: filtered, residual, reasons, ledger }
}

/** Tells whether a condition is these conjuncts, as they are. */
function isMadeOf(condition: Expression | undefined, conjuncts: readonly Expression[]): boolean {
  if (condition?.kind !== 'and') return condition === conjuncts[0]
  const parts = condition.arguments
  return parts.length === conjuncts.length && parts.every((part, i) => part === conjuncts[i])
}

function weaker(a: Judgement, b: Judgement): Judgement {
  const rank = { none: 0, superset: 1, exact: 2 }
  return rank[a.support] <= rank[b.support] ? a : b
}

function filterEntry(source: string, conjunct: Expression, judgement: Judgement): LedgerEntry {
  const entry = { work: 'filter', detail: printExpression(conjunct), source } as const
  if (judgement.support === 'exact') return { ...entry, outcome: 'exact' }
  const { support, reason, remedy } = judgement
  return {
    ...entry,
    outcome: support === 'superset' ? 'superset' : 'here',
    reason,
    ...(remedy === undefined ? {} : { remedy }),
  }
}

/** What came of offering a projection: the fragment, and the projection left to do here, if any. */
export interface ProjectOffer {
  readonly part: RemotePart
  readonly rest?: readonly ProjectedColumn[]
  readonly reasons: readonly string[]
}

/** Offers a projection: whole, or what of it the source does exactly with the columns the rest needs. */
export function offerProject(node: ProjectNode, part: RemotePart): ProjectOffer {
  const exact: ProjectedColumn[] = []
  const others: ProjectedColumn[] = []
  const reasons: string[] = []
  for (const item of node.expressions) {
    const plain = item.expression.kind === 'column'
    const reason = plain ? undefined : whyNot(part, item.expression, 'value')
    if (reason === undefined) exact.push(item)
    else {
      others.push(item)
      reasons.push(`not pushed: ${reason}`)
    }
  }
  if (others.length === 0) {
    const offer = offerWhole(node, [part], part)
    if (offer.taken !== undefined) return { part: offer.taken, reasons: [] }
    return { part, rest: node.expressions, reasons: offer.reasons.map((r) => `not pushed: ${r}`) }
  }
  // Only work worth sending splits a projection; plain columns are narrowed when the fragment is closed.
  const computed = exact.filter((item) => item.expression.kind !== 'column')
  if (computed.length === 0) return { part, rest: node.expressions, reasons }
  const pushed = new Set(computed.map((item) => item.column.id))
  const rest = node.expressions.map((item) =>
    pushed.has(item.column.id)
      ? { column: item.column, expression: columnReference(item.column) }
      : item,
  )
  const needed = usedColumnsOf(...rest.map((item) => item.expression))
  const passed = columnsOf(part.fragment)
    .filter((column) => needed.has(column.id) && !pushed.has(column.id))
    .map((column) => ({ column, expression: columnReference(column) }))
  const split: ProjectNode = { ...node, expressions: [...passed, ...computed] }
  const offer = offerWhole(split, [part], part)
  if (offer.taken === undefined) return { part, rest: node.expressions, reasons }
  return { part: offer.taken, rest, reasons }
}

/** What came of offering a join: the fragment, and of an inner join the conjuncts to apply above it. */
export interface JoinOffer {
  readonly part: RemotePart
  readonly residual: readonly Expression[]
  readonly reasons: readonly string[]
}

/** Offers a join of two fragments; `fits` says whether a product without an equality may be sent. */
export function offerJoin(
  node: JoinNode,
  left: PlanPart,
  right: PlanPart,
  fits: () => boolean,
): JoinOffer | { readonly part?: undefined; readonly reasons: readonly string[] } {
  const first = sameSite([left, right])
  if (first === undefined || right.kind !== 'remote') return { reasons: [] }
  const taken: Expression[] = []
  const residual: Expression[] = []
  const reasons: string[] = []
  for (const conjunct of conjunctsOf(node.condition)) {
    const reason = whyNot(first, conjunct, 'filter')
    if (reason === undefined) taken.push(conjunct)
    else {
      residual.push(conjunct)
      reasons.push(`not pushed: ${reason}`)
    }
  }
  if (residual.length > 0 && node.joinType !== 'inner') return { reasons }
  const leftIds = columnIdsOf(node.left)
  const rightIds = columnIdsOf(node.right)
  const hasKey = taken.some((conjunct) => {
    const sides = asEquality(conjunct)?.arguments
    if (sides === undefined) return false
    return sides.some((e) => usesAny(e, leftIds)) && sides.some((e) => usesAny(e, rightIds))
  })
  const product = node.joinType !== 'semi' && node.joinType !== 'anti' && node.joinType !== 'mark'
  if (product && !hasKey && !node.lateral && !fits()) {
    return {
      reasons: [...reasons, 'not pushed: a product of two tables is smaller to send in parts'],
    }
  }
  const slim: JoinNode =
    residual.length === 0 && isMadeOf(node.condition, taken)
      ? node
      : { ...node, condition: conjunction(taken) }
  const offer = offerWhole(slim, [left, right], first)
  if (offer.taken === undefined) {
    return { reasons: [...reasons, ...offer.reasons.map((reason) => `not pushed: ${reason}`)] }
  }
  return { part: offer.taken, residual, reasons }
}
