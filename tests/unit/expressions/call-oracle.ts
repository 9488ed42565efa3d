/** Kernels beside PostgreSQL over rows of arguments drawn at random, all of one function in one statement. */
import { startPostgres } from '../../../src/analyzer/postgres/pglite.js'
import { EngineError } from '../../../src/errors.js'
import type { FunctionReference } from '../../../src/expressions/expression.js'
import { findKernel } from '../../../src/expressions/kernels/registry.js'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../../src/session/settings/value-settings.js'
import { sqlType, type Datum } from '../../../src/types/sql-type.js'
import { textAt } from '../../../src/types/text-output.js'
import { parseTypeName } from '../../../src/types/type-registry.js'
import { vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'

export interface CallOracle {
  /** Differences over rows of argument texts; `call` as `to_char(float8,text)`. */
  differences(call: string, result: string, rows: readonly (readonly string[])[]): string[]
  close(): Promise<void>
}

const ATTEMPT = `
create function attempt(expression text, cells text[]) returns text language plpgsql as $$
declare v text; code text; message text;
begin
  execute expression into v using cells;
  return v;
exception when others then
  get stacked diagnostics code = returned_sqlstate, message = message_text;
  return 'ERROR ' || code || ' ' || message;
end $$`

/** Starts a PostgreSQL in this process. */
export async function startCallOracle(
  settings: ValueSettings = DEFAULT_VALUE_SETTINGS,
): Promise<CallOracle> {
  const postgres = await startPostgres()
  postgres.exec(`${ATTEMPT}; set timezone = '${settings.timeZone}'`)
  return {
    differences(call, result, rows) {
      const [, name = '', list = ''] = /^(\w+)\((.*)\)$/.exec(call) ?? []
      const types = list.split(',')
      const casts = types.map((type, index) => `$1[${index + 1}]::${type}`)
      const quoted = (text: string): string => `'${text.replaceAll("'", "''")}'`
      const values = rows.map(
        (row) => `array[${row.map((cell) => `e${quoted(cell.replaceAll('\\', '\\\\'))}`).join()}]`,
      )
      const expected = postgres
        .query(
          `select attempt(${quoted(`select ${name}(${casts.join()})::text`)}, cells)
           from (values ${values.map((cells, index) => `(${cells}, ${index})`).join()}) v (cells, n) order by n`,
        )
        .map(([text]) => text ?? null)
      const kernel = findKernel({
        schema: 'pg_catalog',
        name,
        signature: call,
      } as FunctionReference)
      if (kernel === undefined) return [`${call} has no kernel`]
      const run = (row: readonly string[]): Datum => {
        try {
          const inputs = row.map((cell, index) =>
            vectorFromDatums(sqlType(parseTypeName(types[index]!).oid), [cell]),
          )
          const vector = kernel.run(inputs, {
            length: 1,
            nulls: undefined,
            type: sqlType(parseTypeName(result).oid),
            context: {
              parameters: [],
              settings,
              transactionTime: 0,
              statementTime: 0,
              session: {},
            },
            constant: row.map(() => false),
          })
          return vector.nulls?.[0] === 1 ? null : textAt(vector, 0, settings)
        } catch (error) {
          if (!(error instanceof EngineError)) throw error
          return `ERROR ${error.code} ${error.message}`
        }
      }
      return rows.flatMap((row, index) => {
        const ours = run(row)
        if (ours === expected[index]) return []
        return [`${call} of ${JSON.stringify(row)}: PostgreSQL ${JSON.stringify(expected[index])}, ours ${JSON.stringify(ours)}`] // prettier-ignore
      })
    },
    close: () => postgres.close(),
  }
}
