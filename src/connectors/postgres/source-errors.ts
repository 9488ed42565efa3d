/** Turns what goes wrong at a PostgreSQL server into errors that name the source and say what to do. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../../errors.js'
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
 * Wraps an error of a running statement. Data errors, and values that a function does not support (0A000), keep
 * PostgreSQL's SQLSTATE and words: they are what one server would say.
 */
export function statementError(source: SourceDefinition, fields: BackendFields): EngineError {
  const code = fields['C'] ?? SQLSTATE.sourceError
  const message = fields['M'] ?? 'unknown error'
  const extra = {
    source: source.name,
    ...(fields['D'] === undefined ? {} : { detail: fields['D'] }),
    ...(fields['H'] === undefined ? {} : { hint: fields['H'] }),
  }
  if (/^(21|22|23|0A)/.test(code)) return new EngineError(code, message, extra)
  const rediscover = `run tributary discover ${source.name}, or mend the source file`
  if (code === SQLSTATE.undefinedTable) {
    return new EngineError(
      SQLSTATE.sourceTableNotFound,
      `Source "${source.name}" no longer has a table: ${message}`,
      { ...extra, category: 'source', hint: rediscover },
    )
  }
  if (code === SQLSTATE.undefinedColumn) {
    return new EngineError(
      SQLSTATE.sourceColumnNotFound,
      `Source "${source.name}" no longer has a column: ${message}`,
      { ...extra, category: 'source', hint: rediscover },
    )
  }
  if (code === SQLSTATE.queryCanceled) {
    return new EngineError(code, `Source "${source.name}" canceled the statement: ${message}`, {
      ...extra,
      category: 'source',
      hint: 'limits.statement_timeout of the source file sets the time a statement may take there',
    })
  }
  if (code.startsWith('57P')) return connectionLost(source, message)
  return new EngineError(SQLSTATE.sourceError, `Source "${source.name}" failed: ${message}`, {
    ...extra,
    category: 'source',
    detail: [`SQLSTATE ${code}`, fields['D']].filter((part) => part !== undefined).join('; '),
  })
}

/** A connection that broke while it was used. */
export function connectionLost(source: SourceDefinition, why: string): EngineError {
  return new EngineError(
    SQLSTATE.connectionFailure,
    `Connection to source "${source.name}" was lost: ${why}`,
    { source: source.name, category: 'source', hint: 'the statement may be run again' },
  )
}

/** Why no connection could be opened. The driver's messages hold no secrets; its configuration is never printed. */
export function connectError(source: SourceDefinition, error: unknown): EngineError {
  if (error instanceof EngineError) return error
  const { host, port, database, user } = readConnection(source)
  const { code, message } = describe(error)
  const fields = { source: source.name, category: 'source' as const }
  const where = `${host}:${port}`
  if (/^(28|3D|53300|42501)/.test(code)) {
    const hints: Readonly<Record<string, string>> = {
      '28': `check user and password in the connection of source "${source.name}" (user "${user}")`,
      '3D': `check the database in the connection of source "${source.name}" ("${database}")`,
      '53': 'the server has no connection free: lower pool.max or raise its max_connections',
      '42': `grant user "${user}" the right to connect`,
    }
    return new EngineError(
      SQLSTATE.sourceRefusedConnection,
      `Source "${source.name}" at ${where} refused the connection: ${message}`,
      { ...fields, hint: hints[code.slice(0, 2)] ?? '' },
    )
  }
  return new EngineError(
    SQLSTATE.sourceUnavailable,
    `Cannot connect to source "${source.name}" at ${where}: ${message}`,
    { ...fields, hint: 'check host, port and tls of the connection, and that the server is up' },
  )
}

function describe(error: unknown): { readonly code: string; readonly message: string } {
  if (error instanceof AggregateError && error.errors.length > 0) return describe(error.errors[0])
  if (!(error instanceof Error)) return { code: '', message: String(error) }
  const { code } = error as { readonly code?: unknown }
  return { code: typeof code === 'string' ? code : '', message: error.message }
}
