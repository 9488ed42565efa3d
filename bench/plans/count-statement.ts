/** Runs a statement and counts what its plan moved. */
import type pg from 'pg'
import type { PeerCounter, PeerMoved } from './peer-counts.js'
import type { PlanStatement } from './statement.js'

/** Statements, and a client of the server that answers them. */
export interface PlanWorld {
  readonly name: string
  readonly client: pg.Client
  readonly statements: readonly PlanStatement[]
  readonly counter?: PeerCounter | undefined
}

export interface PlanResult {
  readonly name: string
  /** Rows received from sources. */
  readonly moved: number
  readonly least: number
  readonly because: string
  /** Rows promised at most, where they are. */
  readonly most: number | undefined
  /** moved / least, where none counts as one. */
  readonly ratio: number
  readonly bytes: number
  readonly calls: number
  /** Of each node that ran: how far its estimate was from the truth. */
  readonly estimates: readonly EstimateError[]
  /** The same once the session had learned from a run of the statement. */
  readonly learned: readonly EstimateError[]
  readonly plan: string
  /** Rows and bytes that PostgreSQL and MariaDB sent, to us (`ours`) and to each peer. */
  readonly sent: Readonly<Record<string, PeerMoved>> | undefined
}

export interface EstimateError {
  /** The operator: `Hash Join`. */
  readonly node: string
  /** How many times too many or too few rows were estimated: 1 is right. Fewer than one row counts as one. */
  readonly factor: number
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
    const promised =
      statement.most === undefined
        ? undefined
        : await client.query<{ most: string }>(`SELECT (${statement.most})::bigint AS most`)
    const most = promised && Number(promised.rows[0]?.most)
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${statement.sql}`,
    )
    const [{ Plan: root, Totals: totals }] = rows[0]?.['QUERY PLAN'] as [ExplainedStatement]
    const text = await client.query<{ 'QUERY PLAN': string }>(`EXPLAIN ANALYZE ${statement.sql}`)
    const learned = await learnedEstimates(client, statement.sql)
    const moved = totals['Rows Moved'] ?? NaN
    return {
      ...{ name, moved, least, most, because: statement.because },
      ratio: Math.max(1, moved) / Math.max(1, least),
      bytes: totals['Bytes Moved'] ?? NaN,
      calls: totals['Remote Calls'] ?? NaN,
      estimates: estimateErrors(root),
      learned,
      sent: await world.counter?.count(client, statement.sql),
      plan: text.rows.map((row) => row['QUERY PLAN']).join('\n'),
    }
  } catch (error) {
    throw new Error(`"${name}" failed: ${String(error)}`, { cause: error })
  }
}

/** Runs it in a session that learns, and again with what it learned. */
async function learnedEstimates(client: pg.Client, sql: string): Promise<EstimateError[]> {
  await client.query('SET tributary.learned_estimates = on')
  try {
    await client.query(sql)
    // Another text: the plan that was made before is not at hand.
    const { rows } = await client.query<{ 'QUERY PLAN': unknown }>(
      `EXPLAIN (ANALYZE, FORMAT JSON) ${sql} -- again`,
    )
    const [{ Plan: root }] = rows[0]?.['QUERY PLAN'] as [ExplainedStatement]
    return estimateErrors(root)
  } finally {
    await client.query('RESET tributary.learned_estimates')
  }
}

interface ExplainedNode {
  readonly 'Node Type': string
  readonly 'Plan Rows': number | null
  readonly 'Actual Rows'?: number
  readonly Plans?: readonly ExplainedNode[]
}

interface ExplainedStatement {
  readonly Plan: ExplainedNode
  readonly Totals: Readonly<Record<string, number>>
}

/** The q-error of every node. */
function estimateErrors(node: ExplainedNode): EstimateError[] {
  const below = (node.Plans ?? []).flatMap(estimateErrors)
  const [estimated, actual] = [node['Plan Rows'], node['Actual Rows']]
  if (estimated === null || actual === undefined) return below
  const [a, b] = [Math.max(1, estimated), Math.max(1, actual)]
  return [{ node: node['Node Type'], factor: Math.max(a / b, b / a) }, ...below]
}
