/** Prints logical plans as indented text for golden tests: names with ids, every field that matters, no layout art. */
import { assertNever } from '../../errors.js'
import type { Collation, Column, Expression } from '../../expressions/expression.js'
import { formatTypeName } from '../../types/type-registry.js'
import type {
  AggregateCall,
  FrameBound,
  LogicalPlan,
  SortKey,
  WindowFrame,
} from '../logical-plan.js'

/** Prints a plan, one node per line, inputs indented below. */
export function printLogicalPlan(plan: LogicalPlan): string {
  return planLines(plan).join('\n')
}

/** Prints an expression on one line; subqueries appear in braces. */
export function printLogicalExpression(expression: Expression): string {
  return expressionText(expression)
}

function planLines(plan: LogicalPlan): string[] {
  switch (plan.kind) {
    case 'scan': {
      const columns = plan.columns.map((column, index) => {
        const original = plan.tableColumns[index]
        return column.name === original
          ? declared(column)
          : `${declared(column)} = ${String(original)}`
      })
      return [`scan ${plan.source}: ${plan.schema}.${plan.table} [${columns.join(', ')}]`]
    }
    case 'values':
      return [
        `values [${plan.columns.map(declared).join(', ')}]`,
        ...plan.rows.map((row) => `  (${list(row)})`),
      ]
    case 'table-function': {
      const calls = plan.functions.map(
        ({ call, columns }) => `${expressionText(call)} [${columns.map(declared).join(', ')}]`,
      )
      const ordinality = plan.ordinality ? ` with ordinality ${declared(plan.ordinality)}` : ''
      return [`table-function ${calls.join(', ')}${ordinality}`]
    }
    case 'filter':
      return [`filter ${expressionText(plan.condition)}`, ...indented(plan.input)]
    case 'project':
    case 'project-set': {
      const items = plan.expressions.map(
        ({ column, expression }) => `${declared(column)} = ${expressionText(expression)}`,
      )
      return [`${plan.kind} ${items.join(', ')}`, ...indented(plan.input)]
    }
    case 'join': {
      const flags = [
        plan.lateral ? ' lateral' : '',
        plan.nullAware ? ' null-aware' : '',
        plan.atMostOne ? ' at-most-one' : '',
        plan.mark ? ` mark ${declared(plan.mark)}` : '',
        plan.condition ? ` on ${expressionText(plan.condition)}` : '',
      ]
      return [
        `${plan.joinType} join${flags.join('')}`,
        ...indented(plan.left),
        ...indented(plan.right),
      ]
    }
    case 'aggregate': {
      const groups = plan.groups.map(
        ({ column, expression }) => `${declared(column)} = ${expressionText(expression)}`,
      )
      const sets = plan.groupingSets?.map((set) => `(${set.join(',')})`).join(' ')
      const calls = plan.aggregates.map(
        (call) => `${declared(call.column)} = ${aggregateText(call)}`,
      )
      const grouping = (plan.groupingCalls ?? []).map(
        ({ column, groups: of }) => `${declared(column)} = grouping(${of.join(',')})`,
      )
      return [
        `aggregate [${groups.join(', ')}]${sets === undefined ? '' : ` sets ${sets}`}`,
        ...[...calls, ...grouping].map((call) => `  . ${call}`),
        ...indented(plan.input),
      ]
    }
    case 'window': {
      const partition = plan.partitionBy.length > 0 ? ` partition by ${list(plan.partitionBy)}` : ''
      const order = plan.orderBy.length > 0 ? ` order by ${keys(plan.orderBy)}` : ''
      const calls = plan.calls.map((call) => {
        const filter = call.filter ? ` filter ${expressionText(call.filter)}` : ''
        const kind = call.isAggregate ? 'aggregate ' : ''
        const operands = call.star ? '*' : list(call.arguments)
        return `  . ${declared(call.column)} = ${kind}${call.function.signature}(${operands})${filter}${collationText(call.collation)}`
      })
      return [
        `window${partition}${order} frame ${frameText(plan.frame)}`,
        ...calls,
        ...indented(plan.input),
      ]
    }
    case 'distinct':
      return ['distinct', ...indented(plan.input)]
    case 'distinct-on':
      return [
        `distinct-on (${list(plan.on)}) order by ${keys(plan.orderBy)}`,
        ...indented(plan.input),
      ]
    case 'sort':
      return [`sort ${keys(plan.keys)}`, ...indented(plan.input)]
    case 'limit': {
      const limit = plan.limit ? ` ${expressionText(plan.limit)}` : ''
      const offset = plan.offset ? ` offset ${expressionText(plan.offset)}` : ''
      return [`limit${limit}${offset}${plan.withTies ? ' with ties' : ''}`, ...indented(plan.input)]
    }
    case 'set-operation':
      return [
        `${plan.operation}${plan.all ? ' all' : ''} [${plan.columns.map(declared).join(', ')}]`,
        ...indented(plan.left),
        ...indented(plan.right),
      ]
    case 'with':
      return [
        'with',
        ...plan.tables.flatMap((table) => [
          `  ${table.name} %${table.id}${table.recursive ? ' recursive' : ''}${
            table.materialized === 'default' ? '' : ` materialized ${table.materialized}`
          }`,
          ...planLines(table.plan).map((line) => `    ${line}`),
        ]),
        ...indented(plan.body),
      ]
    case 'cte-reference':
      return [`cte-reference ${plan.name} %${plan.cte} [${plan.columns.map(declared).join(', ')}]`]
    case 'recursive-union':
      return [
        `recursive-union${plan.all ? ' all' : ''} %${plan.cte} [${plan.columns.map(declared).join(', ')}]`,
        ...indented(plan.base),
        ...indented(plan.step),
      ]
    case 'view':
      return [`view ${plan.schema}.${plan.name}`, ...indented(plan.input)]
    case 'opaque-query':
      return [
        `opaque-query [${plan.columns.map(declared).join(', ')}] because of ${plan.reason}`,
        `  ${plan.sql.replaceAll('\n', ' ')}`,
        ...(plan.views ?? []).map((view) => `  view ${view.schema}.${view.name}`),
        ...plan.tables.flatMap(indented),
      ]
    default:
      return assertNever(plan)
  }
}

function indented(plan: LogicalPlan): string[] {
  return planLines(plan).map((line) => `  ${line}`)
}

/** A column where it comes into being: name#id:type. */
function declared(column: Column): string {
  return `${column.name}#${column.id}:${formatTypeName(column.type)}`
}

function list(expressions: readonly Expression[]): string {
  return expressions.map(expressionText).join(', ')
}

function keys(sortKeys: readonly SortKey[]): string {
  return sortKeys
    .map(
      (key) =>
        expressionText(key.expression) +
        (key.descending ? ' desc' : '') +
        (key.nullsFirst === key.descending ? '' : key.nullsFirst ? ' nulls first' : ' nulls last') +
        collationText(key.collation),
    )
    .join(', ')
}

function collationText(collation: Collation): string {
  return collation === 'binary' ? '' : ` collate "${collation}"`
}

function aggregateText(call: AggregateCall): string {
  const operands = call.star ? '*' : list(call.arguments)
  const direct = call.directArguments.length > 0 ? ` direct (${list(call.directArguments)})` : ''
  const order = call.orderBy.length > 0 ? ` order by ${keys(call.orderBy)}` : ''
  const filter = call.filter ? ` filter ${expressionText(call.filter)}` : ''
  const form = call.form === 'normal' ? '' : `${call.form} `
  const distinct = call.distinct ? 'distinct ' : ''
  return `${form}${call.function.signature}(${distinct}${operands})${direct}${order}${filter}${collationText(call.collation)}`
}

function frameText(frame: WindowFrame): string {
  const bound = ({ kind, offset }: FrameBound): string =>
    offset ? `${expressionText(offset)} ${kind}` : kind
  const inRange = [frame.inRange?.start, frame.inRange?.end]
    .filter((reference) => reference !== undefined)
    .map((reference) => ` ${reference.signature}`)
  const exclude = frame.exclude === 'no-others' ? '' : ` exclude ${frame.exclude}`
  return `${frame.mode} ${bound(frame.start)} to ${bound(frame.end)}${exclude}${inRange.join('')}`
}

function expressionText(expression: Expression): string {
  const typed = (text: string): string => `${text}::${formatTypeName(expression.type)}`
  switch (expression.kind) {
    case 'column':
      return `${expression.name}#${expression.id}`
    case 'constant':
      return typed(
        expression.value === null ? 'null' : `'${expression.value.replaceAll("'", "''")}'`,
      )
    case 'parameter':
      return typed(`$${expression.index}`)
    case 'call': {
      const variadic = expression.variadic ? ' variadic' : ''
      const form = expression.form === 'cast' || expression.form === 'implicit-cast'
      return (
        `${expression.function.signature}(${list(expression.arguments)})${variadic}` +
        (form ? ` as ${formatTypeName(expression.type)}` : '') +
        collationText(expression.collation)
      )
    }
    case 'and':
    case 'or':
      return `(${expression.arguments.map(expressionText).join(` ${expression.kind} `)})`
    case 'not':
      return `not(${expressionText(expression.argument)})`
    case 'is-null':
      return `${expressionText(expression.argument)} is${expression.negated ? ' not' : ''} null`
    case 'boolean-test':
      return `${expressionText(expression.argument)} is ${expression.test}`
    case 'distinct':
      return `distinct[${expression.equality.signature}](${list(expression.arguments)})${collationText(expression.collation)}`
    case 'null-if':
      return `nullif[${expression.equality.signature}](${list(expression.arguments)})${collationText(expression.collation)}`
    case 'coalesce':
      return typed(`coalesce(${list(expression.arguments)})`)
    case 'min-max':
      return typed(
        `${expression.operation}(${list(expression.arguments)})${collationText(expression.collation)}`,
      )
    case 'case': {
      const branches = expression.branches.map(
        ({ condition, result }) =>
          `when ${expressionText(condition)} then ${expressionText(result)}`,
      )
      return typed(`case(${branches.join(' ')} else ${expressionText(expression.otherwise)})`)
    }
    case 'array-comparison':
      return `${expressionText(expression.left)} ${expression.operator} ${expression.quantifier}[${expression.function.signature}](${expressionText(expression.right)})${collationText(expression.collation)}`
    case 'array':
      return typed(`array[${list(expression.elements)}]`)
    case 'relabel':
    case 'io-cast':
      return typed(
        `${expression.kind}${expression.implicit ? ' implicit' : ''}(${expressionText(expression.argument)})`,
      )
    case 'array-cast':
      return typed(
        `array-cast(${expressionText(expression.argument)}, element#${expression.placeholder} => ${expressionText(expression.element)})`,
      )
    case 'sql-value':
      return typed(expression.name)
    case 'row':
      return `row(${list(expression.fields)})`
    case 'row-comparison':
      return `(${list(expression.left)}) ${expression.operator} (${list(expression.right)})${collationText(expression.collation)}`
    case 'subscript': {
      const bounds = expression.upper.map((upper, index) => {
        const lower = expression.lower[index]
        const text = (bound: Expression | null | undefined): string =>
          bound ? expressionText(bound) : ''
        return expression.isSlice ? `[${text(lower)}:${text(upper)}]` : `[${text(upper)}]`
      })
      return typed(`${expressionText(expression.argument)}${bounds.join('')}`)
    }
    case 'subquery': {
      const test = expression.test ? `${expressionText(expression.test)} ` : ''
      return `${expression.subquery} ${test}{ ${planLines(expression.plan)
        .map((line) => line.trim())
        .join(' / ')} }`
    }
    default:
      return assertNever(expression)
  }
}
