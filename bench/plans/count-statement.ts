/** Runs a statement and counts what its plan moved. */
import type pg from 'pg'
import type { PlanStatement } from './statement.js'

/** Statements, and a client of the server that answers them. */
export interface PlanWorld {
  readonly name: string
  readonly client: pg.Client
  readonly statements: readonly PlanStatement[]
}

export interface PlanResult {
  readonly name: string
  /** Rows received from sources. */
  readonly moved: number
  readonly least: number
  readonly because: string
  /** moved / least, where none counts as one. */
  readonly ratio: number
  readonly bytes: number
  readonly calls: number
  readonly plan: string
}

/** Counts one statement. */
export async function countStatement(
  world: PlanWorld,
  statement: PlanStatement,
): Promise<PlanResult> {
  const { client } = world
  const name = `${world.name}: ${statement.name}`
  try {
    const counted = await client.query<{ least: string }>({
      text: `SELECT (${statement.least})::bigint AS least`,
    })
    const least = Number(counted.rows[0]?.least)
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.sql}`,
    )
    const [{ Totals: totals }] = rows[0]?.['QUERY PLAN'] as [{ Totals: Record<string, number> }]
    const text = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ANALYZE ${statement.sql}`)
    const moved = totals['Rows Moved'] ?? NaN
    return {
      ...{ name, moved, least, because: statement.because },
      ratio: Math.max(1, moved) / Math.max(1, least),
      bytes: totals['Bytes Moved'] ?? NaN,
      calls: totals['Remote Calls'] ?? NaN,
      plan: text.rows.map((row) => row['QUERY PLAN']).join('\n'),
    }
  } catch (error) {
    throw new Error(`"${name}" failed: ${String(error)}`, { cause: error })
  }
}
