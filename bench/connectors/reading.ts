/** Reads a statement through a connector, without the rest of the engine; and starts the test servers as processes of their own. */
import { spawn } from 'node:child_process'
import type { ServerFacts, SourceDefinition } from '../../src/catalog/catalog.js'
import type { Connector, RemoteStatement } from '../../src/connectors/connector.js'
import { BATCH_ROWS } from '../../src/executor/batch.js'
import { parseTypeName } from '../../src/types/type-registry.js'

/** An opened source and how to read a statement from it. */
export interface Reading {
  /** Reads all batches, and returns how many rows there were. */
  readonly read: () => Promise<number>
  readonly close: () => Promise<void>
}

/** Opens a source to read one statement again and again. */
export function openReading(
  connector: Connector,
  source: SourceDefinition,
  statement: RemoteStatement,
): Reading {
  const open = connector.open(source)
  return {
    read: async () => {
      let count = 0
      const { signal } = new AbortController()
      for await (const batch of open.scan(statement, [], { signal, batchRows: BATCH_ROWS })) count += batch.length // prettier-ignore
      return count
    },
    close: () => open.close(),
  }
}

/** A column of the table that is read: its name, its type, and where it is when not under its name. */
export interface BenchColumn {
  readonly name: string
  readonly type: string
  readonly from?: string
  readonly native?: string
}

/** A source with one table; `facts` are what discovery would have found out. */
export function sourceWith(
  kind: string,
  connection: Record<string, unknown>,
  table: string,
  columns: readonly BenchColumn[],
  facts: { readonly server?: ServerFacts; readonly rows?: number } = {},
): SourceDefinition {
  const { server, rows } = facts
  return {
    ...(server === undefined ? {} : { server }),
    ...{ name: 'bench', connector: kind, connection, limits: {}, discover: {}, directory: '/' },
    tables: [
      {
        ...{ name: 'bench', from: table, rely: true, options: {} },
        columns: columns.map(({ name, type, from, native }) => ({
          ...{ name, type, from: from ?? name, notNull: false, hidden: false, tags: [] },
          ...(native === undefined ? {} : { native }),
          options: {},
        })),
        ...{ primaryKey: [], unique: [], foreignKeys: [], indexes: [], requireFilter: [] },
        statistics: { columns: {}, ...(rows === undefined ? {} : { rows }) },
      },
    ],
  }
}

/** The statement that reads the table, as the connector's planning half prints it. */
export function scanOf(
  connector: Connector,
  source: SourceDefinition,
  columns: readonly BenchColumn[],
): RemoteStatement {
  return connector.pushdown(source).print({
    ...{ kind: 'scan', source: source.name, schema: source.name, table: 'bench' },
    columns: columns.map(({ name, type }, i) => ({ id: i + 1, name, type: parseTypeName(type) })),
    tableColumns: columns.map(({ name }) => name),
  })
}

/** Starts a program of this folder, waits for the line of JSON that says where it is, and stops it through its stdin. */
export async function startServer<Facts>(
  program: string,
  ...args: readonly string[]
): Promise<{ facts: Facts; stop: () => void }> {
  const path = new URL(program, import.meta.url).pathname
  const child = spawn(process.execPath, ['--import', 'tsx', path, ...args], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const facts = await new Promise<Facts>((resolve, reject) => {
    child.stdout.once('data', (chunk: Buffer) => resolve(JSON.parse(chunk.toString()) as Facts))
    child.once('exit', () => reject(new Error('The server did not start')))
  })
  return { facts, stop: () => child.stdin.end() }
}
