/** Describes a physical plan for people: the one representation that EXPLAIN's renderers print. */
import { rangeConditionOf } from '../../executor/joins/range-condition.js'
import type { LearnedFrom } from '../estimates/learned-rows.js'
import type { ExecutionReport, SourceEstimate } from '../../session/runner/statement-protocol.js'
import type { Column, Expression } from '../../expressions/expression.js'
import { assertNever } from '../../errors.js'
import type { ProjectedColumn } from '../logical-plan.js'
import { inputsOf } from '../physical-plan.js'
import type { BindJoinPlan, JoinKey, PhysicalPlan, RemoteQueryPlan } from '../physical-plan.js'
import { withDenseParameters } from './dense-parameters.js'
import type { RemoteStatement } from '../../connectors/connector.js'
import type { SourcePrices } from '../estimates/source-prices.js'
import {
  printAggregate,
  printExpression,
  printSortKey,
  printWindowCall,
} from './print-expression.js'

/** One node as EXPLAIN shows it. */
export interface PlanDescription {
  readonly node: string
  readonly detail: string
  readonly estimatedRows: number | undefined
  /** From what the estimate was learned. */
  readonly learned?: LearnedFrom
  readonly actual?: ActualFigures
  /** Of remote queries: where, and exactly what is sent. */
  readonly source?: string
  readonly text?: string
  readonly parameters?: readonly string[]
  /** What the source says running it would cost. */
  readonly estimate?: SourceEstimate
  /** What asking the source costs, where that is not the default. */
  readonly prices?: SourcePrices
  /** What VERBOSE adds: the output columns. */
  readonly output: readonly string[]
  readonly notes: readonly string[]
  readonly inputs: readonly PlanDescription[]
}

/** What running a node took. */
export interface ActualFigures {
  readonly rows: number
  readonly milliseconds: number
  readonly bytes: number
  readonly remoteCalls: number
  readonly memory: number
  readonly spilled: number
  /** Keys that a bind join sent on. */
  readonly keys?: number
  /** Why a bind join sent no keys. */
  readonly keysUnsent?: string
  /** Columns whose smallest and largest keys a bind join sent on. */
  readonly ranges?: number
  /** Rows that a ship join sent on, of all sides; 0 where it ran here. */
  readonly shipped?: number
  /** Keys that statements of a remote query carried. */
  readonly keysSent?: number
  /** Bytes of rows and keys that were sent. */
  readonly bytesSent?: number
}

/** Describes a plan; with a report, with what running it took. */
export function describePlan(
  plan: PhysicalPlan,
  report?: ExecutionReport,
  estimates: ExecutionReport['estimates'] = report?.estimates,
): PlanDescription {
  return describe(withDenseParameters(plan), new Map(report?.nodes), new Map(estimates))
}

function describe(
  plan: PhysicalPlan,
  figures: ReadonlyMap<number, ActualFigures>,
  estimates: ReadonlyMap<number, SourceEstimate>,
): PlanDescription {
  const estimate = estimates.get(plan.id)
  const actual = figures.get(plan.id)
  return {
    ...headline(plan),
    estimatedRows: plan.estimatedRows,
    ...(plan.learned === undefined ? {} : { learned: plan.learned }),
    ...(actual === undefined ? {} : { actual: pick(actual) }),
    ...(estimate === undefined ? {} : { estimate }),
    output: plan.columns.map((column) => column.name),
    notes: plan.notes ?? [],
    inputs: inputsOf(plan).map((input) => describe(input, figures, estimates)),
  }
}

function pick(figures: ActualFigures): ActualFigures {
  const { rows, milliseconds, bytes, remoteCalls, memory, spilled } = figures
  const { keys, keysUnsent, ranges, shipped, keysSent, bytesSent } = figures
  return {
    ...{ rows, milliseconds, bytes, remoteCalls, memory, spilled },
    ...(keys === undefined ? {} : { keys }),
    ...(keysUnsent === undefined ? {} : { keysUnsent }),
    ...(ranges === undefined ? {} : { ranges }),
    ...(shipped === undefined ? {} : { shipped }),
    ...(keysSent === undefined ? {} : { keysSent }),
    ...(bytesSent === undefined ? {} : { bytesSent }),
  }
}

type Headline = Pick<
  PlanDescription,
  'node' | 'detail' | 'source' | 'text' | 'parameters' | 'prices'
>

function headline(plan: PhysicalPlan): Headline {
  switch (plan.kind) {
    case 'remote-query':
      return {
        node: 'Remote Query',
        detail: [plan.source, ...(plan.neighbours ?? [])].join(' and '),
        source: plan.source,
        text: shownStatement(plan).text,
        parameters: shownStatement(plan).parameters.map(printExpression),
        ...(plan.prices === undefined ? {} : { prices: plan.prices }),
      }
    case 'local-postgres':
      return {
        node: 'Local PostgreSQL',
        detail: plan.reason,
        text: plan.sql,
        parameters: plan.parameters.map(printExpression),
      }
    case 'values':
      return {
        node: 'Values',
        detail: `${plan.rows.length} ${plan.rows.length === 1 ? 'row' : 'rows'}`,
      }
    case 'table-function':
      return {
        node: 'Table Function',
        detail:
          plan.functions.map((item) => printExpression(item.call)).join(', ') +
          (plan.ordinality ? ' with ordinality' : ''),
      }
    case 'filter':
      return { node: 'Filter', detail: printExpression(plan.condition) }
    case 'project':
      return { node: 'Project', detail: printProjected(plan.expressions) }
    case 'project-set':
      return { node: 'Project Set', detail: printProjected(plan.expressions) }
    case 'hash-join':
    case 'bind-join': {
      const residual = plan.residual === undefined ? '' : ` and ${printExpression(plan.residual)}`
      const keys = plan.keys.map(printKey).join(' and ')
      const detail = `${printJoinType(plan)} on ${keys}${residual}, build ${plan.build}`
      if (plan.kind === 'hash-join') return { node: 'Hash Join', detail }
      return { node: 'Bind Join', detail: `${detail}, ${printBindings(plan)}` }
    }
    case 'ship-join': {
      const parameters = plan.sides.flatMap(({ input, firstParameter }) =>
        input.columns.map(({ name }, index) => `$${firstParameter + index} = ${name}`),
      )
      const target = plan.shipped.kind === 'remote-query' ? plan.shipped.source : 'the source'
      const { length } = plan.sides
      const inputs = length === 1 ? 'the first input' : `the first ${length} inputs`
      return {
        node: 'Ship Join',
        detail: `rows of ${inputs} to ${target} as ${parameters.join(', ')}, else the last input`,
      }
    }
    case 'first-rows': {
      const { attempts, limit, offset, isOrdered } = plan
      const which = isOrdered ? 'rows that decide the order' : 'rows of one side'
      const read = attempts.map((attempt) => attempt.rows).join(' or ')
      return {
        node: 'First Rows',
        detail: `${printLimit(limit, offset)} from the first ${read} ${which}, else the last input`,
      }
    }
    case 'nested-loop-join': {
      const { condition, left, right } = plan
      const range = rangeConditionOf(condition, left.columns, right.columns)
      const sorted = range === undefined ? '' : ', right side sorted for the range'
      return {
        node: 'Nested Loop Join',
        detail: `${printJoinType(plan)}${printOn(condition)}${sorted}`,
      }
    }
    case 'apply':
      return {
        node: 'Apply',
        detail: `${printJoinType(plan)}${printOn(plan.condition)}, ${printOuter(plan.outer, plan.firstParameter)}${
          plan.asking === undefined ? '' : ', the last input only where the first fails'
        }`,
      }
    case 'hash-aggregate': {
      const groups = plan.groups.map((group) => printExpression(group.expression)).join(', ')
      const calls = plan.aggregates.map(printAggregate).join(', ')
      const sets = plan.groupingSets ? ` in ${plan.groupingSets.length} grouping sets` : ''
      const by = plan.groups.length > 0 ? `by ${groups}${sets}` : ''
      return { node: 'Hash Aggregate', detail: [calls, by].filter((part) => part !== '').join(' ') }
    }
    case 'window': {
      const parts = [
        ...(plan.partitionBy.length > 0
          ? [`partition by ${plan.partitionBy.map(printExpression).join(', ')}`]
          : []),
        ...(plan.orderBy.length > 0
          ? [`order by ${plan.orderBy.map(printSortKey).join(', ')}`]
          : []),
      ]
      const calls = plan.calls.map(printWindowCall).join(', ')
      return { node: 'Window', detail: `${calls} over (${parts.join(' ')})` }
    }
    case 'distinct-on':
      return { node: 'Distinct On', detail: plan.on.map(printExpression).join(', ') }
    case 'sort':
      return { node: 'Sort', detail: plan.keys.map(printSortKey).join(', ') }
    case 'top-n':
      return {
        node: 'Top-N',
        detail: `${plan.keys.map(printSortKey).join(', ')} ${printLimit(plan.limit, plan.offset)}`,
      }
    case 'limit': {
      const ties = plan.ties === undefined ? '' : ' with ties'
      return { node: 'Limit', detail: printLimit(plan.limit, plan.offset) + ties }
    }
    case 'union-all':
      return { node: 'Union All', detail: `${plan.inputs.length} inputs` }
    case 'set-operation': {
      const name = plan.operation === 'intersect' ? 'Intersect' : 'Except'
      return { node: plan.all ? `${name} All` : name, detail: '' }
    }
    case 'shared':
      return { node: 'Shared', detail: `${plan.name}, computed once` }
    case 'shared-reference':
      return { node: 'Shared Rows', detail: plan.name }
    case 'recursive-union':
      return { node: 'Recursive Union', detail: plan.all ? 'all' : 'distinct' }
    default:
      return assertNever(plan)
  }
}

/** The statement as it goes out when every bind join above sends its keys. */
function shownStatement(plan: RemoteQueryPlan): RemoteStatement {
  return plan.bound?.at(-1)?.statement ?? plan.statement
}

function printBindings({ bindings, keySide }: BindJoinPlan): string {
  const keys = bindings.map(({ binding, key }) => `$${binding} = keys ${printExpression(key)}`)
  return `${keys.join(', ')} of ${keySide}`
}

function printProjected(expressions: readonly ProjectedColumn[]): string {
  return expressions
    .map(({ column, expression }) => {
      const text = printExpression(expression)
      return text === column.name ? text : `${text} AS ${column.name}`
    })
    .join(', ')
}

function printKey(key: JoinKey): string {
  const operator = key.nullSafe ? 'IS NOT DISTINCT FROM' : '='
  return `${printExpression(key.left)} ${operator} ${printExpression(key.right)}`
}

function printJoinType(plan: {
  readonly joinType: string
  readonly nullAware?: boolean
  readonly atMostOne?: boolean
}): string {
  const extra = plan.nullAware ? ' (NULL aware)' : plan.atMostOne ? ' (at most one match)' : ''
  return plan.joinType + extra
}

function printOn(condition: Expression | undefined): string {
  return condition === undefined ? '' : ` on ${printExpression(condition)}`
}

function printOuter(outer: readonly Column[], first: number): string {
  return outer.map((column, index) => `$${first + index} = ${column.name}`).join(', ')
}

function printLimit(limit: Expression | undefined, offset: Expression | undefined): string {
  const parts: string[] = []
  if (limit !== undefined) parts.push(`limit ${printExpression(limit)}`)
  if (offset !== undefined) parts.push(`offset ${printExpression(offset)}`)
  return parts.join(' ')
}
