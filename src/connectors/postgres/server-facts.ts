/** What the planner must know of a server: version, collation, time zone. */
import type { Client } from 'pg'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import { openClient } from './open-client.js'
import { connectError } from './source-errors.js'
import { describeCollation } from './text-semantics.js'

/** Runs work on a client of its own; closes it afterwards, at once when the signal aborts. */
export async function withClient<T>(
  source: SourceDefinition,
  signal: AbortSignal,
  work: (client: Client) => Promise<T>,
): Promise<T> {
  signal.throwIfAborted()
  let client: Client
  try {
    client = await openClient(source)
  } catch (error) {
    throw connectError(source, error)
  }
  const { stream } = (client as unknown as { connection: { stream: { destroy(): void } } })
    .connection
  const onAbort = () => stream.destroy()
  signal.addEventListener('abort', onAbort, { once: true })
  try {
    signal.throwIfAborted()
    return await work(client)
  } catch (error) {
    signal.throwIfAborted()
    throw error
  } finally {
    signal.removeEventListener('abort', onAbort)
    await client.end().catch(() => undefined)
  }
}

/** Connects and asks for the server's facts. */
export function readServerFacts(
  source: SourceDefinition,
  signal: AbortSignal,
): Promise<ServerFacts> {
  return withClient(source, signal, serverFactsOf)
}

/** Asks a connected server. */
export async function serverFactsOf(client: Client): Promise<ServerFacts> {
  const collation = await databaseCollation(client)
  const { rows } = await client.query<{ version: string; zone: string }>(
    `SELECT current_setting('server_version') AS version, reset_val AS zone
     FROM pg_settings WHERE name = 'TimeZone'`,
  )
  const { version = '', zone } = rows[0] ?? {}
  return {
    product: 'PostgreSQL',
    version: version.split(' ')[0]!,
    collation,
    ...(zone === undefined ? {} : { timezone: zone }),
  }
}

/** The database's default collation, as lock files write it. */
export async function databaseCollation(client: Client): Promise<string> {
  const { rows: columns } = await client.query<{ name: string }>(
    `SELECT attname AS name FROM pg_attribute
     WHERE attrelid = 'pg_database'::regclass AND attname IN ('datlocprovider', 'daticulocale', 'datlocale')`,
  )
  const names = new Set(columns.map((column) => column.name))
  const provider = names.has('datlocprovider') ? 'datlocprovider' : "'c'"
  // The locale's column was renamed in version 17.
  const locale = names.has('datlocale')
    ? 'coalesce(datlocale, datcollate)'
    : names.has('daticulocale')
      ? 'coalesce(daticulocale, datcollate)'
      : 'datcollate'
  const { rows } = await client.query<{ provider: string; locale: string }>(
    `SELECT ${provider}::text AS provider, ${locale} AS locale
     FROM pg_database WHERE datname = current_database()`,
  )
  const row = rows[0]!
  return describeCollation(row.locale, row.provider, true)
}
