/** Small queries whose values are wanted as strings, or whose columns are: what discovery asks. */
import { sqlType, OID } from '../../types/sql-type.js'
import { encodeParameter } from './parameters.js'
import { fieldBytes, textOf } from './text-form.js'
import type { WireConnection } from './wire-connection.js'
import type { WireColumn } from './wire-protocol.js'

/** Runs a query and collects its rows. */
export async function queryTexts(
  connection: WireConnection,
  sql: string,
  values: readonly string[] = [],
): Promise<(string | null)[][]> {
  const rows: (string | null)[][] = []
  let columns: readonly WireColumn[] = []
  const parameters = values.map((value) => encodeParameter(value, sqlType(OID.text)))
  await connection.run(sql, parameters, {
    columns: (wire) => {
      columns = wire
    },
    row: (buffer, start) => {
      const nulls = start + 1
      let offset = nulls + ((columns.length + 9) >> 3)
      rows.push(
        columns.map((wire, c) => {
          const bit = c + 2
          if ((buffer[nulls + (bit >> 3)]! & (1 << (bit & 7))) !== 0) return null
          const end = offset + fieldBytes(buffer, offset, wire.type)
          const text = textOf(buffer, offset, end, wire)
          offset = end
          return text
        }),
      )
    },
  })
  return rows
}

/** Runs a query for the description of its columns. */
export async function queryColumns(
  connection: WireConnection,
  sql: string,
): Promise<readonly WireColumn[]> {
  let columns: readonly WireColumn[] = []
  await connection.run(sql, [], {
    columns: (wire) => {
      columns = wire
    },
    row: () => undefined,
  })
  return columns
}
