/** Builds common tables. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { offerNode } from '../federate.js'
import { columnIdsOf } from '../logical-plan.js'
import type { CommonTable, LogicalPlan, WithNode } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { scansOf, visitPlans } from '../walk-plans.js'
import { whyNotNativeNode } from './native-support.js'
import { local } from './plan-part.js'
import type { PlanPart, RemotePart } from './plan-part.js'
import type { Ids } from './required-columns.js'
import { arrangedPart } from './arrange-fragment.js'
import type { PlanBuilder } from './plan-builder.js'

/** Common tables: all of it in one source if that takes it, else each table once here. */
export function buildWith(builder: PlanBuilder, node: WithNode, required: Ids): PlanPart {
  const notes: string[] = []
  if (builder.context.pushdown && isOneSite(builder, node)) {
    const whole = builder.attempt(() => remoteWith(builder, node, required))
    if (typeof whole === 'object') return whole
    notes.push(
      `not pushed: ${whole ?? 'not all of the common tables and their use run at the source'}`,
    )
  }
  const definitions: { table: CommonTable; shared: number; plan: PhysicalPlan }[] = []
  for (const table of node.tables) {
    const plan = definitionPlan(builder, table)
    const shared = builder.numberShared()
    builder.sharedTables.set(table.id, shared)
    definitions.push({ table, shared, plan })
  }
  let plan = builder.closed(node.body, required)
  for (const { table, shared, plan: definition } of definitions.reverse()) {
    plan = {
      kind: 'shared',
      id: builder.id(),
      estimatedRows: plan.estimatedRows,
      columns: plan.columns,
      ...(notes.length > 0 ? { notes } : {}),
      shared,
      name: table.name,
      table: table.id,
      definition,
      body: plan,
    }
  }
  return local(plan)
}

function definitionPlan(builder: PlanBuilder, table: CommonTable): PhysicalPlan {
  const node = table.plan
  if (node.kind !== 'recursive-union') return builder.finish(node)
  const base = builder.finish(node.base)
  const shared = builder.numberShared()
  builder.sharedTables.set(node.cte, shared)
  const step = builder.finish(node.step)
  const reason = whyNotNativeNode(node)
  if (reason !== undefined) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      `WITH RECURSIVE ... UNION is not supported here: ${reason}`,
    )
  }
  return {
    kind: 'recursive-union',
    ...builder.base(node),
    columns: node.columns,
    shared,
    base,
    step,
    all: node.all,
  }
}

/** All of it as one fragment; else why not, as far as it is known. */
function remoteWith(
  builder: PlanBuilder,
  node: WithNode,
  required: Ids,
): PlanPart | string | undefined {
  try {
    const tables: CommonTable[] = []
    for (const table of node.tables) {
      const part = remoteTable(builder, table)
      if (part === undefined) return undefined
      tables.push({ ...table, plan: part.fragment })
      builder.remoteTables.set(table.id, part)
    }
    const body = builder.build(node.body, required)
    if (body.kind !== 'remote') return undefined
    const fragment: LogicalPlan = { ...node, tables, body: body.fragment }
    const judgement = body.pushdown.judgeNode(fragment)
    if (judgement.support !== 'exact') return judgement.reason
    return { ...body, fragment }
  } finally {
    for (const table of node.tables) builder.remoteTables.delete(table.id)
  }
}

function remoteTable(builder: PlanBuilder, table: CommonTable): RemotePart | undefined {
  const node = table.plan
  if (node.kind !== 'recursive-union') {
    const part = arrangedPart(builder.build(node, columnIdsOf(node)), node)
    return part.kind === 'remote' ? part : undefined
  }
  const base = arrangedPart(builder.build(node.base, columnIdsOf(node.base)), node.base)
  if (base.kind !== 'remote') return undefined
  builder.remoteTables.set(node.cte, base)
  const step = arrangedPart(builder.build(node.step, columnIdsOf(node.step)), node.step)
  return offerNode(node, [base, step]).taken
}

function isOneSite(builder: PlanBuilder, node: LogicalPlan): boolean {
  const sites = new Set(scansOf(node).map((scan) => builder.context.pushdownOf(scan.source).site))
  let opaque = false
  visitPlans(node, (part) => {
    if (part.kind === 'opaque-query') opaque = true
  })
  return sites.size === 1 && !opaque
}
