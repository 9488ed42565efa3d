/** A connector of sixty lines: tables in one JSON file, `{"people": [["id", "name"], ["integer", "text"], ["1", "Ann"]]}`. */
import { readFile } from 'node:fs/promises'
import { resolve } from 'node:path'
import type { Connector, Judgement } from '../../src/connectors/connector.js'
import { EngineError, SQLSTATE } from '../../src/errors.js'
import { vectorFromDatums } from '../../src/types/vectors/vector-ops.js'

/** By name: the columns' names, their types, then rows of values in PostgreSQL's text form. */
type Sheets = Readonly<Record<string, readonly (readonly (string | null)[])[]>>
const NOTHING: Judgement = { support: 'none', reason: 'a sheet computes nothing' }
const SERVER = { product: 'Sheet', version: '1' }

export const connector: Connector = {
  kind: 'sheet',
  capabilities: {
    ...{ title: 'Sheet', keys: { transport: 'none', maximum: 0 }, statistics: ['rows'] },
    cancel: 'rows are in memory: reading stops',
  },
  validate: ({ connection }) =>
    typeof connection.file === 'string' ? [] : [{ key: 'file', message: 'Expected a file name' }],
  pushdown: ({ name, tables }) => ({
    ...{ site: `sheet:${name}`, maximumKeys: 0, judgeExpression: () => NOTHING },
    judgeNode: (node) => (node.kind === 'scan' ? { support: 'exact' } : NOTHING),
    print(fragment) {
      if (fragment.kind !== 'scan') throw new EngineError(SQLSTATE.internalError, NOTHING.reason)
      const table = tables.find((t) => t.name === fragment.table)?.from ?? fragment.table
      const handle = { table, names: fragment.tableColumns }
      return { text: table, parameters: [], columns: fragment.columns, handle }
    },
  }),
  open({ name, directory, connection }) {
    const file = resolve(directory, String(connection.file))
    const read = async (): Promise<Sheets> => JSON.parse(await readFile(file, 'utf8')) as Sheets
    return {
      async *scan({ handle, columns }, _values, { signal, batchRows }) {
        const { table, names } = handle as { table: string; names: readonly string[] }
        const [header, , ...rows] = (await read())[table] ?? []
        const missing = `No sheet ${table} in source "${name}"`
        if (header === undefined) throw new EngineError(SQLSTATE.sourceTableNotFound, missing)
        for (let start = 0; start < rows.length; start += batchRows) {
          signal.throwIfAborted()
          const part = rows.slice(start, start + batchRows)
          const valuesOf = (i: number) => part.map((row) => row[header.indexOf(names[i]!)] ?? null)
          const vectors = columns.map(({ type }, i) => vectorFromDatums(type, valuesOf(i)))
          yield { length: part.length, columns: vectors }
        }
      },
      async discover() {
        const typed = (type: string) => ({ type, native: type, notNull: false })
        const tables = Object.entries(await read()).map(([from, [names, types, ...rows]]) => ({
          ...{ from, rows: rows.length, primaryKey: [], unique: [], indexes: [], foreignKeys: [] },
          columns: names!.map((n, i) => ({ name: String(n), ...typed(String(types![i])) })),
        }))
        return { server: SERVER, tables }
      },
      ping: async () => (await read(), SERVER),
      close: () => Promise.resolve(),
    }
  },
}
