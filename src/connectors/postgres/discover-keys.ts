/** Keys, foreign keys and indexes. */
import type { Client } from 'pg'
import type { DiscoveredTable } from '../connector.js'
import { remoteNameOf } from './remote-name.js'

export type TableConstraints = Pick<
  DiscoveredTable,
  'primaryKey' | 'unique' | 'indexes' | 'foreignKeys'
>

interface IndexRow {
  readonly table: string
  readonly columns: readonly string[]
  readonly is_primary: boolean
  readonly is_unique: boolean
}

interface ForeignKeyRow {
  readonly table: string
  readonly columns: readonly string[]
  readonly to_schema: string
  readonly to_table: string
  readonly to_columns: readonly string[]
}

/** Reads the constraints of tables, by the table's OID. Deferrable keys are left out: they may be violated for a while. So are indexes on expressions or on part of the rows. */
export async function readConstraints(
  client: Client,
  oids: readonly string[],
): Promise<ReadonlyMap<string, TableConstraints>> {
  const { rows: indexes } = await client.query<IndexRow>(
    `SELECT i.indrelid::text AS table, i.indisprimary AND i.indimmediate AS is_primary,
       i.indisunique AND i.indimmediate AS is_unique,
       array_agg(a.attname::text ORDER BY k.position) AS columns
     FROM pg_index i
     CROSS JOIN LATERAL unnest(i.indkey::int2[]) WITH ORDINALITY AS k (attnum, position)
     JOIN pg_attribute a ON a.attrelid = i.indrelid AND a.attnum = k.attnum
     WHERE i.indrelid = ANY ($1::oid[]) AND i.indisvalid AND i.indexprs IS NULL AND i.indpred IS NULL
       AND k.position <= i.indnkeyatts
     GROUP BY i.indexrelid, i.indrelid, i.indisprimary, i.indimmediate, i.indisunique`,
    [oids],
  )
  const { rows: foreignKeys } = await client.query<ForeignKeyRow>(
    `SELECT c.conrelid::text AS table, n.nspname AS to_schema, t.relname AS to_table,
       array_agg(a.attname::text ORDER BY k.position) AS columns,
       array_agg(b.attname::text ORDER BY k.position) AS to_columns
     FROM pg_constraint c
     JOIN pg_class t ON t.oid = c.confrelid
     JOIN pg_namespace n ON n.oid = t.relnamespace
     CROSS JOIN LATERAL unnest(c.conkey, c.confkey) WITH ORDINALITY AS k (own, other, position)
     JOIN pg_attribute a ON a.attrelid = c.conrelid AND a.attnum = k.own
     JOIN pg_attribute b ON b.attrelid = c.confrelid AND b.attnum = k.other
     WHERE c.contype = 'f' AND c.convalidated AND c.conrelid = ANY ($1::oid[])
     GROUP BY c.oid, c.conrelid, n.nspname, t.relname`,
    [oids],
  )
  return new Map(
    oids.map((oid) => {
      const own = indexes.filter((index) => index.table === oid)
      const constraints: TableConstraints = {
        primaryKey: own.find((index) => index.is_primary)?.columns ?? [],
        unique: sorted(own.filter((i) => i.is_unique && !i.is_primary).map((i) => i.columns)),
        indexes: sorted(own.map((index) => index.columns)),
        foreignKeys: foreignKeys
          .filter((key) => key.table === oid)
          .map((key) => ({
            columns: key.columns,
            references: remoteNameOf({ schema: key.to_schema, name: key.to_table }),
            to: key.to_columns,
          }))
          .sort((a, b) => compareTexts(JSON.stringify(a), JSON.stringify(b))),
      }
      return [oid, constraints] as const
    }),
  )
}

/** Sorts lists of columns and drops those that are twice there. */
function sorted(lists: readonly (readonly string[])[]): readonly (readonly string[])[] {
  const byKey = new Map(lists.map((list) => [JSON.stringify(list), list]))
  return [...byKey.entries()].sort(([a], [b]) => compareTexts(a, b)).map(([, list]) => list)
}

function compareTexts(a: string, b: string): number {
  return a < b ? -1 : a > b ? 1 : 0
}
