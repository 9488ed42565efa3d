/**
 * Functions that answer for the client's session, not for the backend that all sessions share: settings that only the session layer
 * keeps (`statement_timeout`, `tributary.*`), and the process that BackendKeyData named. Each wraps PostgreSQL's own, under a name
 * of its own, and looks first into what {@link sessionFactsSql} has left in the backend.
 */
import type { CompileOptions } from '../session/compiler/compiled-statement.js'
import { quoteLiteral } from '../session/identifier.js'
import type { ValueSettings } from '../session/settings/value-settings.js'
import { settingDefinition, settingDefinitions } from '../session/settings/setting-definitions.js'
import { canonicalSetting, displaySetting } from '../session/settings/setting-value.js'
import type { PostgresInstance } from './postgres/pglite.js'

/** A setting without meaning to PostgreSQL, whose value is the session's facts as JSON. */
const CARRIER = 'tributary_session.facts'

/** PostgreSQL's own, found under another name. */
const OWN = 'tributary_own_'

const FACTS = `nullif(pg_catalog.${OWN}current_setting('${CARRIER}', true), '')::jsonb`

/** Puts the functions in the place of PostgreSQL's. */
export function createSessionFunctions(postgres: PostgresInstance): void {
  // Calls of built-in functions go by their numbers, past pg_proc: theirs keep their numbers and lose their names.
  const answer = (name: string, parameters: string, type: string, body: string): void =>
    postgres.exec(
      `ALTER FUNCTION pg_catalog.${name}(${parameters}) RENAME TO ${OWN}${name};
       CREATE FUNCTION pg_catalog.${name}(${parameters}) RETURNS ${type} LANGUAGE sql STABLE STRICT PARALLEL RESTRICTED
         RETURN coalesce(${body})`,
    )
  answer(
    ...(['current_setting', 'text, boolean', 'text'] as const),
    `${FACTS} -> 'shown' ->> lower($1), pg_catalog.${OWN}current_setting($1, $2)`,
  )
  answer(
    ...(['current_setting', 'text', 'text'] as const),
    `${FACTS} -> 'shown' ->> lower($1), pg_catalog.${OWN}current_setting($1)`,
  )
  answer(
    ...(['pg_backend_pid', '', 'integer'] as const),
    `(${FACTS} ->> 'pid')::integer, pg_catalog.${OWN}pg_backend_pid()`,
  )
  // The backend's own process is the client's; there is no other.
  const own = `pg_catalog.${OWN}pg_backend_pid()`
  const session = 'pg_catalog.pg_backend_pid()'
  const pid = `CASE WHEN s.pid = ${own} THEN ${session} ELSE s.pid END`
  const asked = `CASE WHEN $1 = ${session} THEN ${own} ELSE $1 END`
  wrapRows(postgres, 'pg_stat_get_activity', 'integer', asked, { pid })
  wrapRows(postgres, 'pg_lock_status', '', '', { pid })
  wrapRows(
    postgres,
    'pg_show_all_settings',
    '',
    '',
    {
      setting: `coalesce(${FACTS} -> 'bare' ->> lower(s.name), s.setting)`,
    },
    ownSettings(),
  )
}

/** The settings that PostgreSQL does not have, as rows of pg_show_all_settings(). */
function ownSettings(): string {
  const text = (value: string | undefined): string =>
    value === undefined || value === '' ? 'NULL::text' : quoteLiteral(value)
  const bound = (value: number): string => text(Number.isFinite(value) ? String(value) : undefined)
  const rows = [...settingDefinitions()].flatMap((definition) => {
    const { name, type, context, unit, least, greatest, enumeration, description } = definition
    if (description === undefined) return []
    const initial = quoteLiteral(definition.defaultValue)
    const set = `${FACTS} -> 'bare' ->> ${quoteLiteral(name)}`
    const values =
      enumeration.length === 0 ? 'NULL' : `ARRAY[${enumeration.map(quoteLiteral).join()}]`
    return [
      `(${quoteLiteral(name)}, ${initial}, ${text(unit)}, 'Tributary', ${quoteLiteral(description)}, NULL, ` +
        `${quoteLiteral(context)}, ${quoteLiteral(type)}, ` +
        `CASE WHEN ${set} <> ${initial} THEN 'session' ELSE 'default' END, ` +
        `${bound(least)}, ${bound(greatest)}, ${values}::text[], ${initial}, ${initial}, NULL, NULL::integer, false)`,
    ]
  })
  return `VALUES ${rows.join(', ')}`
}

/**
 * Computes some columns of a function's rows otherwise. It keeps its number, by which views call it: PostgreSQL puts its body in the
 * place of the call, which a strict function would prevent. `more`: a query for rows that are not PostgreSQL's.
 */
function wrapRows(
  postgres: PostgresInstance,
  name: string,
  parameters: string,
  passed: string,
  replaced: Readonly<Record<string, string>>,
  more?: string,
): void {
  const signature = `pg_catalog.${name}(${parameters})`
  const [[definition = null] = []] = postgres.query(
    `SELECT pg_get_functiondef('${signature}'::regprocedure)`,
  )
  const columns = postgres
    .query(
      `SELECT name FROM pg_proc, unnest(proargnames, proargmodes) AS a (name, mode)
       WHERE oid = '${signature}'::regprocedure AND mode = 'o'`,
    )
    .map(([column]) => replaced[column ?? ''] ?? `s.${column}`)
  const own = `pg_catalog.${OWN}${name}(${passed})`
  const rows = more === undefined ? own : `(SELECT * FROM ${own} UNION ALL ${more})`
  const [head = '', returns = ''] = (definition ?? '').split('\n')
  postgres.exec((definition ?? '').replace(`pg_catalog.${name}(`, `pg_catalog.${OWN}${name}(`))
  postgres.exec(
    `${head} ${returns} LANGUAGE sql STABLE CALLED ON NULL INPUT PARALLEL RESTRICTED
     BEGIN ATOMIC SELECT ${columns.join(', ')} FROM ${rows} s; END`,
  )
}

/** The statement that leaves a session's facts in the backend; RESET ALL takes them out again. */
export function sessionFactsSql({ values, settings, own }: CompileOptions): string {
  const shown: Record<string, string> = {}
  const bare: Record<string, string> = {}
  for (const definition of settingDefinitions()) {
    if (definition.visibility === 'all') {
      const key = definition.name.toLowerCase()
      shown[key] = displaySetting(definition, definition.defaultValue)
      bare[key] = definition.defaultValue
    }
  }
  for (const [key, text] of Object.entries({ ...looks(values), ...settings, ...own?.settings })) {
    const definition = settingDefinition(key)
    shown[key] = text
    const isNumber = definition?.type === 'integer' || definition?.type === 'real'
    bare[key] = isNumber ? canonicalSetting(definition, text, text) : text
  }
  const facts = { shown, bare, ...(own === undefined ? {} : { pid: own.processId }) }
  return `SET ${CARRIER} = ${quoteLiteral(JSON.stringify(facts))}`
}

function looks(values: ValueSettings): Readonly<Record<string, string>> {
  return {
    timezone: values.timeZone,
    datestyle: values.dateStyle,
    intervalstyle: values.intervalStyle,
    extra_float_digits: String(values.extraFloatDigits),
    bytea_output: values.byteaOutput,
  }
}
