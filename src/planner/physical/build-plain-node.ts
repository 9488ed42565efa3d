/** Builds nodes with one input or none that a source takes whole or not at all. */
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import { whyNotNativeNode } from './native-support.js'
import { local } from './plan-part.js'
import { NotOneFragment, internal, passed } from './plan-builder.js'
import { columnsWithin, requiredBelow } from './required-columns.js'
import { somePart } from '../expression-traversal.js'
import { offerNode } from '../federate.js'
import type { LogicalPlan } from '../logical-plan.js'
import { asksCatalogAlone, catalogCall } from './catalog-call.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { expressionsOf, logicalInputsOf, mapInputs } from '../plan-traversal.js'
import { freeColumnsOf } from '../used-columns.js'
import { visitPlans } from '../walk-plans.js'
import { arrange } from '../rules/prune-columns.js'
import { localPostgresPlan } from './local-postgres-plan.js'
import type { PlanPart } from './plan-part.js'
import type { Ids } from './required-columns.js'
import type { PlanBuilder } from './plan-builder.js'
import { entryOf } from './record-work.js'

/** Offers a node with one input or none to the source below it; else runs it here. */
export function buildPlainNode(builder: PlanBuilder, node: LogicalPlan, required: Ids): PlanPart {
  if (node.kind === 'table-function' && asksCatalogAlone(node)) return catalogCall(builder, node)
  const below = requiredBelow(node, required)
  const inputs = logicalInputsOf(node)
  const parts = inputs.map((input) => builder.build(input, below))
  const offer = offerNode(node, parts)
  builder.record(() =>
    entryOf(builder, node, parts, offer.taken === undefined ? offer.reasons : undefined),
  )
  if (offer.taken !== undefined) return offer.taken
  const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
  const plans = parts.map((part, i) => builder.close(part, columnsWithin(inputs[i]!, below)))
  return local(localNode(builder, node, inputs, plans, notes))
}

/** The operator of this engine for a node, or the local PostgreSQL where it lacks one. */
export function localNode(
  builder: PlanBuilder,
  node: LogicalPlan,
  inputs: readonly LogicalPlan[],
  plans: readonly PhysicalPlan[],
  notes: readonly string[],
): PhysicalPlan {
  const reason = whyNotNativeNode(node)
  if (reason !== undefined) return localPostgresNode(builder, node, inputs, plans, reason, notes)
  const base = builder.base(node, notes)
  const [input] = plans
  switch (node.kind) {
    case 'values':
      return { kind: 'values', ...base, columns: node.columns, rows: node.rows }
    case 'table-function':
      return { ...base, columns: columnsOf(node), ...node }
    case 'project-set':
    case 'project':
      return {
        kind: node.kind,
        ...base,
        columns: columnsOf(node),
        input: input!,
        expressions: node.expressions,
      }
    case 'aggregate':
      return { ...node, kind: 'hash-aggregate', ...base, columns: columnsOf(node), input: input! }
    case 'window':
      return {
        ...node,
        ...base,
        columns: [...input!.columns, ...node.calls.map((call) => call.column)],
        input: input!,
      }
    case 'distinct':
      return {
        kind: 'hash-aggregate',
        ...base,
        columns: columnsOf(node),
        input: input!,
        groups: passed(columnsOf(node)),
        aggregates: [],
      }
    case 'distinct-on': {
      const fallback = node.on.map((expression) => ({
        expression,
        descending: false,
        nullsFirst: false,
        collation: 'binary' as const,
      }))
      const keys = node.orderBy.length > 0 ? node.orderBy : fallback
      const sorted: PhysicalPlan = {
        kind: 'sort',
        id: builder.id(),
        estimatedRows: input!.estimatedRows,
        columns: input!.columns,
        input: input!,
        keys,
      }
      return { kind: 'distinct-on', ...base, columns: sorted.columns, input: sorted, on: node.on }
    }
    case 'sort':
      return { kind: 'sort', ...base, columns: input!.columns, input: input!, keys: node.keys }
    default:
      throw internal(`No operator for ${node.kind}`)
  }
}

export function localPostgresNode(
  builder: PlanBuilder,
  node: LogicalPlan,
  inputs: readonly LogicalPlan[],
  plans: readonly PhysicalPlan[],
  reason: string,
  notes: readonly string[],
): PhysicalPlan {
  // Only the columns at hand exist there.
  const tables = inputs.map((input, index) => {
    const plan = plans[index]!
    return { input, logical: arrange(input, plan.columns), plan }
  })
  const whole = mapInputs(
    node,
    (input) => tables.find((table) => table.input === input)?.logical ?? input,
  )
  // A lateral side alone: whoever tries it as one fragment gives it its outer values instead.
  if (freeColumnsOf(whole).size > 0) throw new NotOneFragment()
  // What no rewrite took out of an expression runs there too, over the tables and common tables it reads.
  for (const expression of expressionsOf(node)) {
    somePart(expression, (part) => {
      if (part.kind !== 'subquery') return false
      visitPlans(part.plan, (inner) => {
        const isRead =
          inner.kind === 'scan' ||
          (inner.kind === 'cte-reference' && builder.sharedTables.has(inner.cte))
        if (!isRead) return
        const plan = builder.closed(inner, columnIdsOf(inner))
        tables.push({ input: inner, logical: inner, plan })
      })
      return false
    })
  }
  return localPostgresPlan(whole, tables, builder.base(node, notes), reason)
}
