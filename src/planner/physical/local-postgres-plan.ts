/**
 * Makes the safety net: the smallest node that holds something the engine lacks runs in a PostgreSQL of this process, over
 * its inputs loaded into temporary tables in1, in2, ... with columns c1, c2, ...
 */
import { postgresDialect } from '../../connectors/postgres/postgres-dialect.js'
import { printPlan } from '../../connectors/sql/print-plan.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { asksCatalog } from '../../expressions/catalog-functions.js'
import type { Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { somePart } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan, OpaqueQueryNode } from '../logical-plan.js'
import type { LocalPostgresPlan, PhysicalPlan } from '../physical-plan.js'
import { expressionsOf, logicalInputsOf } from '../plan-traversal.js'

/** Runs a node there. `inputs`: the subtrees of the node that are tables there, and what fills them. */
export function localPostgresPlan(
  node: LogicalPlan,
  inputs: readonly { readonly logical: LogicalPlan; readonly plan: PhysicalPlan }[],
  base: { readonly id: number; readonly estimatedRows: number | undefined },
  reason: string,
): LocalPostgresPlan {
  const relations = new Map(
    inputs.map(({ logical, plan }, index) => {
      // The plan's columns decide: they may be fewer, or in another order, than the subtree's.
      const names = new Map(plan.columns.map((column, i) => [column.id, `c${i + 1}`]))
      const columns = columnsOf(logical).map((column) => names.get(column.id) ?? 'c1')
      return [logical, { text: `in${index + 1}`, columns }] as const
    }),
  )
  refuseCatalogCalls(node, new Set(inputs.map(({ logical }) => logical)))
  const printed = printPlan(node, postgresDialect, { relation: (part) => relations.get(part) })
  return {
    kind: 'local-postgres',
    ...base,
    columns: columnsOf(node),
    inputs: inputs.map(({ plan }, index) => ({
      name: `in${index + 1}`,
      columnNames: plan.columns.map((_, i) => `c${i + 1}`),
      plan,
    })),
    sql: printed.text,
    parameters: printed.parameters,
    reason,
  }
}

/** That PostgreSQL holds neither the catalog nor the session: what it would say of them is wrong. */
function refuseCatalogCalls(node: LogicalPlan, inputs: ReadonlySet<LogicalPlan>): void {
  if (inputs.has(node)) return
  for (const expression of expressionsOf(node)) {
    somePart(expression, (part) => {
      if (part.kind !== 'call' || !asksCatalog(part.function)) return false
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `function ${part.function.name} cannot be asked about values that come from sources`,
        { hint: 'Ask it about constants, parameters or columns of catalog tables' },
      )
    })
  }
  for (const input of logicalInputsOf(node)) refuseCatalogCalls(input, inputs)
}

/** Runs a whole statement there, as it was written, over its tables under their own names. */
export function opaquePlan(
  node: OpaqueQueryNode,
  tables: readonly PhysicalPlan[],
  base: { readonly id: number; readonly estimatedRows: number | undefined },
): LocalPostgresPlan {
  const count = Math.max(0, ...[...node.sql.matchAll(/\$(\d+)/g)].map((match) => Number(match[1])))
  const parameters = Array.from({ length: count }, (_, index): Expression => ({
    kind: 'parameter',
    index: index + 1,
    type: sqlType(OID.unknown),
  }))
  return {
    kind: 'local-postgres',
    ...base,
    columns: node.columns,
    inputs: node.tables.map((table, index) => ({
      schema: table.schema,
      name: table.table,
      columnNames: table.tableColumns,
      plan: tables[index]!,
    })),
    ...(node.views === undefined ? {} : { views: node.views }),
    ...(node.searchPath === undefined ? {} : { searchPath: node.searchPath }),
    sql: node.sql,
    parameters,
    reason: node.reason,
  }
}
