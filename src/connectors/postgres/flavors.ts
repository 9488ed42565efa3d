/**
 * Close relatives of PostgreSQL that speak its protocol (`connection.flavor`): what each does exactly as PostgreSQL does. A relative is
 * trusted with what its documentation promises and no more; what is missing here runs in the engine.
 */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Expression, FunctionReference } from '../../expressions/expression.js'
import type { AggregateCall, LogicalPlan } from '../../planner/logical-plan.js'

export interface Flavor {
  /** As it is called in reasons. */
  readonly title: string
  /** Absent: it is PostgreSQL with additions, and everything holds that holds for its version. */
  readonly restricted?: {
    readonly nodes: ReadonlySet<LogicalPlan['kind']>
    readonly expressions: ReadonlySet<Expression['kind']>
    /** Besides comparisons of plain types. */
    readonly functions: ReadonlySet<string>
    readonly aggregates: ReadonlySet<string>
    /** Texts are ordered by a collation that the statement names. */
    readonly ordersText: boolean
    /** FILTER (WHERE ...) on aggregates. */
    readonly filterClause: boolean
  }
}

const RELATIONAL = ['scan', 'view', 'filter', 'project', 'join', 'aggregate', 'distinct'] as const
const LOGICAL = [
  ...(['column', 'constant', 'parameter', 'and', 'or', 'not', 'is-null'] as const),
  ...(['coalesce', 'case', 'null-if', 'relabel'] as const),
]

const FLAVORS = {
  postgresql: { title: 'PostgreSQL' },
  timescale: { title: 'Timescale' },
  // Its query layer is PostgreSQL's own, at the version that it reports.
  yugabyte: { title: 'YugabyteDB' },
  // Dividing integers gives a decimal there, sums of integers are decimals, extract gives a float: only what compares is left to it.
  cockroachdb: {
    title: 'CockroachDB',
    restricted: {
      nodes: new Set([...RELATIONAL, 'sort', 'limit', 'set-operation', 'values']),
      expressions: new Set([...LOGICAL, 'array-comparison', 'array', 'distinct', 'boolean-test']),
      functions: new Set(['textlike', 'textnlike', 'like', 'notlike']),
      aggregates: new Set(['count', 'min', 'max', 'bool_and', 'bool_or', 'every']),
      ordersText: true,
      filterClause: true,
    },
  },
  // It began as PostgreSQL 8.0: no arrays, no FILTER, no LATERAL; averages of integers are integers.
  redshift: {
    title: 'Redshift',
    restricted: {
      nodes: new Set([...RELATIONAL, 'limit']),
      expressions: new Set(LOGICAL),
      functions: new Set(['textlike', 'textnlike', 'like', 'notlike']),
      aggregates: new Set(['count']),
      ordersText: false,
      filterClause: false,
    },
  },
} as const satisfies Readonly<Record<string, Flavor>>

export type FlavorName = keyof typeof FLAVORS

/** The names that `connection.flavor` may have. */
export const FLAVOR_NAMES = Object.keys(FLAVORS) as readonly FlavorName[]

/** The flavor a source's file names; PostgreSQL when it names none. */
export function flavorOf(source: SourceDefinition): Flavor {
  return FLAVORS[flavorName(source)]
}

/** Its name. */
export function flavorName(source: SourceDefinition): FlavorName {
  const name = source.connection['flavor']
  return FLAVOR_NAMES.find((known) => known === name) ?? 'postgresql'
}

/** Tells whether tables have pages that ctid addresses: where rows are stored as PostgreSQL stores them. */
export function hasPages(source: SourceDefinition): boolean {
  const { flavor } = source.connection
  return flavor === undefined || flavor === 'postgresql' || flavor === 'timescale'
}

/** `int4eq`, `int84lt`, `numeric_ge`, `text_lt`, `date_eq`: comparisons within and between plain types. */
const COMPARISON =
  /^(int(2|4|8){1,2}|float(4|8){1,2}|numeric_|text_?|bool|date_|timestamp_|timestamptz_|uuid_)(eq|ne|lt|le|gt|ge)$/

/** Why a flavor does not get a node; undefined when it may. */
export function flavorAgainstNode(node: LogicalPlan, flavor: Flavor): string | undefined {
  const { restricted, title } = flavor
  if (restricted === undefined) return undefined
  if (!restricted.nodes.has(node.kind)) return `${node.kind} is not pushed to ${title}`
  switch (node.kind) {
    case 'join':
      if (node.lateral) return `LATERAL is not pushed to ${title}`
      return node.joinType === 'mark' || node.nullAware === true || node.atMostOne === true
        ? `this form of subquery is not pushed to ${title}`
        : undefined
    case 'aggregate':
      if (node.groupingSets !== undefined) return `grouping sets are not pushed to ${title}`
      return node.aggregates.map((call) => againstAggregate(call, flavor)).find(Boolean)
    case 'limit':
      return node.withTies ? `WITH TIES is not pushed to ${title}` : undefined
    default:
      return undefined
  }
}

function againstAggregate(call: AggregateCall, { restricted, title }: Flavor): string | undefined {
  if (restricted === undefined) return undefined
  const { name } = call.function
  if (!restricted.aggregates.has(name)) return `${name} need not give the same type in ${title}`
  if (call.filter !== undefined && !restricted.filterClause) return `${title} has no FILTER`
  return call.orderBy.length > 0 ? `ordered aggregates are not pushed to ${title}` : undefined
}

/** Why a flavor does not get an expression, its parts apart; undefined when it may. */
export function flavorAgainstExpression(
  expression: Expression,
  { restricted, title }: Flavor,
): string | undefined {
  if (restricted === undefined) return undefined
  if (expression.kind === 'call' || expression.kind === 'array-comparison') {
    const reason = againstFunction(expression.function, restricted, title)
    if (expression.kind === 'call' || reason !== undefined) return reason
  }
  return restricted.expressions.has(expression.kind)
    ? undefined
    : `this kind of expression (${expression.kind}) is not pushed to ${title}`
}

function againstFunction(
  reference: FunctionReference,
  { functions, ordersText }: NonNullable<Flavor['restricted']>,
  title: string,
): string | undefined {
  const { name, schema } = reference
  const compares = COMPARISON.test(name) && (ordersText || !/^text_(lt|le|gt|ge)$/.test(name))
  const isKnown = schema === 'pg_catalog' && (compares || functions.has(name))
  return isKnown ? undefined : `${name} is not known to mean the same in ${title}`
}
