/** What a table is that a statement in the source's own SQL defines: the columns of the statement's result. */
import type { Client } from 'pg'
import type { TableDefinition } from '../../catalog/catalog.js'
import { lockKeyOf } from '../../catalog/lock-key.js'
import type { DiscoveredTable } from '../connector.js'
import { describeNative } from '../native-query.js'
import { quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import {
  BASE_TYPES,
  describeColumn,
  ENUM_COLUMNS,
  ENUM_JOIN,
  type ColumnRow,
  type EnumTypes,
} from './discover-columns.js'

/** Describes a `query:` table without running its statement; its rows are the server's estimate. */
export async function discoverQuery(
  client: Client,
  source: string,
  table: TableDefinition,
  databaseCollation: string,
  enums: EnumTypes,
): Promise<DiscoveredTable> {
  const { relation, fields } = await describeNative(source, table, async (relation) => ({
    relation,
    fields: (await client.query(`SELECT * FROM ${relation} AS t LIMIT 0`)).fields,
  }))
  const collations = await collationsOf(client, relation, fields)
  const { rows } = await client.query<ColumnRow>(
    `${BASE_TYPES}
     SELECT '' AS table, f.name, format_type(f.type, f.typmod) AS native, b.oid::int8::float8 AS base,
       CASE WHEN f.typmod <> -1 THEN f.typmod WHEN b.oid <> f.type THEN b.typtypmod ELSE -1 END AS base_typmod,
       CASE WHEN b.oid < 16384 THEN b.typtype::text ELSE 'x' END AS base_kind,
       ${ENUM_COLUMNS}, b.oid <> f.type AS is_domain, false AS not_null,
       NULLIF(co.collname, 'default') AS collation, co.collprovider::text AS provider,
       co.collisdeterministic AS deterministic,
       NULL AS null_frac, NULL AS avg_width, NULL AS n_distinct, NULL AS bounds, NULL AS common
     FROM unnest($1::text[], $2::oid[], $3::int[], $4::text[]) WITH ORDINALITY
       AS f(name, type, typmod, coll, position)
     JOIN base b ON b.of_type = f.type AND b.typtype <> 'd'
     ${ENUM_JOIN}
     LEFT JOIN pg_collation co ON co.oid = f.coll::regcollation
     ORDER BY f.position`,
    [
      fields.map((field) => field.name),
      fields.map((field) => field.dataTypeID),
      fields.map((field) => field.dataTypeModifier),
      collations,
    ],
  )
  const estimate = await estimatedRows(client, relation)
  return {
    from: lockKeyOf(table),
    ...(estimate === undefined ? {} : { rows: estimate }),
    primaryKey: [],
    unique: [],
    indexes: [],
    foreignKeys: [],
    columns: rows.map((row) => describeColumn(row, databaseCollation, enums)),
  }
}

/** The collations of a result's columns, as names for regcollation; null where a type has none. One row of NULLs tells them. */
async function collationsOf(
  client: Client,
  relation: string,
  fields: readonly { readonly name: string; readonly dataTypeID: number }[],
): Promise<(string | null)[]> {
  if (fields.length === 0) return []
  const { rows: types } = await client.query<{ collatable: boolean }>(
    `SELECT t.typcollation <> 0 AS collatable
     FROM unnest($1::oid[]) WITH ORDINALITY AS f(type, position) JOIN pg_type t ON t.oid = f.type
     ORDER BY f.position`,
    [fields.map((field) => field.dataTypeID)],
  )
  const items = fields.map((field, i) =>
    types[i]?.collatable === true
      ? `pg_collation_for(t.${quoteWithDoubleQuotes(field.name)})`
      : 'NULL',
  )
  const { rows } = await client.query<(string | null)[]>({
    text: `SELECT ${items.join(', ')} FROM (SELECT) AS one LEFT JOIN (SELECT * FROM ${relation} AS q LIMIT 0) AS t ON true`,
    rowMode: 'array',
  })
  return rows[0] ?? []
}

async function estimatedRows(client: Client, relation: string): Promise<number | undefined> {
  const { rows } = await client.query<{ 'QUERY PLAN': [{ Plan: { 'Plan Rows': number } }] }>(
    `EXPLAIN (FORMAT JSON) SELECT * FROM ${relation} AS t`,
  )
  return rows[0]?.['QUERY PLAN'][0].Plan['Plan Rows']
}
