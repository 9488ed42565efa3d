/** The virtual catalog's relations by the OID they have in the local PostgreSQL. */
import type { SqlType } from '../types/sql-type.js'
import { sqlType } from '../types/sql-type.js'
import type { PostgresInstance } from './pglite.js'

export interface VirtualColumn {
  readonly name: string
  readonly type: SqlType
}

export interface VirtualTable {
  readonly schema: string
  readonly name: string
  /** By attribute number - 1. */
  readonly columns: readonly VirtualColumn[]
}

export interface VirtualView {
  readonly schema: string
  readonly name: string
  /** Its definition with every name qualified. */
  readonly sql: string
}

export interface VirtualRelations {
  readonly tables: ReadonlyMap<number, VirtualTable>
  readonly views: ReadonlyMap<number, VirtualView>
  /** The source of each schema that holds tables. */
  readonly schemas: ReadonlyMap<string, string>
}

/** Reads the relations of these schemas (sources' and views'). */
export function loadVirtualRelations(
  postgres: PostgresInstance,
  schemas: ReadonlyMap<string, string>,
): VirtualRelations {
  const tables = new Map<number, { schema: string; name: string; columns: VirtualColumn[] }>()
  const views = new Map<number, VirtualView>()
  postgres.exec("SET search_path = ''")
  const relations = postgres.query(
    `SELECT c.oid, nspname, relname, relkind, CASE WHEN relkind = 'v' THEN pg_get_viewdef(c.oid) END
     FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'v') AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')`,
  )
  for (const [oid, schema, name, kind, sql] of relations) {
    const relation = { schema: schema ?? '', name: name ?? '' }
    if (kind === 'v') views.set(Number(oid), { ...relation, sql: sql ?? '' })
    else if (schemas.has(relation.schema)) {
      tables.set(Number(oid), { ...relation, columns: [] })
    }
  }
  const columns = postgres.query(
    `SELECT attrelid, attname, atttypid, atttypmod FROM pg_attribute JOIN pg_class c ON c.oid = attrelid
     JOIN pg_namespace n ON n.oid = relnamespace
     WHERE attnum > 0 AND relkind = 'r' AND nspname NOT IN ('pg_catalog', 'information_schema', 'pg_toast')
     ORDER BY attrelid, attnum`,
  )
  for (const [relation, name, type, typmod] of columns) {
    tables
      .get(Number(relation))
      ?.columns.push({ name: name ?? '', type: sqlType(Number(type), Number(typmod)) })
  }
  return { tables, views, schemas }
}
