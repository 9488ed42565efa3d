/**
 * One session: the SDK logs in, renews tokens and says goodbye; statements go over the same HTTP interface by requests of our
 * own, because the SDK would make an object of every row. `serialize` is how it hands out the session's token.
 */
import { randomUUID } from 'node:crypto'
import type { Connection } from 'snowflake-sdk'
import { abortError, unlessAborted, withPatience } from '../warehouse/abort.js'
import type { Bind } from './bind-statement.js'
import type { SnowflakeSettings } from './connection-settings.js'
import { RemoteError } from './source-errors.js'

const TOKEN_EXPIRED = new Set(['390112', '390104'])
const IN_PROGRESS = new Set(['333333', '333334'])
/** How long a cancel may take to be heard, in ms. */
const CANCEL_PATIENCE = 900

/** What values mean must not depend on what the account or the user has set. */
const SESSION_PARAMETERS: Readonly<Record<string, string>> = {
  TIMEZONE: "'UTC'",
  DATE_INPUT_FORMAT: "'YYYY-MM-DD'",
  DATE_OUTPUT_FORMAT: "'YYYY-MM-DD'",
  TIME_INPUT_FORMAT: "'AUTO'",
  TIMESTAMP_INPUT_FORMAT: "'AUTO'",
  BINARY_INPUT_FORMAT: "'HEX'",
  BINARY_OUTPUT_FORMAT: "'HEX'",
  JSON_INDENT: '0',
  WEEK_START: '1',
  WEEK_OF_YEAR_POLICY: '0',
  QUOTED_IDENTIFIERS_IGNORE_CASE: 'FALSE',
  MULTI_STATEMENT_COUNT: '1',
  QUERY_TAG: "'tributary'",
}

/** The head of an answer: rows are still bytes. */
export interface QueryAnswer {
  readonly bytes: Uint8Array
  readonly requestId: string
}

/** A session of one account. */
export class Session {
  readonly #connection: Connection
  readonly #settings: SnowflakeSettings
  #usable = true

  private constructor(connection: Connection, settings: SnowflakeSettings) {
    this.#connection = connection
    this.#settings = settings
  }

  /** Logs in and fixes what values mean. */
  static async open(settings: SnowflakeSettings, signal: AbortSignal): Promise<Session> {
    const { default: snowflake } = await import('snowflake-sdk')
    snowflake.configure({ logLevel: 'OFF', additionalLogToConsole: false })
    const { account, url, user, warehouse, role, database, schema } = settings
    const connection = snowflake.createConnection({
      account,
      accessUrl: url,
      username: user,
      database,
      schema,
      ...(warehouse === undefined ? {} : { warehouse }),
      ...(role === undefined ? {} : { role }),
      ...credentials(settings),
      clientSessionKeepAlive: true,
      application: 'Tributary',
      sfRetryMaxLoginRetries: 1,
    })
    await unlessAborted(connect(connection), signal)
    const session = new Session(connection, settings)
    const parameters = Object.entries({
      ...SESSION_PARAMETERS,
      ...(settings.statementTimeout === undefined
        ? {}
        : { STATEMENT_TIMEOUT_IN_SECONDS: String(settings.statementTimeout) }),
    })
    const list = parameters.map(([key, value]) => `${key} = ${value}`)
    try {
      await session.query(`ALTER SESSION SET ${list.join(', ')}`, {}, signal)
    } catch (error) {
      await session.close()
      throw error
    }
    return session
  }

  /** False once its token could not be renewed, or a request was lost. */
  get usable(): boolean {
    return this.#usable
  }

  /** Runs a statement and waits for the head of its result. An abort cancels it there. */
  async query(
    sql: string,
    bindings: Readonly<Record<string, Bind>>,
    signal: AbortSignal,
  ): Promise<QueryAnswer> {
    const requestId = randomUUID()
    const body = JSON.stringify({
      sqlText: sql,
      ...(Object.keys(bindings).length === 0 ? {} : { bindings }),
      disableOfflineChunks: false,
      asyncExec: false,
      querySubmissionTime: Date.now(),
    })
    const path = `/queries/v1/query-request?requestId=${requestId}`
    try {
      let bytes = await this.#request('POST', path, body, signal)
      for (;;) {
        const { code, success, message, resultUrl } = headOf(bytes)
        if (success && !IN_PROGRESS.has(code)) return { bytes, requestId }
        if (IN_PROGRESS.has(code) && resultUrl !== undefined) {
          bytes = await this.#request('GET', resultUrl, undefined, signal)
          continue
        }
        throw new RemoteError(200, code, message)
      }
    } catch (error) {
      if (!signal.aborted) throw error
      await this.cancel(requestId)
      throw abortError(signal)
    }
  }

  /** Stops a statement. */
  async cancel(requestId: string): Promise<void> {
    const path = `/queries/v1/abort-request?requestId=${randomUUID()}`
    const abort = this.#request('POST', path, JSON.stringify({ requestId }), AbortSignal.timeout(CANCEL_PATIENCE)) // prettier-ignore
    await withPatience(abort, CANCEL_PATIENCE)
  }

  /** Ends the session at the server. */
  async close(): Promise<void> {
    this.#usable = false
    const destroyed = new Promise<void>((resolve) => this.#connection.destroy(() => resolve()))
    await withPatience(destroyed, 2000)
  }

  /** Sends a request under the session's token, once more after a renewal where the token has expired. */
  async #request(
    method: 'GET' | 'POST',
    path: string,
    body: string | undefined,
    signal: AbortSignal,
  ): Promise<Uint8Array> {
    for (let attempt = 1; ; attempt++) {
      const response = await fetch(`${this.#settings.url}${path}`, {
        method,
        signal,
        headers: {
          accept: 'application/snowflake',
          'content-type': 'application/json',
          authorization: `Snowflake Token="${this.#token()}"`,
          'user-agent': 'JavaScript/3.3.0 (Tributary)',
        },
        ...(body === undefined ? {} : { body }),
      })
      const bytes = new Uint8Array(await response.arrayBuffer())
      if (!response.ok) throw new RemoteError(response.status, '', textStart(bytes))
      if (attempt > 1 || !startsAsExpired(bytes)) return bytes
      // The SDK renews the token when a request of its own meets the same answer.
      if (!(await this.#connection.isValidAsync())) {
        this.#usable = false
        return bytes
      }
    }
  }

  #token(): string {
    const { services } = JSON.parse(this.#connection.serialize()) as { services?: { sf?: { tokenInfo?: { sessionToken?: string } } } } // prettier-ignore
    return services?.sf?.tokenInfo?.sessionToken ?? ''
  }
}

function credentials(settings: SnowflakeSettings): Record<string, string> {
  const { password, privateKey, privateKeyFile, privateKeyPassphrase } = settings
  if (password !== undefined) return { password, authenticator: 'SNOWFLAKE' }
  return {
    authenticator: 'SNOWFLAKE_JWT',
    ...(privateKey === undefined ? {} : { privateKey }),
    ...(privateKeyFile === undefined ? {} : { privateKeyPath: privateKeyFile }),
    ...(privateKeyPassphrase === undefined ? {} : { privateKeyPass: privateKeyPassphrase }),
  }
}

function connect(connection: Connection): Promise<void> {
  return new Promise((resolve, reject) => {
    connection
      .connectAsync((error) => (error ? reject(error) : resolve()))
      .catch((error: unknown) => reject(error instanceof Error ? error : new Error(String(error))))
  })
}

interface AnswerHead {
  readonly code: string
  readonly success: boolean
  readonly message: string
  readonly resultUrl: string | undefined
}

/** The members behind the data; an answer with rows ends with them, one without is short enough to be parsed whole. */
function headOf(bytes: Uint8Array): AnswerHead {
  const tail = Buffer.from(bytes.subarray(Math.max(0, bytes.length - 200))).toString('utf8')
  if (/"success"\s*:\s*true/.test(tail) && !/"code"\s*:\s*"/.test(tail)) {
    return { code: '', success: true, message: '', resultUrl: undefined }
  }
  const answer = JSON.parse(Buffer.from(bytes).toString('utf8')) as { code?: string | null; success?: boolean; message?: string | null; data?: { getResultUrl?: string } | null } // prettier-ignore
  return {
    code: answer.code ?? '',
    success: answer.success === true,
    message: answer.message ?? '',
    resultUrl: answer.data?.getResultUrl,
  }
}

function startsAsExpired(bytes: Uint8Array): boolean {
  if (bytes.length > 2000) return false
  try {
    const { code } = JSON.parse(Buffer.from(bytes).toString('utf8')) as { code?: string | null }
    return TOKEN_EXPIRED.has(code ?? '')
  } catch {
    return false
  }
}

function textStart(bytes: Uint8Array): string {
  return Buffer.from(bytes.subarray(0, 500)).toString('utf8')
}
