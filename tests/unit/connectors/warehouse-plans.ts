/** Plans over one table, whose printed text the warehouses' golden files hold. */
import { readFileSync, writeFileSync } from 'node:fs'
import type { ColumnDefinition, SourceDefinition } from '../../../src/catalog/catalog.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import type { Column, Expression, FunctionReference } from '../../../src/expressions/expression.js'
import type { AggregateCall, LogicalPlan, SortKey } from '../../../src/planner/logical-plan.js'
import { parseTypeName } from '../../../src/types/type-registry.js'

/** Name, PostgreSQL type, native type. */
export type ColumnFact = readonly [string, string, string]

export function sourceOf(
  kind: string,
  connection: Record<string, unknown>,
  from: string,
  facts: readonly ColumnFact[],
): SourceDefinition {
  return {
    ...{ name: 'wh', connector: kind, connection, limits: {}, discover: {}, directory: '/' },
    tables: [
      {
        ...{ name: 'people', from, primaryKey: [], unique: [], foreignKeys: [], indexes: [] },
        ...{ rely: false, statistics: { columns: {} }, requireFilter: [], options: {} },
        columns: facts.map(([name, type, native]): ColumnDefinition => ({
          ...{ name, from: name, type, native, notNull: false, hidden: false, tags: [] },
          options: {},
        })),
      },
    ],
  }
}

/** Builds expressions and plans over the table. */
export function plansOver(facts: readonly ColumnFact[]) {
  const columns: readonly Column[] = facts.map(([name, type], i) => ({
    id: i + 1,
    name,
    type: parseTypeName(type),
  }))
  const scan: LogicalPlan = {
    ...{ kind: 'scan', source: 'wh', schema: 'wh', table: 'people' },
    columns,
    tableColumns: columns.map((column) => column.name),
  }
  const column = (name: string): Expression => ({
    kind: 'column',
    ...columns.find((c) => c.name === name)!,
  })
  const constant = (value: string | null, type: string): Expression => ({
    ...{ kind: 'constant', value, type: parseTypeName(type) },
  })
  const parameter = (index: number, type: string): Expression => ({
    ...{ kind: 'parameter', index, type: parseTypeName(type) },
  })
  const fn = (signature: string): FunctionReference => ({
    ...{ oid: 0, name: signature.split('(')[0]!, signature, schema: 'pg_catalog' },
    ...{ volatility: 'immutable', strict: true },
  })
  const call = (signature: string, type: string, ...list: Expression[]): Expression => ({
    ...{ kind: 'call', function: fn(signature), arguments: list, type: parseTypeName(type) },
    ...{ collation: 'binary', form: 'function' },
  })
  const any = (left: Expression, right: Expression, name: string): Expression => ({
    ...{ kind: 'array-comparison', function: fn(`${name}(x,x)`), operator: '=', quantifier: 'any' },
    ...{ left, right, collation: 'binary', type: parseTypeName('boolean') },
  })
  const not = (argument: Expression): Expression => ({
    ...{ kind: 'not', argument, type: parseTypeName('boolean') },
  })
  const keep = (condition: Expression, ...names: string[]): LogicalPlan => ({
    kind: 'project',
    input: { kind: 'filter', input: scan, condition },
    expressions: columns
      .filter((c) => (names.length === 0 ? c.id === 1 : names.includes(c.name)))
      .map((c) => ({ column: c, expression: column(c.name) })),
  })
  const aggregate = (
    name: string,
    argument: Expression,
    changes: Partial<AggregateCall> = {},
    groups: readonly string[] = [],
  ): LogicalPlan => ({
    kind: 'aggregate',
    input: scan,
    groups: groups.map((group) => ({
      column: columns.find((c) => c.name === group)!,
      expression: column(group),
    })),
    aggregates: [
      {
        column: { id: 100, name: 'r', type: argument.type },
        function: fn(`${name}(x)`),
        arguments: [argument],
        ...{ star: false, distinct: false, orderBy: [], form: 'normal', directArguments: [] },
        collation: 'binary',
        ...changes,
      },
    ],
  })
  const sort = (...keys: readonly Partial<SortKey>[]): LogicalPlan => ({
    kind: 'sort',
    input: scan,
    keys: keys.map((key) => ({
      ...{ expression: column('id'), descending: false, nullsFirst: false, collation: 'binary' },
      ...key,
    })),
  })
  return { columns, scan, column, constant, parameter, call, any, not, keep, aggregate, sort }
}

/** Prints plans under their names; compares with the golden file, or writes it when UPDATE_GOLDEN is set. */
export function goldenOf(
  file: URL,
  pushdown: Pushdown,
  plans: Readonly<Record<string, LogicalPlan>>,
): { readonly expected: string; readonly actual: string } {
  const actual = Object.entries(plans)
    .map(([name, plan]) => `-- ${name}\n${pushdown.print(plan).text}\n`)
    .join('\n')
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, actual)
  return { expected: readFileSync(file, 'utf8'), actual }
}
