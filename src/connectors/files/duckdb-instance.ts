/** A DuckDB of an opened source: in memory, allowed to read below the given roots and nowhere else. */
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import type { DuckDBConnection, DuckDBInstance } from '@duckdb/node-api'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { quoteString } from '../sql/ansi-dialect.js'
import { EXACT_MACROS } from './exact-values.js'

/** Opens on first use; connections are kept for reuse. */
export class FileDatabase {
  readonly #source: SourceDefinition
  readonly #roots: readonly string[]
  #instance: Promise<DuckDBInstance> | undefined
  readonly #idle: DuckDBConnection[] = []

  constructor(source: SourceDefinition, roots: readonly string[]) {
    this.#source = source
    this.#roots = roots
  }

  /** Takes a connection. */
  async acquire(): Promise<DuckDBConnection> {
    this.#instance ??= this.#open()
    const instance = await this.#instance
    return this.#idle.pop() ?? instance.connect()
  }

  /** Gives one back that is at rest. */
  release(connection: DuckDBConnection): void {
    if (this.#instance === undefined) connection.closeSync()
    else this.#idle.push(connection)
  }

  /** Closes everything at rest. */
  async close(): Promise<void> {
    const instance = this.#instance
    this.#instance = undefined
    for (const connection of this.#idle.splice(0)) connection.closeSync()
    if (instance) (await instance).closeSync()
  }

  async #open(): Promise<DuckDBInstance> {
    const { DuckDBInstance } = await import('@duckdb/node-api')
    const { memory_limit: memory } = this.#source.connection
    const instance = await DuckDBInstance.create(':memory:', {
      autoinstall_known_extensions: 'false',
      autoload_known_extensions: 'false',
      memory_limit: typeof memory === 'string' ? memory : '256MB',
      threads: '2',
      temp_directory: join(tmpdir(), `tributary-files-${process.pid}`),
    })
    const connection = await instance.connect()
    const roots = this.#roots.map(quoteString).join(', ')
    await connection.run(`SET allowed_directories=[${roots}]`)
    await connection.run('SET enable_external_access=false')
    await connection.run("SET GLOBAL TimeZone='UTC'")
    await connection.run('SET lock_configuration=true')
    for (const macro of EXACT_MACROS) await connection.run(macro)
    this.#idle.push(connection)
    return instance
  }
}
