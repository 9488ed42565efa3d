/** A connector of sixty lines: tables in one JSON file, `{"people": {"columns": {"id": "integer"}, "rows": [["1"]]}}`. It pushes nothing. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import type { Connector, Judgement, OpenSource } from '../../src/connectors/connector.js'
import { EngineError, SQLSTATE } from '../../src/errors.js'
import { vectorFromDatums } from '../../src/types/vector-ops.js'

interface Sheet {
  readonly columns: Readonly<Record<string, string>>
  /** Values in PostgreSQL's text form. */
  readonly rows: readonly (readonly (string | null)[])[]
}

const NOTHING: Judgement = { support: 'none', reason: 'a sheet computes nothing' }

export const connector: Connector = {
  kind: 'sheet',
  capabilities: {
    title: 'Sheet',
    keys: { transport: 'none', maximum: 0 },
    cancel: 'rows are in memory: reading stops',
    statistics: ['rows'],
  },
  validate: ({ connection }) =>
    typeof connection.file === 'string' ? [] : [{ key: 'file', message: 'Expected a file name' }],
  pushdown: (source) => ({
    site: `sheet:${source.name}`,
    maximumKeys: 0,
    judgeExpression: () => NOTHING,
    judgeNode: (node) => (node.kind === 'scan' ? { support: 'exact' } : NOTHING),
    print(fragment) {
      if (fragment.kind !== 'scan') throw new EngineError(SQLSTATE.internalError, NOTHING.reason)
      const table = source.tables.find((t) => t.name === fragment.table)?.from ?? fragment.table
      const names = fragment.tableColumns
      const text = `${table}: ${names.join(', ')}`
      return { text, parameters: [], columns: fragment.columns, handle: { table, names } }
    },
  }),
  open,
}

function open(source: SourceDefinition): OpenSource {
  const read = async (): Promise<Readonly<Record<string, Sheet>>> =>
    JSON.parse(await readFile(resolve(source.directory, String(source.connection.file)), 'utf8'))
  return {
    async *scan({ handle, columns }, _values, { signal, batchRows }) {
      const { table, names } = handle as { table: string; names: readonly string[] }
      const sheet = (await read())[table]
      if (sheet === undefined)
        throw new EngineError(
          SQLSTATE.sourceTableNotFound,
          `No sheet ${table} in source "${source.name}"`,
        )
      const at = names.map((name) => Object.keys(sheet.columns).indexOf(name))
      for (let start = 0; start < sheet.rows.length; start += batchRows) {
        signal.throwIfAborted()
        const rows = sheet.rows.slice(start, start + batchRows)
        yield {
          length: rows.length,
          columns: columns.map((c, i) =>
            vectorFromDatums(
              c.type,
              rows.map((row) => row[at[i]!] ?? null),
            ),
          ),
        }
      }
    },
    async discover() {
      const tables = Object.entries(await read()).map(([from, { columns, rows }]) => ({
        ...{ from, rows: rows.length, primaryKey: [], unique: [], indexes: [], foreignKeys: [] },
        columns: Object.entries(columns).map(([name, type]) => ({
          name,
          type,
          native: type,
          notNull: false,
        })),
      }))
      return { server: { product: 'Sheet', version: '1' }, tables }
    },
    ping: async () => (await read(), { product: 'Sheet', version: '1' }),
    close: () => Promise.resolve(),
  }
}
