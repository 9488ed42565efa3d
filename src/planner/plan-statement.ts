/** The planner's front door: from a governed logical plan to what runs. Pure: no I/O, no clock. */
import type { Catalog } from '../catalog/catalog.js'
import type { Pushdown } from '../connectors/connector.js'
import type { EngineError } from '../errors.js'
import { CATALOG_SOURCE } from '../expressions/catalog-functions.js'
import type { Expression } from '../expressions/expression.js'
import { ASSUMED_GROUPING, mostKeysSent } from './estimates/cost.js'
import {
  decideCommonTables,
  entryOfChoice,
  withChoiceNotes,
  type PlannedTrial,
} from './decide-common-tables.js'
import { RowEstimator } from './estimates/estimate-rows.js'
import type { LearnedRows } from './estimates/learned-rows.js'
import { PUSHDOWN_IS_OFF, type LedgerEntry } from './explain/ledger.js'
import { offerFilter } from './federate.js'
import type { LogicalPlan, ScanNode } from './logical-plan.js'
import {
  buildPlan,
  isOneFragment,
  isOneFragmentWith,
  type DraftPlan,
} from './physical/build-plan.js'
import type { BuildContext } from './physical/plan-builder.js'
import type { PhysicalPlan } from './physical-plan.js'
import { costOfWork, movementOf } from './estimates/plan-cost.js'
import { columnIdsAbove } from './column-ids.js'
import { scansOf } from './walk-plans.js'
import { withMemory } from './remembered-judgements.js'
import { pushdownRefusal } from './require-pushdown.js'
import { filterRefusal } from './required-filters.js'
import { rewrite } from './rewrite.js'
import type { Rewritten, RuleContext } from './rewrite.js'
import type { MostByParameter } from './estimates/row-counts.js'
import {
  countedParameters,
  sensitiveParameters,
  type SensitiveParameter,
} from './estimates/sensitive-parameters.js'
import { orderJoins } from './rules/order-joins.js'
import { PHASES } from './rules/rule-list.js'
import {
  dearestOf,
  DEFAULT_PRICES,
  type PricesBySource,
  type SourcePrices,
} from './estimates/source-prices.js'
import { validatePhysicalPlan } from './validate-physical-plan.js'

/** What planning may depend on besides the statement. */
export interface PlannerContext {
  readonly catalog: Catalog
  /** The planning half of a source, by catalog name. */
  pushdownOf(source: string): Pushdown
  readonly settings: PlannerSettings
  /** Counts of fragments that ran before; undefined: none are used, and none will be learned of this plan. */
  readonly learned?: LearnedRows
  /** What asking sources costs, where that is not DEFAULT_PRICES. */
  readonly prices?: PricesBySource
}

export interface PlannerSettings {
  /** false: sources are only scanned, all else runs here. What pushdown is checked against. */
  readonly pushdown: boolean
  /** Refuse a statement that would read a table without a filter the statement has. */
  readonly strictPushdown?: boolean
  /** Values to estimate parameters with, by index; the plan is right for all values. */
  readonly assumed?: Readonly<Record<string, string | null>>
  /** What parameters of LIMIT and OFFSET are at most, by index; the plan is only run with such values. */
  readonly atMost?: MostByParameter
  /** Names of rewrite rules that must not run. */
  readonly disabledRules: readonly string[]
  /** Checks the plan after every single rewrite rather than once at the end. For tests. */
  readonly validateEachRule?: boolean
}

/** The settings of a session that has set nothing. */
export const DEFAULT_PLANNER_SETTINGS: PlannerSettings = { pushdown: true, disabledRules: [] }

export interface PlannedStatement {
  readonly plan: PhysicalPlan
  /** The whole statement is one remote query: its rows may be passed on without being worked on. */
  readonly relay: boolean
  /** Rewrite rules that changed something, in the order they first did. */
  readonly rules: readonly string[]
  /** What runs where, and why. */
  readonly ledger: readonly LedgerEntry[]
  /** Parameters whose values may ask for another plan. */
  readonly sensitive: readonly SensitiveParameter[]
  /** Why it may not run: EXPLAIN shows the plan all the same. */
  readonly refusal?: EngineError
}

/** Plans a statement. */
export function planStatement(logical: LogicalPlan, context: PlannerContext): PlannedStatement {
  const estimator = estimatorOf(context)
  const { best, choices } = decided(logical, context)
  const { rewritten } = best
  const printed = best.built().print()
  const plan = withChoiceNotes(printed.plan, choices)
  const ledger = [...printed.ledger, ...choices.map((choice) => entryOfChoice(choice, plan))]
  validatePhysicalPlan(plan)
  const { pushdown, strictPushdown } = context.settings
  const refusal =
    filterRefusal(rewritten.plan, {
      tableOf: estimator.tableOf,
      whyNotSent: (scan, filter) =>
        pushdown ? whyNotFiltered(scan, filter, context) : PUSHDOWN_IS_OFF.reason,
    }) ?? (strictPushdown === true ? pushdownRefusal(ledger, pushdown) : undefined)
  return {
    plan,
    ...(refusal === undefined ? {} : { refusal }),
    relay: plan.kind === 'remote-query',
    rules: [...rewritten.fired],
    ledger,
    sensitive:
      context.settings.assumed === undefined
        ? [
            ...sensitiveParameters(rewritten.plan, estimator),
            // A source that does all of it is sent the counts.
            ...(plan.kind === 'remote-query' ? [] : countedParameters(rewritten.plan)),
          ]
        : [],
  }
}

/** Why a source does not take a filter of one of its tables; undefined: it does, as a superset at least. */
function whyNotFiltered(
  fragment: ScanNode,
  filter: Expression,
  { pushdownOf }: PlannerContext,
): string | undefined {
  const { source } = fragment
  const part = {
    kind: 'remote',
    source,
    pushdown: withMemory(pushdownOf(source)),
    fragment,
  } as const
  const [entry] = offerFilter([filter], part).ledger.map((write) => write())
  return entry?.outcome === 'here' ? entry.reason : undefined
}

/** Runs the rewrite stage; what is built, is built to choose. */
export function rewriteStatement(logical: LogicalPlan, context: PlannerContext): Rewritten {
  return decided(logical, context).best.rewritten
}

function decided(logical: LogicalPlan, context: PlannerContext) {
  return decideCommonTables(logical, {
    estimator: estimatorOf(context),
    siteOf: (source) => siteOf(source, context),
    pricesOf: (source) => pricesOf(context, source),
    isOneFragment: (plan) => isOneFragment(plan, buildContextOf(context)),
    plan: (way) => trialOf(way, context),
  })
}

interface Trial extends PlannedTrial {
  readonly rewritten: Rewritten
  readonly built: () => DraftPlan
}

/** A statement planned with its common tables as they are marked; physically when that is asked for. */
function trialOf(logical: LogicalPlan, context: PlannerContext): Trial {
  const whyNotGrouped: RuleContext['whyNotGrouped'] = new Map()
  const rewritten = rewriteOneWay(logical, context, whyNotGrouped)
  const built = once(() => buildPlan(rewritten.plan, { ...buildContextOf(context), whyNotGrouped }))
  const movement = once(() => movementOf(built().draft))
  return {
    ...{ rewritten, built, movement },
    isOneStatement: () => built().draft.kind === 'remote-query',
    movementElsewhere: (isThere) => movementOf(built().draft, (source) => !isThere(source)),
    work: once(() => costOfWork(rewritten.plan, estimatorOf(context))),
  }
}

function once<T extends object | number>(make: () => T): () => T {
  let made: T | undefined
  return () => (made ??= make())
}

function siteOf(source: string, { settings, pushdownOf }: PlannerContext): string | undefined {
  return settings.pushdown || source === CATALOG_SOURCE ? pushdownOf(source).site : undefined
}

function rewriteOneWay(
  logical: LogicalPlan,
  context: PlannerContext,
  whyNotGrouped: RuleContext['whyNotGrouped'],
): Rewritten {
  const { settings } = context
  return rewrite(logical, PHASES, ruleContextOf(logical, context, whyNotGrouped), {
    disabledRules: settings.disabledRules,
    validateEachRule: settings.validateEachRule ?? false,
  })
}

function ruleContextOf(
  logical: LogicalPlan,
  context: PlannerContext,
  whyNotGrouped: RuleContext['whyNotGrouped'],
): RuleContext {
  const { catalog, settings } = context
  return {
    catalog,
    ids: columnIdsAbove(logical),
    inferred: new Set(),
    estimator: estimatorOf(context),
    atMost: settings.atMost ?? {},
    siteOf: (source) => siteOf(source, context),
    groupingAt: (plan) => {
      const source = scansOf(plan)[0]?.source
      return (source && context.pushdownOf(source).grouping) || ASSUMED_GROUPING
    },
    pricesAt: (plan) =>
      context.prices === undefined
        ? DEFAULT_PRICES
        : dearestOf(scansOf(plan).map(({ source }) => pricesOf(context, source))),
    mostKeysTo: (plan) => {
      const source = scansOf(plan)[0]?.source
      return mostKeysSent(source === undefined ? 0 : context.pushdownOf(source).maximumKeys)
    },
    acceptsNode: (node) => {
      const source = scansOf(node)[0]?.source
      if (source === undefined || !settings.pushdown) return false
      return withMemory(context.pushdownOf(source)).judgeNode(node).support === 'exact'
    },
    isOneFragment: (plan) => isOneFragment(plan, buildContextOf(context)),
    whyNotGrouped,
    isOneFragmentWith: (plan, sent, source) =>
      isOneFragmentWith(plan, sent, source, buildContextOf(context)),
    mostRowsTo: (source) =>
      settings.pushdown ? (context.pushdownOf(source).rows?.maximum ?? 0) : 0,
  }
}

/** A plan in which a part was put in the place of another, with its joins in the order that is cheapest now. */
function inOrderAnew(plan: LogicalPlan, context: PlannerContext): LogicalPlan {
  if (context.settings.disabledRules.includes(orderJoins.name)) return plan
  return orderJoins.apply(plan, ruleContextOf(plan, context, new Map())) ?? plan
}

function buildContextOf(context: PlannerContext): BuildContext {
  return {
    pushdownOf: (source) => withMemory(context.pushdownOf(source)),
    pricesOf: (source) => pricesOf(context, source),
    pushdown: context.settings.pushdown,
    estimator: estimatorOf(context),
    atMost: context.settings.atMost ?? {},
    inOrderAnew: (plan) => inOrderAnew(plan, context),
  }
}

function pricesOf({ prices }: PlannerContext, source: string): SourcePrices {
  return prices?.[source] ?? DEFAULT_PRICES
}

const estimators = new WeakMap<Catalog | PlannerContext, RowEstimator>()

/** One for all statements where nothing but the catalog counts, else one for the statement. */
function estimatorOf(context: PlannerContext): RowEstimator {
  const { catalog, learned, settings } = context
  const isOwn = settings.assumed !== undefined || learned !== undefined
  const key = isOwn ? context : catalog
  let estimator = estimators.get(key)
  if (estimator === undefined) {
    estimator = new RowEstimator(catalog, settings.assumed, learned)
    estimators.set(key, estimator)
  }
  return estimator
}
