/** The peer `chdb`: ClickHouse in a child process, with its tables over PostgreSQL, MySQL and files. */
import { fork, type ChildProcess } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import pg from 'pg'
import { TimeLimit, type Endpoint, type PeerRun, type PeerTable, type StartPeer } from './peer.js'

/** Holds the tables as ClickHouse wants them; see trimmedViews. */
const TRIMMED = 'without_padding'

/** Outer joins give NULL as in standard SQL; the rest is as ClickHouse comes. */
const SETTINGS = 'SET join_use_nulls = 1'

/** Needs the npm package chdb (`npm install --no-save chdb`), which is no dependency of ours. */
export const startChdb: StartPeer = async ({ postgres, mariadb }) => {
  let path: string
  try {
    path = createRequire(import.meta.url).resolve('chdb')
  } catch {
    console.error('peer chdb: skipped, install it with `npm install --no-save chdb`')
    return undefined
  }
  const pgTable = (name: string): string =>
    `postgresql('127.0.0.1:${postgres.port}', '${postgres.database}', '${name}', '${postgres.user}', '${postgres.password}', '${TRIMMED}')`
  const myTable = (name: string): string =>
    `mysql('127.0.0.1:${mariadb.port}', '${mariadb.database}', '${name}', '${mariadb.user}', '${mariadb.password}')`
  let child = await startProcess(path)
  let defined: readonly PeerTable[] = []
  const define = async (): Promise<void> => {
    for (const table of defined) {
      await ask(child, `DROP TABLE IF EXISTS ${table.name}`)
      // A view would keep conditions from the source; a table does not.
      if (table.at === 'file') {
        await ask(
          child,
          `CREATE VIEW ${table.name} AS SELECT * FROM file('${table.parquet}', Parquet)`,
        )
      } else {
        const source = table.at === 'postgres' ? pgTable(table.name) : myTable(table.name)
        await ask(child, `CREATE TABLE ${table.name} AS ${source}`)
      }
    }
  }
  return {
    name: 'chdb',
    async define(tables) {
      await trimmedViews(postgres, tables)
      for (const { name } of defined) await ask(child, `DROP TABLE IF EXISTS ${name}`)
      defined = tables
      await define()
    },
    async run(sql, limit = Infinity) {
      try {
        return await ask(child, sql, limit)
      } catch (error) {
        if (!(error instanceof TimeLimit)) throw error
        // A running statement cannot be stopped otherwise.
        await end(child)
        child = await startProcess(path)
        await define()
        throw error
      }
    },
    stop: () => end(child),
  }
}

async function startProcess(path: string): Promise<ChildProcess> {
  const child = fork(fileURLToPath(new URL('./chdb-process.mjs', import.meta.url)), [path])
  await ask(child, SETTINGS)
  return child
}

function ask(child: ChildProcess, sql: string, limit = Infinity): Promise<PeerRun> {
  return new Promise((resolve, reject) => {
    const timer =
      limit === Infinity
        ? undefined
        : setTimeout(() => settle(() => reject(new TimeLimit(`chdb: ${limit} ms`))), limit)
    const onMessage = (answer: Partial<PeerRun> & { error?: string }): void => {
      const { milliseconds, rows } = answer
      settle(() =>
        milliseconds === undefined || rows === undefined
          ? reject(new Error(answer.error))
          : resolve({ milliseconds, rows }),
      )
    }
    const onExit = (): void => settle(() => reject(new Error('The process of chdb ended')))
    const settle = (outcome: () => void): void => {
      clearTimeout(timer)
      child.off('message', onMessage)
      child.off('exit', onExit)
      outcome()
    }
    child.on('message', onMessage)
    child.on('exit', onExit)
    child.send({ sql })
  })
}

function end(child: ChildProcess): Promise<void> {
  if (child.exitCode !== null || child.signalCode !== null) return Promise.resolve()
  return new Promise((resolve) => {
    child.once('exit', () => resolve())
    child.kill('SIGKILL')
  })
}

/**
 * ClickHouse takes char(n) from PostgreSQL with its blanks, and then no comparison with a word is true. Views that hand the
 * same columns out as text let it answer right and still send its conditions.
 */
async function trimmedViews(endpoint: Endpoint, tables: readonly PeerTable[]): Promise<void> {
  const client = new pg.Client(endpoint)
  await client.connect()
  try {
    await client.query(`CREATE SCHEMA IF NOT EXISTS ${TRIMMED}`)
    for (const table of tables) {
      if (table.at !== 'postgres') continue
      const { rows } = await client.query<{ name: string; isPadded: boolean }>(
        `SELECT quote_ident(attname) AS name, atttypid = 'bpchar'::regtype AS "isPadded" FROM pg_attribute
         WHERE attrelid = $1::regclass AND attnum > 0 AND NOT attisdropped ORDER BY attnum`,
        [`${table.schema}.${table.name}`],
      )
      const columns = rows.map(({ name, isPadded }) =>
        isPadded ? `${name}::text AS ${name}` : name,
      )
      await client.query(
        `CREATE OR REPLACE VIEW ${TRIMMED}.${table.name} AS SELECT ${columns.join(', ')} FROM ${table.schema}.${table.name}`,
      )
    }
  } finally {
    await client.end()
  }
}
