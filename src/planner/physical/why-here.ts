/**
 * Why work that was offered to no source is done here, and what would change it: its inputs are in different sources, or what is below
 * it was not done at a source itself. The ledger has an entry for that as well; here it is named in a few words.
 */
import { PUSHDOWN_IS_OFF, type LedgerEntry } from '../explain/ledger.js'
import { columnsOf, type LogicalPlan } from '../logical-plan.js'
import { logicalInputsOf } from '../plan-traversal.js'
import { scansOf, visitPlans } from '../walk-plans.js'
import type { PlanBuilder } from './plan-builder.js'

/** Details of other work are cut: they have an entry of their own. */
const LONGEST_DETAIL = 60

interface Why extends Pick<LedgerEntry, 'reason' | 'remedy'> {
  /** It keeps what is above it here as well; false: it is here for another cause below, or above that. */
  readonly isCause: boolean
}

/** Says why a node is done here, and what would change it where that is known. */
export function whyHere(builder: PlanBuilder, node: LogicalPlan): Why {
  if (!builder.context.pushdown) return { ...PUSHDOWN_IS_OFF, isCause: false }
  if (isOfSeveralSources(builder, node)) {
    return {
      reason: `its inputs are in different sources: ${sourcesBelow(builder, node).join(', ')}`,
      isCause: true,
    }
  }
  const cause = causeBelow(builder, node)
  if (cause === undefined) {
    const [source] = sourcesBelow(builder, node)
    const isHalf =
      source !== undefined && inputsWithin(node).length > 1 && tablesRead(node).length === 0
    if (isHalf) return { reason: `only some of its rows are in a source: ${source}`, isCause: true }
    return { reason: whyNoSource(node), isCause: false }
  }
  const { source, work, detail, outcome, remedy } = cause.entry
  if (source === undefined && isOfSeveralSources(builder, cause.node)) {
    const isJoin = cause.node.kind === 'join'
    const join = `it works on a ${work} of ${listed(sourcesBelow(builder, cause.node))}, which is made here`
    return {
      reason: [join, whyNotBelow(builder, node)].filter((part) => part !== undefined).join('; '),
      ...(isJoin ? { remedy: aboveJoin(node) } : {}),
      isCause: false,
    }
  }
  const place =
    source === undefined
      ? 'is done here'
      : `${source} does not do${outcome === 'superset' ? ' exactly' : ''}`
  const cut = detail.length > LONGEST_DETAIL ? `${detail.slice(0, LONGEST_DETAIL - 1)}…` : detail
  return {
    reason: `it works on the ${work} ${cut}, which ${place}`,
    ...(remedy === undefined ? {} : { remedy }),
    isCause: false,
  }
}

/** Of a grouping over joins: why no source makes groups of its part of them. */
function whyNotBelow({ context }: PlanBuilder, node: LogicalPlan): string | undefined {
  if (node.kind !== 'aggregate') return undefined
  const [first] = columnsOf(node)
  return first && context.whyNotGrouped?.get(first.id)?.()
}

function aboveJoin(node: LogicalPlan): string {
  return node.kind === 'filter'
    ? 'compare columns of one of them alone'
    : 'filter one of them so that its rows are few enough to be sent to the other'
}

/** One source of each site that rows come from. */
function sourcesBelow({ context }: PlanBuilder, node: LogicalPlan): readonly string[] {
  const bySite = new Map<string, string>()
  for (const { source } of scansOf(node)) {
    const { site } = context.pushdownOf(source)
    if (!bySite.has(site)) bySite.set(site, source)
  }
  return [...bySite.values()]
}

function isOfSeveralSources(builder: PlanBuilder, node: LogicalPlan): boolean {
  return inputsWithin(node).length > 1 && sourcesBelow(builder, node).length > 1
}

/** The inputs that rows come from: of WITH, what reads its tables. */
function inputsWithin(node: LogicalPlan): readonly LogicalPlan[] {
  return node.kind === 'with' ? [node.body] : logicalInputsOf(node)
}

/**
 * The nearest work below a node that keeps what is above it here: what a source refused, or has inputs in several. Work that is here
 * for what is below itself is passed by.
 */
function causeBelow(
  builder: PlanBuilder,
  node: LogicalPlan,
): { readonly node: LogicalPlan; readonly entry: LedgerEntry } | undefined {
  for (const input of inputsWithin(node)) {
    const entry = builder.doneHere.get(input)
    if (entry !== undefined) return { node: input, entry }
    const found = causeBelow(builder, input)
    if (found !== undefined) return found
  }
  return undefined
}

/** The common tables that are kept here and that a node reads. */
function tablesRead(node: LogicalPlan): readonly string[] {
  const tables = new Set<string>()
  visitPlans(node, (part) => {
    if (part.kind === 'cte-reference') tables.add(part.name)
  })
  return [...tables]
}

/** Why rows are here although no work below was refused. */
function whyNoSource(node: LogicalPlan): string {
  const tables = tablesRead(node)
  if (tables.length === 0) return 'no source has what it works on'
  return `it reads ${listed(tables)}, which ${tables.length > 1 ? 'are' : 'is'} kept here for all who read it`
}

/** `a, b and c`. */
function listed(names: readonly string[]): string {
  const last = names.at(-1) ?? ''
  return names.length < 2 ? last : `${names.slice(0, -1).join(', ')} and ${last}`
}
