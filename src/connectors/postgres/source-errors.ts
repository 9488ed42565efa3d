/** Turns what goes wrong at a PostgreSQL server into errors that name the source and say what to do. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { readConnection } from './connection-options.js'

/** The fields of an ErrorResponse by their one-letter codes. */
export type BackendFields = Readonly<Record<string, string>>

/** Reads the body of an ErrorResponse or NoticeResponse. */
export function readBackendFields(body: Buffer): BackendFields {
  const fields: Record<string, string> = {}
  let at = 0
  while (at < body.length && body[at] !== 0) {
    const code = String.fromCharCode(body[at]!)
    const end = body.indexOf(0, at + 1)
    fields[code] = body.toString('utf8', at + 1, end)
    at = end + 1
  }
  return fields
}

/**
 * Wraps an error of a running statement. Data errors, and values that a function does not support (0A000), keep PostgreSQL's SQLSTATE and
 * words: they are what one server would say; what those quote is left out. All else the server says goes to the log.
 */
export function statementError(source: SourceDefinition, fields: BackendFields): EngineError {
  const code = fields['C'] ?? SQLSTATE.sourceError
  const message = fields['M'] ?? 'unknown error'
  const [detail, hint] = [fields['D'], fields['H']]
  const { name } = source
  const said = [message, detail, hint].filter((part) => part !== undefined).join('; ')
  if (/^(21|22|23|0A)/.test(code)) return evaluationError(name, code, fields, said)
  const make = (state: string, text: string, todo: string): EngineError =>
    new EngineError(state, text, {
      ...{ source: name, category: 'source', hint: todo },
      detail: incidentDetail({ source: name, message: said, code }),
    })
  const rediscover = `run tributary discover ${name}, or mend the source file`
  if (code === SQLSTATE.undefinedTable) {
    const table = /relation "(.+?)"/.exec(message)?.[1]
    const what = table === undefined ? 'a table that the catalog names' : `table ${table}`
    return make(SQLSTATE.sourceTableNotFound, `Source "${name}" no longer has ${what}`, rediscover)
  }
  if (code === SQLSTATE.undefinedColumn) {
    const column = /column (?:\w+\.)?"?([^"]+?)"? /.exec(message)?.[1]
    const what = column === undefined ? 'a column that the catalog names' : `column ${column}`
    return make(SQLSTATE.sourceColumnNotFound, `Source "${name}" no longer has ${what}`, rediscover)
  }
  if (code === SQLSTATE.queryCanceled) {
    // Its words are always the same, and most often it was we who asked for it: nothing for the log.
    return new EngineError(code, `Source "${name}" canceled the statement`, {
      ...{ source: name, category: 'source' },
      hint: 'limits.statement_timeout of the source file sets the time a statement may take there',
    })
  }
  if (code.startsWith('57P')) return connectionLost(source, 'the server ended it', said)
  const todo =
    code === SQLSTATE.insufficientPrivilege
      ? `grant the user of source "${name}" SELECT on its tables`
      : rediscover
  return make(SQLSTATE.sourceError, `Source "${name}" failed with SQLSTATE ${code}`, todo)
}

/**
 * The error of evaluating the statement: PostgreSQL's words. What they quote, a value or a remote name, is `"..."` to the client; a detail
 * is kept where it is of the types alone. A constraint's detail holds values without quotes.
 */
function evaluationError(
  source: string,
  code: string,
  { M: message = '', D: detail, H: hint }: BackendFields,
  said: string,
): EngineError {
  const isClear = detail === undefined || (!detail.includes('"') && !code.startsWith('23'))
  const shown = message.replace(/".*"/s, '"..."')
  if (isClear && shown === message) {
    return new EngineError(code, message, {
      source,
      ...(detail === undefined ? {} : { detail }),
      ...(hint === undefined ? {} : { hint }),
    })
  }
  return new EngineError(code, shown, {
    source,
    detail: incidentDetail({ source, message: said, code }),
  })
}

/** A connection that broke while it was used; `why` in our words, `said` in others'. */
export function connectionLost(
  { name }: SourceDefinition,
  why: string,
  said?: string,
): EngineError {
  return new EngineError(
    SQLSTATE.connectionFailure,
    `Connection to source "${name}" was lost: ${why}`,
    {
      ...{ source: name, category: 'source', hint: 'the statement may be run again' },
      ...(said === undefined ? {} : { detail: incidentDetail({ source: name, message: said }) }),
    },
  )
}

/** Why no connection could be opened. The driver's messages hold no secrets; its configuration is never printed. */
export function connectError(source: SourceDefinition, error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const { host, port, database, user } = readConnection(source)
  const { code, message } = describe(error)
  const { name } = source
  const fields = {
    ...{ source: name, category: 'source' as const },
    detail: incidentDetail({ source: name, message, code }),
  }
  const where = `${host}:${port}`
  if (/^(28|3D|53300|42501)/.test(code)) {
    const hints: Readonly<Record<string, string>> = {
      '28': `check user and password in the connection of source "${name}" (user "${user}")`,
      '3D': `check the database in the connection of source "${name}" ("${database}")`,
      '53': 'the server has no connection free: lower pool.max or raise its max_connections',
      '42': `grant user "${user}" the right to connect`,
    }
    return new EngineError(
      SQLSTATE.sourceRefusedConnection,
      `Source "${name}" at ${where} refused the connection (SQLSTATE ${code})`,
      { ...fields, hint: hints[code.slice(0, 2)] ?? '' },
    )
  }
  return new EngineError(
    SQLSTATE.sourceUnavailable,
    `Cannot connect to source "${name}" at ${where}${code === '' ? '' : ` (${code})`}`,
    { ...fields, hint: 'check host, port and tls of the connection, and that the server is up' },
  )
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0])
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const { code } = error as { readonly code?: unknown }
  return { code: typeof code === 'string' ? code : '', message: error.message }
}
