/** The virtual catalog's relations by the OID they have in the local PostgreSQL. */
import type { SqlType } from '../types/sql-type.js'
import { sqlType } from '../types/sql-type.js'
import type { PostgresInstance } from './postgres/pglite.js'

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
  /** Tables and views of pg_catalog and information_schema: what this PostgreSQL knows of the virtual catalog. */
  readonly catalog: ReadonlyMap<number, VirtualTable>
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
  const own = postgres.query(
    `SELECT c.oid, nspname, relname FROM pg_class c JOIN pg_namespace n ON n.oid = relnamespace
     WHERE relkind IN ('r', 'v') AND nspname IN ('pg_catalog', 'information_schema')`,
  )
  const catalog = new Map(
    own.map(([oid, schema, name]) => [
      Number(oid),
      { schema: schema ?? '', name: name ?? '', columns: [] as VirtualColumn[] },
    ]),
  )
  // Values of a domain are values of its base type to who reads them.
  const columns = postgres.query(
    `SELECT attrelid, attname, CASE WHEN typtype = 'd' THEN typbasetype ELSE atttypid END,
            CASE WHEN typtype = 'd' THEN typtypmod ELSE atttypmod END
     FROM pg_attribute JOIN pg_class c ON c.oid = attrelid JOIN pg_type t ON t.oid = atttypid
     WHERE attnum > 0 AND relkind IN ('r', 'v') ORDER BY attrelid, attnum`,
  )
  for (const [relation, name, type, typmod] of columns) {
    const oid = Number(relation)
    const table = tables.get(oid) ?? catalog.get(oid)
    table?.columns.push({ name: name ?? '', type: sqlType(Number(type), Number(typmod)) })
  }
  return { tables, views, catalog, schemas }
}
