/** Puts the rows of system tables into a plan, right before it runs: no statement thread needs to know of them. */
import { mapPhysicalInputs } from '../planner/map-physical-inputs.js'
import { inputsOf, type PhysicalPlan, type RemoteQueryPlan } from '../planner/physical-plan.js'
import { SYSTEM_SCHEMA, SYSTEM_TABLES, type SystemFacts } from './system-tables.js'

const reading = new WeakMap<PhysicalPlan, boolean>()

/** The plan with rows in place of system tables; the same plan where it reads none. */
export function fillSystemTables(plan: PhysicalPlan, facts: SystemFacts): PhysicalPlan {
  let reads = reading.get(plan)
  if (reads === undefined) {
    reads = readsSystemTables(plan)
    reading.set(plan, reads)
  }
  return reads ? fill(plan, facts) : plan
}

function readsSystemTables(plan: PhysicalPlan): boolean {
  return isSystemTable(plan) || inputsOf(plan).some(readsSystemTables)
}

function isSystemTable(plan: PhysicalPlan): plan is RemoteQueryPlan {
  return plan.kind === 'remote-query' && plan.source === SYSTEM_SCHEMA
}

function fill(plan: PhysicalPlan, facts: SystemFacts): PhysicalPlan {
  if (!isSystemTable(plan)) return mapPhysicalInputs(plan, (input) => fill(input, facts))
  const { id, columns, estimatedRows } = plan
  const handle = plan.statement.handle as { table: string; columns: readonly string[] }
  const table = SYSTEM_TABLES[handle.table]
  const positions = handle.columns.map((name) =>
    (table?.columns ?? []).findIndex(([column]) => column === name),
  )
  const rows = table?.rows(facts) ?? []
  return {
    kind: 'values',
    ...{ id, columns, estimatedRows },
    rows: rows.map((row) =>
      columns.map(({ type }, i) => ({
        kind: 'constant',
        value: row[positions[i] ?? -1] ?? null,
        type,
      })),
    ),
  }
}
