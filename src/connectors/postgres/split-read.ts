/** Takes the connections over which a table is read in parts, all under one snapshot, and says what each of them asks for. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { ConnectionPool } from './connection-pool.js'
import { queryMessage } from './protocol-messages.js'
import type { SplitPlan } from './split-plan.js'
import { queryRow, runSilently } from './statement-run.js'
import type { WireConnection } from './wire-connection.js'

/** One part: a connection in a transaction on the shared snapshot, and its statement. */
export interface SplitPart {
  readonly connection: WireConnection
  readonly text: string
}

const BEGIN = 'BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY'

/** Fewer pages than this are not worth a connection. */
const PAGES_WORTH_A_PART = 2_000

/**
 * Opens the parts; undefined when the table is read whole after all: no second connection is free, the table is small, or the
 * server exports no snapshot (some poolers and standbys).
 */
export async function openParts(
  source: SourceDefinition,
  pool: ConnectionPool,
  split: SplitPlan,
  signal: AbortSignal,
): Promise<readonly SplitPart[] | undefined> {
  const connections = [await pool.acquire(signal)]
  try {
    const [leader] = connections as [WireConnection]
    await runSilently(source, leader, queryMessage(BEGIN))
    const [snapshot, pages] = await queryRow(
      source,
      leader,
      `SELECT pg_catalog.pg_export_snapshot(), pg_catalog.pg_relation_size('${split.relation.replaceAll("'", "''")}'::regclass) / 8192`,
    )
    const useful = Math.floor(Number(pages) / PAGES_WORTH_A_PART)
    while (connections.length < Math.min(split.parts, useful)) {
      const next = await pool.acquireFree(signal)
      if (next === undefined) break
      connections.push(next)
      await runSilently(
        source,
        next,
        queryMessage(`${BEGIN}; SET TRANSACTION SNAPSHOT '${snapshot}'`),
      )
    }
    if (connections.length > 1) return connections.map((connection, i) => ({ connection, text: partText(split, Number(pages), i, connections.length) })) // prettier-ignore
    await runSilently(source, leader, queryMessage('COMMIT'))
    pool.release(leader, true)
  } catch {
    for (const connection of connections) pool.release(connection, false)
    signal.throwIfAborted()
  }
  return undefined
}

/** Part `i` of `parts`: equal ranges of the pages there are now; the last one has no end, for what a later row version may need. */
function partText(split: SplitPlan, pages: number, i: number, parts: number): string {
  const page = (part: number) => Math.floor((pages * part) / parts)
  const bounds = [
    ...(i === 0 ? [] : [`${split.alias}.ctid >= '(${page(i)},0)'::tid`]),
    ...(i === parts - 1 ? [] : [`${split.alias}.ctid < '(${page(i + 1)},0)'::tid`]),
  ]
  return `${split.prefix} (${bounds.join(' AND ')})`
}
