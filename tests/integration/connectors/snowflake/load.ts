/** Puts world tables into the Snowflake test server. */
import type { SnowflakeServer } from '../../../servers/snowflake.js'
import type { ValueType } from '../../../servers/sql/value-type.js'
import type { WorldTable } from '../../../world/table.js'

const TYPES: Readonly<Record<string, ValueType>> = {
  int2: { name: 'NUMBER', precision: 38, scale: 0 },
  int4: { name: 'NUMBER', precision: 38, scale: 0 },
  int8: { name: 'NUMBER', precision: 38, scale: 0 },
  float4: { name: 'FLOAT' },
  float8: { name: 'FLOAT' },
  bool: { name: 'BOOLEAN' },
  text: { name: 'VARCHAR' },
  bytea: { name: 'BINARY' },
  date: { name: 'DATE' },
  time: { name: 'TIME', scale: 9 },
  timestamp: { name: 'TIMESTAMP_NTZ', scale: 9 },
  timestamptz: { name: 'TIMESTAMP_TZ', scale: 9 },
  jsonb: { name: 'VARIANT' },
  uuid: { name: 'VARCHAR' },
}

/** The Snowflake type that holds a PostgreSQL type's values. */
export function snowflakeTypeOf(type: string): ValueType {
  const numeric = /^numeric\((\d+),(\d+)\)$/.exec(type)
  if (numeric) return { name: 'NUMBER', precision: Number(numeric[1]), scale: Number(numeric[2]) }
  if (type.startsWith('varchar')) return { name: 'VARCHAR' }
  const known = TYPES[type]
  if (known === undefined) throw new Error(`No Snowflake type for ${type}`)
  return known
}

/** Creates and fills tables in a schema; names become upper case, as without quotes, unless told otherwise. */
export async function loadIntoSnowflake(
  server: SnowflakeServer,
  schema: string,
  tables: readonly WorldTable[],
  nameOf: (name: string) => string = (name) => name.toUpperCase(),
): Promise<void> {
  for (const table of tables) {
    await server.createTable({
      schema,
      name: nameOf(table.name),
      columns: table.columns.map(({ name, type }) => ({
        name: nameOf(name),
        type: snowflakeTypeOf(type),
      })),
      rows: table.rows,
      ...(table.primaryKey === undefined ? {} : { primaryKey: table.primaryKey.map(nameOf) }),
    })
  }
}
