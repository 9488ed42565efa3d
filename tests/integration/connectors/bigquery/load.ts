/** Puts world tables into the BigQuery test server. */
import type { BigQueryField, BigQueryServer } from '../../../servers/bigquery.js'
import type { WorldTable } from '../../../world/table.js'

const TYPES: Readonly<Record<string, string>> = {
  ...{ int2: 'INT64', int4: 'INT64', int8: 'INT64', float8: 'FLOAT64', bool: 'BOOL' },
  ...{ text: 'STRING', bytea: 'BYTES', date: 'DATE', time: 'TIME', timestamp: 'DATETIME' },
  ...{ timestamptz: 'TIMESTAMP', jsonb: 'JSON', uuid: 'STRING', float4: 'FLOAT64' },
}

/** The field that holds a PostgreSQL type's values. */
export function fieldOf(name: string, type: string): BigQueryField {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric) {
    const [precision, scale] = [Number(numeric[1]), Number(numeric[2])]
    const isSmall = scale <= 9 && precision - scale <= 29
    return precision === 38 && scale === 9
      ? { name, type: 'NUMERIC' }
      : { name, type: isSmall ? 'NUMERIC' : 'BIGNUMERIC', precision, scale }
  }
  if (type.startsWith('varchar')) return { name, type: 'STRING' }
  const known = TYPES[type]
  if (known === undefined) throw new Error(`No BigQuery type for ${type}`)
  return { name, type: known }
}

/** Creates and fills tables in a dataset. */
export async function loadIntoBigQuery(
  server: BigQueryServer,
  dataset: string,
  tables: readonly WorldTable[],
): Promise<void> {
  for (const table of tables) {
    await server.createTable({
      dataset,
      name: table.name,
      fields: table.columns.map(({ name, type }) => fieldOf(name, type)),
      rows: table.rows,
      ...(table.primaryKey === undefined ? {} : { primaryKey: table.primaryKey }),
    })
  }
}
