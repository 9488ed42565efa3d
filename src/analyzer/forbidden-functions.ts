/**
 * Functions that users' statements may not call in the local PostgreSQL: those that run SQL text, change identity
 * or settings, touch files or large objects, or end other work. PostgreSQL's own defaults already withhold many
 * more from ordinary roles.
 */
import { EngineError, SQLSTATE } from '../errors.js'
import type { PostgresInstance } from './postgres/pglite.js'

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

const HINT =
  'Tributary reads the sources of its catalog and nothing else: functions that reach files, other servers or settings, or run SQL text, are closed'

/** Refuses the call of a function that exists and is closed. */
export function forbidden(name: string): EngineError {
  return new EngineError(SQLSTATE.insufficientPrivilege, `permission denied for function ${name}`, {
    hint: HINT,
  })
}

/** Functions of extensions that reach out of the server or run SQL text. No such extension can be here. */
const OUTWARD =
  /^(dblink(_\w+)?|postgres_fdw_\w+|file_fdw_\w+|pg_file_\w+|pg_logdir_ls|pg_read_server_files|pg_execute_server_program|xpath_table|connectby|crosstab\w*)$/

/** Says of PostgreSQL's error for a closed function, or for one that cannot be here, why it is so; other errors pass. */
export function explainRefusal(error: EngineError): EngineError {
  const { code, message, position } = error
  if (code === SQLSTATE.insufficientPrivilege) {
    const [, name] = /^permission denied for function (\S+)$/.exec(message) ?? []
    return name === undefined ? error : forbidden(name)
  }
  if (code !== SQLSTATE.undefinedFunction) return error
  const [, name] = /^function (?:[^.()]+\.)?([^.()]+)\(/.exec(message) ?? []
  if (name === undefined || !OUTWARD.test(name)) return error
  return new EngineError(SQLSTATE.featureNotSupported, `function ${name} is not supported`, {
    hint: HINT,
    ...(position === undefined ? {} : { position }),
  })
}
