/** Opens a client of the `pg` driver for a source. The driver is imported on first use. */
import type { Client, ClientConfig } from 'pg'
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { ReusedBuffer } from '../reused-buffer.js'
import { readConnection, type PostgresConnection } from './connection-options.js'

/**
 * What every connection starts with: nothing can be written, and what functions depend on besides the session's settings is as in the engine.
 */
function startingStatements(source: SourceDefinition): string {
  const timeout = source.limits.statementTimeout ?? 0
  return [
    'SET default_transaction_read_only = on',
    'SET standard_conforming_strings = on',
    "SET lc_monetary = 'C'",
    "SET lc_numeric = 'C'",
    "SET lc_time = 'C'",
    "SET client_encoding = 'UTF8'",
    `SET statement_timeout = ${Math.round(timeout)}`,
  ].join('; ')
}

/** Connects; throws the driver's error. Without encryption the socket is `reused`'s, when there is one. */
export async function openClient(source: SourceDefinition, reused?: ReusedBuffer): Promise<Client> {
  const { default: pg } = await import('pg')
  const options = readConnection(source)
  let client: Client
  try {
    client = await connected(new pg.Client(configOf(options, reused)))
  } catch (error) {
    const hasNoTls = error instanceof Error && /does not support SSL/.test(error.message)
    if (options.tls !== 'prefer' || !hasNoTls) throw error
    client = await connected(new pg.Client(configOf({ ...options, tls: 'disable' }, reused)))
  }
  await client.query(startingStatements(source))
  return client
}

async function connected(client: Client): Promise<Client> {
  // An idle connection that breaks must not end the process; its next use reports it.
  client.on('error', () => undefined)
  await client.connect()
  return client
}

function configOf(options: PostgresConnection, reused?: ReusedBuffer): ClientConfig {
  const { host, port, database, user, password, tls, ca } = options
  return {
    ...{ host, port, database, user },
    ...(password === undefined ? {} : { password }),
    application_name: 'tributary',
    connectionTimeoutMillis: options.connectTimeout,
    keepAlive: true,
    // Encrypted bytes are Node's to decrypt first.
    ...(tls === 'disable' && reused !== undefined ? { stream: () => reused.socket } : {}),
    ssl:
      tls === 'disable'
        ? false
        : { rejectUnauthorized: tls === 'verify-full', ...(ca === undefined ? {} : { ca }) },
  }
}
