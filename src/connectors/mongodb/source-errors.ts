/** Turns errors of the driver and the server into EngineErrors that name the source, the object and what to do. */
import { EngineError, SQLSTATE, type ErrorFields } from '../../errors.js'
import { incidentDetail } from '../incident.js'
import { wrongType } from './field-reader.js'
import { STRAY } from './operand.js'

/** Where an error happened. */
export interface ErrorPlace {
  readonly source: string
  readonly address: string
  readonly collection?: string
}

/**
 * Wraps an error; an EngineError passes through. What the server wrote goes to the log: it may hold values and names that are not
 * the client's to see.
 */
export function sourceError(error: unknown, place: ErrorPlace): EngineError {
  if (error instanceof EngineError) return error
  const cause = error instanceof Error ? error : new Error(String(error))
  const { source, address, collection } = place
  const code = codeOf(cause)
  const stray = code === 241 ? new RegExp(`${STRAY} (.+?) (\\w+)'`).exec(cause.message) : null
  if (stray) return wrongType(source, stray[1]!, stray[2]!)
  const detail = incidentDetail({ source, message: deepMessage(cause), code: String(code ?? '') })
  const fields = { source, cause, category: 'source', detail } as const
  const object = collection === undefined ? '' : ` (collection ${collection})`
  const names = namesOf(cause)
  const about = (text: string): string => `Source "${source}" ${text}${object}`
  if (code === 18 || code === 8000 || /authentication failed|auth failed/i.test(cause.message)) {
    return new EngineError(
      SQLSTATE.invalidAuthorization,
      `Source "${source}" at ${address} refused the credentials`,
      { ...fields, hint: `Check user, password and authSource of source "${source}"` },
    )
  }
  if (code !== undefined) return serverError(code, about, fields, place)
  if (names.has('MongoServerSelectionError') || names.has('MongoTopologyClosedError')) {
    const isTls = /ssl|tls|certificate|handshake/i.test(deepMessage(cause))
    return new EngineError(
      SQLSTATE.sourceUnavailable,
      isTls
        ? `Could not agree on TLS with source "${source}" at ${address}`
        : `Could not connect to source "${source}" at ${address}`,
      {
        ...fields,
        hint: isTls
          ? 'Check the tls options of the URI and the certificate of the server'
          : 'Check that the server runs and that the hosts in the URI are right',
      },
    )
  }
  if (names.has('MongoParseError') || names.has('MongoInvalidArgumentError')) {
    return new EngineError(SQLSTATE.sourceError, about('cannot be opened with its URI'), {
      ...fields,
      hint: 'Check uri in the connection of the source',
    })
  }
  return new EngineError(
    SQLSTATE.connectionFailure,
    `Connection to source "${source}" at ${address} failed${object}`,
    {
      ...fields,
      hint: 'The server closed the connection or does not answer: run the statement again when it does',
    },
  )
}

function serverError(
  code: number,
  about: (text: string) => string,
  fields: Pick<ErrorFields, 'source' | 'cause' | 'category' | 'detail'>,
  { source, collection }: ErrorPlace,
): EngineError {
  switch (code) {
    case 13:
      return new EngineError(SQLSTATE.sourceError, about('denied access'), {
        ...fields,
        hint: `Give the user of source "${source}" the role read on its database`,
      })
    case 26:
      return missingCollection(source, collection ?? '?')
    case 43:
    case 11601:
      return new EngineError(SQLSTATE.connectionFailure, about('gave up the cursor'), {
        ...fields,
        hint: 'It was killed or stood idle for too long: run the statement again',
      })
    case 50:
      return new EngineError(
        SQLSTATE.queryCanceled,
        about('stopped the statement at its time limit'),
        { ...fields, hint: 'Raise limits.statement_timeout of the source' },
      )
    case 89:
    case 91:
    case 189:
    case 10107:
    case 11600:
    case 13435:
      return new EngineError(SQLSTATE.connectionFailure, about('lost its primary or is shutting down'), { ...fields, hint: 'Run the statement again' }) // prettier-ignore
    case 146:
    case 292:
      return new EngineError(SQLSTATE.sourceError, about('ran out of memory for the statement'), {
        ...fields,
        hint: 'Select fewer rows, or SET tributary.pushdown = off',
      })
    case 167:
      return new EngineError(SQLSTATE.sourceError, about('is a view with a collation of its own'), {
        ...fields,
        hint: 'Texts of such a view cannot be compared by their bytes: use its collection',
      })
    default:
      return new EngineError(SQLSTATE.sourceError, about(`failed with error ${code}`), {
        ...fields,
        hint: `Run discover on source "${source}" to see what changed`,
      })
  }
}

/** The error of a collection that does not exist. */
export function missingCollection(source: string, collection: string): EngineError {
  return new EngineError(
    SQLSTATE.sourceTableNotFound,
    `Source "${source}" has no collection ${collection}`,
    { source, hint: `Run discover on source "${source}" to see what changed` },
  )
}

/** The names of an error's classes: the driver may be loaded more than once, so instanceof says little. */
function namesOf(error: Error): ReadonlySet<string> {
  const names = new Set<string>([error.name])
  let prototype: unknown = Object.getPrototypeOf(error)
  while (prototype instanceof Object) {
    names.add(prototype.constructor.name)
    prototype = Object.getPrototypeOf(prototype)
  }
  return names
}

function codeOf(error: Error): number | undefined {
  return 'code' in error && typeof error.code === 'number' ? error.code : undefined
}

function deepMessage(error: Error): string {
  const { cause } = error
  return `${error.message} ${cause instanceof Error ? deepMessage(cause) : ''}`
}
