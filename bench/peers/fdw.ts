/** The peer `fdw`: a PostgreSQL 15 from Debian with postgres_fdw, mysql_fdw and file_fdw over the same sources. */
import { execFileSync, spawn } from 'node:child_process'
import { chmodSync, existsSync, mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import pg from 'pg'
import { freePort } from '../../tests/servers/free-port.js'
import { TimeLimit, type FileTable, type StartPeer } from './peer.js'

const BIN = '/usr/lib/postgresql/15/bin'

/**
 * Needs Debian's postgresql-15 and postgresql-15-mysql-fdw. Remote estimates are on for PostgreSQL only: mysql_fdw reads
 * one row out of MariaDB's EXPLAIN for 3 M, and loops over the other table's server once per row; its 1,000 rows do better.
 */
export const startFdw: StartPeer = async ({ postgres, mariadb }) => {
  const isInstalled =
    existsSync(`${BIN}/postgres`) &&
    existsSync('/usr/share/postgresql/15/extension/mysql_fdw.control')
  if (!isInstalled) {
    console.error('peer fdw: skipped, install postgresql-15 and postgresql-15-mysql-fdw')
    return undefined
  }
  const directory = mkdtempSync(join(tmpdir(), 'tributary-fdw-'))
  const data = join(directory, 'data')
  const port = await freePort()
  // PostgreSQL refuses to run as root.
  const isRoot = process.getuid?.() === 0
  const as = (command: string, args: string[]): [string, string[]] =>
    isRoot ? ['runuser', ['-u', 'postgres', '--', command, ...args]] : [command, args]
  if (isRoot) {
    chmodSync(directory, 0o777)
  }
  const [initdb, initdbArgs] = as(`${BIN}/initdb`, ['-D', data, '-U', 'bench', '--auth=trust', '--no-sync', '--locale=C', '-E', 'UTF8']) // prettier-ignore
  execFileSync(initdb, initdbArgs, { stdio: 'ignore' })
  const settings = [`port=${port}`, 'listen_addresses=127.0.0.1', 'unix_socket_directories=', 'fsync=off', 'shared_buffers=256MB', 'work_mem=256MB'] // prettier-ignore
  const [command, args] = as(`${BIN}/postgres`, ['-D', data, ...settings.flatMap((s) => ['-c', s])])
  const child = spawn(command, args, { stdio: 'ignore' })
  const client = await connectWhenReady(port)
  await client.query(`
    CREATE SCHEMA wrappers;
    CREATE EXTENSION postgres_fdw SCHEMA wrappers; CREATE EXTENSION mysql_fdw SCHEMA wrappers; CREATE EXTENSION file_fdw SCHEMA wrappers;
    CREATE SERVER pg FOREIGN DATA WRAPPER postgres_fdw OPTIONS
      (host '127.0.0.1', port '${postgres.port}', dbname '${postgres.database}', use_remote_estimate 'true', fetch_size '10000');
    CREATE USER MAPPING FOR bench SERVER pg OPTIONS (user '${postgres.user}', password '${postgres.password}');
    CREATE SERVER my FOREIGN DATA WRAPPER mysql_fdw OPTIONS (host '127.0.0.1', port '${mariadb.port}', fetch_size '10000');
    CREATE USER MAPPING FOR bench SERVER my OPTIONS (username '${mariadb.user}', password '${mariadb.password}');
    CREATE SERVER files FOREIGN DATA WRAPPER file_fdw`)
  return {
    name: 'fdw',
    async define(tables) {
      await client.query('DROP SCHEMA public CASCADE; CREATE SCHEMA public')
      for (const table of tables) {
        switch (table.at) {
          case 'postgres':
            await client.query(
              `IMPORT FOREIGN SCHEMA ${table.schema} LIMIT TO (${table.name}) FROM SERVER pg INTO public`,
            )
            break
          case 'mariadb':
            await client.query(
              `IMPORT FOREIGN SCHEMA ${mariadb.database} LIMIT TO (${table.name}) FROM SERVER my INTO public`,
            )
            break
          case 'file':
            await client.query(foreignFile(table))
        }
        // mysql_fdw has no statistics of its own; the others take a sample.
        if (table.at !== 'mariadb') await client.query(`ANALYZE ${table.name}`)
      }
    },
    async run(sql, limit = 0) {
      await client.query(`SET statement_timeout = ${Math.round(limit)}`)
      const started = performance.now()
      try {
        const { rows } = await client.query({ text: sql, rowMode: 'array' })
        return { milliseconds: performance.now() - started, rows: rows.length }
      } catch (error) {
        const isLimit = error instanceof pg.DatabaseError && error.code === '57014'
        throw isLimit ? new TimeLimit(`fdw: ${limit} ms`) : error
      }
    },
    async stop() {
      await client.end()
      const [stop, stopArgs] = as(`${BIN}/pg_ctl`, ['-D', data, '-m', 'immediate', 'stop'])
      execFileSync(stop, stopArgs, { stdio: 'ignore' })
      child.kill()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}

/** PostgreSQL reads text files itself, on this machine. */
function foreignFile({ name, columns, text }: FileTable): string {
  const list = columns.map((column) => `${column.name} ${column.type}`).join(', ')
  return `CREATE FOREIGN TABLE ${name} (${list}) SERVER files OPTIONS (filename '${text}', format 'text')`
}

async function connectWhenReady(port: number): Promise<pg.Client> {
  for (let attempt = 0; ; attempt++) {
    const client = new pg.Client({ host: '127.0.0.1', port, user: 'bench', database: 'postgres' })
    try {
      await client.connect()
      return client
    } catch (error) {
      if (attempt > 200) throw error
      await sleep(50)
    }
  }
}
