/**
 * Functions that users' statements may not call in the local PostgreSQL: those that run SQL text, change identity
 * or settings, touch files or large objects, or end other work. PostgreSQL's own defaults already withhold many
 * more from ordinary roles.
 */
import type { PostgresInstance } from './pglite.js'

const NAMES: readonly string[] = [
  'set_config',
  'query_to_xml',
  'query_to_xmlschema',
  'query_to_xml_and_xmlschema',
  'ts_stat',
  'pg_stat_file',
  'pg_terminate_backend',
  'pg_cancel_backend',
  'pg_reload_conf',
  'loread',
  'lowrite',
]

const PATTERNS: readonly string[] = [
  'table_to_xml%',
  'schema_to_xml%',
  'database_to_xml%',
  'cursor_to_xml%',
  'lo\\_%',
  'pg\\_read\\_%',
  'pg\\_ls\\_%',
  'pg\\_file\\_%',
  'dblink%',
]

/** Takes EXECUTE on these functions from PUBLIC. */
export function revokeDangerousFunctions(postgres: PostgresInstance): void {
  const names = NAMES.map((name) => `'${name}'`).join(', ')
  const patterns = PATTERNS.map((pattern) => `proname LIKE '${pattern}'`).join(' OR ')
  const signatures = postgres.query(
    `SELECT p.oid::regprocedure FROM pg_proc p
     WHERE proname IN (${names}) OR ${patterns}
        OR (proname = 'ts_rewrite' AND pronargs = 2)`,
  )
  const list = signatures.map(([signature]) => signature).join(', ')
  postgres.exec(`REVOKE EXECUTE ON FUNCTION ${list} FROM PUBLIC`)
}
