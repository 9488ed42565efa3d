/** The planning half: what may run at a PostgreSQL server, and how it is said there. Pure. */
import { enumWithin } from '../../types/enum-types.js'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { sharingSources } from '../../catalog/neighbours.js'
import { assertNever } from '../../errors.js'
import type { Collation, Expression, FunctionReference } from '../../expressions/expression.js'
import { argumentsOf, sameExpression } from '../../planner/expression-traversal.js'
import {
  columnsOf,
  type AggregateCall,
  type LogicalPlan,
  type SortKey,
} from '../../planner/logical-plan.js'
import { expressionsOf, logicalInputsOf } from '../../planner/plan-traversal.js'
import type { SqlType } from '../../types/sql-type.js'
import { OID } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'
import { EXACT, type Judgement, type Pushdown } from '../connector.js'
import { siteName } from '../site-name.js'
import { printPlan } from '../sql/print-plan.js'
import { CAPABILITIES } from './capabilities.js'
import { readConnection } from './connection-options.js'
import {
  flavorAgainstExpression,
  flavorAgainstNode,
  flavorName,
  flavorOf,
  type Flavor,
} from './flavors.js'
import { followsCaseRules, reasonAgainst } from './function-rules.js'
import { isKnownHere, isPrintableType } from './postgres-dialect.js'
import { sourceDialect, withInlineConstants } from './source-dialect.js'
import { splitPlanOf } from './split-plan.js'
import { caseRulesOf, majorVersion, type CaseRules } from './text-semantics.js'
import { usesSettings, type PostgresHandle } from './uses-settings.js'

// The protocol counts parameters in 16 bits.
const MAXIMUM_PARAMETERS = 65_535

/** Builds the planning half for a source. */
export function postgresPushdown(source: SourceDefinition): Pushdown {
  const dialect = sourceDialect(source)
  const rules: Rules = {
    sources: new Set(sharingSources(source).map((sharing) => sharing.name)),
    major: majorVersion(source.server),
    caseRules: caseRulesOf(source),
    flavor: flavorOf(source),
  }
  const { host, port, database, user } = readConnection(source)
  return {
    site: siteName(source, { host, port, database, user, flavor: flavorName(source) }),
    maximumKeys: CAPABILITIES.keys.maximum,
    ...(CAPABILITIES.grouping === undefined ? {} : { grouping: CAPABILITIES.grouping }),
    ...(CAPABILITIES.rows === undefined ? {} : { rows: CAPABILITIES.rows }),
    judgeExpression: (expression) => verdict(reasonAgainstExpression(expression, rules)),
    judgeNode: (node) => verdict(reasonAgainstNode(node, rules)),
    print(fragment, prices) {
      let printed = printPlan(fragment, dialect)
      if (printed.parameters.length > MAXIMUM_PARAMETERS) {
        printed = printPlan(fragment, withInlineConstants(dialect))
      }
      const split = splitPlanOf(fragment, printed.text, source, prices)
      const handle: PostgresHandle = {
        usesSettings: usesSettings(fragment),
        ...(split === undefined ? {} : { split }),
      }
      return { ...printed, columns: columnsOf(fragment), handle }
    },
  }
}

interface Rules {
  readonly sources: ReadonlySet<string>
  readonly major: number
  readonly caseRules: CaseRules
  readonly flavor: Flavor
}

function verdict(reason: string | undefined): Judgement {
  return reason === undefined ? EXACT : { support: 'none', reason }
}

function reasonAgainstNode(node: LogicalPlan, rules: Rules): string | undefined {
  const flavored = flavorAgainstNode(node, rules.flavor)
  if (flavored !== undefined) return flavored
  switch (node.kind) {
    case 'opaque-query':
      return 'the statement as a whole runs in the local PostgreSQL'
    case 'aggregate':
      return firstReason(
        node.aggregates,
        (call) =>
          reasonAgainstDistinctOrder(call) ??
          reasonAgainstFunction(call.function, call.collation, rules),
      )
    case 'window':
      return firstReason(node.calls, (call) =>
        reasonAgainstFunction(call.function, call.collation, rules),
      )
    case 'sort':
    case 'distinct-on': {
      const keys = node.kind === 'sort' ? node.keys : node.orderBy
      return firstReason(keys, (key) => reasonAgainstCollation(key.collation))
    }
    case 'scan':
    case 'values':
    case 'table-function':
    case 'filter':
    case 'project':
    case 'project-set':
    case 'join':
    case 'distinct':
    case 'limit':
    case 'set-operation':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'view':
      return undefined
    default:
      return assertNever(node)
  }
}

/** PostgreSQL compares them as written: equal subqueries of the statement have become different columns here. */
function reasonAgainstDistinctOrder(call: AggregateCall): string | undefined {
  if (!call.distinct || call.form !== 'normal') return undefined
  const isArgument = ({ expression }: SortKey): boolean =>
    call.arguments.some((argument) => sameExpression(argument, expression))
  return call.orderBy.every(isArgument)
    ? undefined
    : `${call.function.name}(DISTINCT ...) is ordered by what is not one of its arguments`
}

function reasonAgainstExpression(expression: Expression, rules: Rules): string | undefined {
  if (isKnownHere(expression)) return undefined
  return (
    flavorAgainstExpression(expression, rules.flavor) ??
    reasonAgainstItself(expression, rules) ??
    firstReason(argumentsOf(expression), (part) => reasonAgainstExpression(part, rules))
  )
}

/** Types whose text depends on the server's catalog: object identifiers by name. */
const CATALOG_TYPES: ReadonlySet<string> = new Set([
  ...['regproc', 'regprocedure', 'regoper', 'regoperator', 'regclass', 'regtype', 'regrole'],
  ...['regnamespace', 'regconfig', 'regdictionary', 'regcollation', 'aclitem'],
])

function reasonAgainstType(type: SqlType, rules: Rules): string | undefined {
  const known = enumWithin(type.oid)
  if (known !== undefined && !rules.sources.has(known.schema))
    return `enum type ${known.schema}.${known.name} is not of this source`
  const { name } = typeInfo(type.oid)
  if (type.oid !== OID.record && !isPrintableType(type)) return `type ${type.oid} is not built in`
  if (CATALOG_TYPES.has(name)) return `${name} values name objects of the server's own catalog`
  return undefined
}

function reasonAgainstItself(expression: Expression, rules: Rules): string | undefined {
  const against = (reference: FunctionReference, collation: Collation) =>
    reasonAgainstFunction(reference, collation, rules)
  switch (expression.kind) {
    case 'call':
      return (
        reasonAgainstType(expression.type, rules) ??
        against(expression.function, expression.collation)
      )
    case 'array-comparison':
      return against(expression.function, expression.collation)
    case 'row-comparison':
      return (
        firstReason(expression.functions, (f) => against(f, expression.collation)) ??
        firstReason([...expression.left, ...expression.right], (e) => reasonAgainstOrder(e.type))
      )
    case 'distinct':
    case 'null-if':
      return against(expression.equality, expression.collation)
    case 'min-max':
      return reasonAgainstCollation(expression.collation) ?? reasonAgainstOrder(expression.type)
    case 'subquery':
      return reasonAgainstPlan(expression.plan, rules)
    case 'sql-value':
      return `${expression.name} belongs to the session`
    case 'column':
    case 'constant':
    case 'parameter':
    case 'and':
    case 'or':
    case 'not':
    case 'is-null':
    case 'boolean-test':
    case 'coalesce':
    case 'case':
    case 'array':
    case 'relabel':
    case 'io-cast':
    case 'array-cast':
    case 'row':
    case 'subscript':
      return reasonAgainstType(expression.type, rules)
    default:
      return assertNever(expression)
  }
}

function reasonAgainstFunction(
  reference: FunctionReference,
  collation: Collation,
  rules: Rules,
): string | undefined {
  const reason = reasonAgainst(reference, rules.major) ?? reasonAgainstCollation(collation)
  if (reason !== undefined) return reason
  if (rules.caseRules.kind === 'differs' && followsCaseRules(reference)) {
    return `${reference.name} depends on the server's case rules: ${rules.caseRules.reason}`
  }
  if (/^(record|array)_(lt|le|gt|ge|cmp|larger|smaller)$/.test(reference.name)) {
    return /^record/.test(reference.name)
      ? 'the order of records depends on the collations of their fields'
      : undefined
  }
  return undefined
}

function reasonAgainstOrder(type: SqlType): string | undefined {
  return type.oid === OID.record
    ? 'the order of records depends on the collations of their fields'
    : undefined
}

function reasonAgainstCollation(collation: Collation): string | undefined {
  return collation === 'binary'
    ? undefined
    : `collation "${collation}" need not be the same at the server`
}

function reasonAgainstPlan(plan: LogicalPlan, rules: Rules): string | undefined {
  if (plan.kind === 'scan' && !rules.sources.has(plan.source)) return `${plan.source} is elsewhere`
  return (
    reasonAgainstNode(plan, rules) ??
    firstReason(expressionsOf(plan), (e) => reasonAgainstExpression(e, rules)) ??
    firstReason(logicalInputsOf(plan), (input) => reasonAgainstPlan(input, rules))
  )
}

function firstReason<T>(
  items: readonly T[],
  reasonFor: (item: T) => string | undefined,
): string | undefined {
  for (const item of items) {
    const reason = reasonFor(item)
    if (reason !== undefined) return reason
  }
  return undefined
}
