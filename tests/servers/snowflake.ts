/**
 * A Snowflake of our own: the HTTP interface that the real SDK talks to, Snowflake's SQL (what of it
 * tests/servers/snowflake/snowflake-sql.ts lists) over data in an in-process DuckDB. It is strict: an endpoint, a function or a bind it does
 * not know is an error in Snowflake's form. It verifies passwords and signed tokens, records every statement, serves large
 * results as gzipped chunks, and can misbehave on request.
 */
import { createHash, createPublicKey, generateKeyPairSync, randomUUID, verify } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import { gunzipSync, gzipSync } from 'node:zlib'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { cellOf } from './snowflake/rows.js'
import { duckdbType, number, SNOWFLAKE_GRAMMAR, snowflakeSql } from './snowflake/snowflake-sql.js'
import { parseQuery } from './sql/parser.js'
import { ServerSqlError } from './sql/sql-error.js'
import { translateQuery, type NamedColumn, type StoredTable } from './sql/translate.js'
import { literal, typeNamed, type ValueType } from './sql/value-type.js'

export interface SnowflakeColumn {
  readonly name: string
  readonly type: ValueType
  readonly notNull?: boolean
  readonly collation?: string
}

export interface SnowflakeTable {
  readonly schema: string
  readonly name: string
  readonly columns: readonly SnowflakeColumn[]
  /** Text of each value as PostgreSQL prints it. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly primaryKey?: readonly string[]
}

export interface SnowflakeFaults {
  /** Milliseconds that every statement runs. */
  queryMilliseconds: number
  /** Statements with this text in them run until they are aborted. */
  endless: string | undefined
  /** Cut the connection in the middle of the chunk with this number (0 is the first). */
  cutChunk: number | undefined
  /** Leave the last row of this chunk out. */
  shortChunk: number | undefined
  /** Answer this chunk with 500, always. */
  failChunk: number | undefined
  /** Rows that come with the answer itself, and per chunk. */
  chunkRows: number
  /** The session token is declared expired once. */
  expireToken: boolean
}

export interface RecordedStatement {
  readonly sql: string
  readonly binds: Readonly<Record<string, { readonly type: string; readonly value: unknown }>>
}

export interface SnowflakeServer {
  readonly url: string
  readonly account: string
  readonly database: string
  readonly user: string
  readonly password: string
  /** PEM of the key that the user may sign with. */
  readonly privateKey: string
  readonly statements: RecordedStatement[]
  readonly aborted: string[]
  readonly logins: { readonly role: string | null; readonly warehouse: string | null; readonly authenticator: string }[] // prettier-ignore
  readonly chunks: string[]
  renewals: number
  closedSessions: number
  readonly faults: SnowflakeFaults
  /** How many statements run. */
  running(): number
  createTable(table: SnowflakeTable): Promise<void>
  fill(schema: string, name: string, select: string): Promise<void>
  stop(): Promise<void>
}

interface Stored extends SnowflakeTable {
  readonly sql: string
  count: number
}

class SnowflakeError extends Error {
  readonly code: string
  readonly sqlState: string

  constructor(code: string, sqlState: string, message: string) {
    super(message)
    this.code = code
    this.sqlState = sqlState
  }
}

/** Starts a server without tables. `cacheResults`: a statement's result is kept and served again, for measurements. */
export async function startSnowflake(
  options: { cacheResults?: boolean } = {},
): Promise<SnowflakeServer> {
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  })
  const connection = await instance.connect()
  await connection.run("SET GLOBAL TimeZone = 'UTC'")
  const state = new ServerState(instance, connection, String(publicKey.export({ type: 'spki', format: 'pem' })), options.cacheResults ?? false) // prettier-ignore
  const server = createServer((request, response) => void state.serve(request, response))
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  state.url = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return Object.assign(state, {
    privateKey: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      connection.closeSync()
      instance.closeSync()
    },
  })
}

interface Session {
  readonly id: string
  token: string
  readonly master: string
  readonly settings: Map<string, string>
  /** Where names without a schema are. */
  readonly schema: string
}

interface Result {
  readonly columns: readonly NamedColumn[]
  readonly rows: readonly string[]
}

interface Chunk {
  /** Compressed. */
  readonly body: Buffer
  readonly uncompressedSize: number
  readonly index: number
  readonly rows: readonly string[]
}

function packed(rows: readonly string[], index: number): Chunk {
  const text = rows.join(',')
  return { body: gzipSync(text, { level: 1 }), uncompressedSize: text.length, index, rows }
}

class ServerState {
  url = ''
  readonly account = 'TESTACCOUNT'
  readonly database = 'TESTDB'
  readonly user = 'READER'
  readonly password = 'secret'
  readonly statements: RecordedStatement[] = []
  readonly aborted: string[] = []
  readonly logins: SnowflakeServer['logins'] = []
  readonly chunks: string[] = []
  renewals = 0
  closedSessions = 0
  readonly faults: SnowflakeFaults = {
    ...{
      queryMilliseconds: 0,
      endless: undefined,
      cutChunk: undefined,
      shortChunk: undefined,
      failChunk: undefined,
    },
    ...{ chunkRows: 10_000, expireToken: false },
  }
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #publicKey: string
  readonly #tables = new Map<string, Stored>()
  /** Tokens that want renewal. */
  readonly #expired = new Set<string>()
  readonly #sessions = new Map<string, Session>()
  readonly #chunks = new Map<string, Chunk>()
  readonly #running = new Map<string, { aborted: boolean }>()
  readonly #cache: Map<string, Result> | undefined
  #names = 0

  constructor(
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    publicKey: string,
    cache: boolean,
  ) {
    // prettier-ignore
    this.#instance = instance
    this.#connection = connection
    this.#publicKey = publicKey
    this.#cache = cache ? new Map() : undefined
  }

  running(): number {
    return this.#running.size
  }

  async createTable(table: SnowflakeTable): Promise<void> {
    const sql = `s${++this.#names}`
    const columns = table.columns.map(({ type }, i) => `c${i} ${duckdbType(type)}`)
    await this.#connection.run(`CREATE TABLE ${sql} (${columns.join(', ')})`)
    for (let at = 0; at < table.rows.length; at += 500) {
      const rows = table.rows.slice(at, at + 500).map((row) => `(${row.map((value, i) => storedValue(value, table.columns[i]!.type)).join(', ')})`) // prettier-ignore
      await this.#connection.run(`INSERT INTO ${sql} VALUES ${rows.join(', ')}`)
    }
    this.#tables.set(`${table.schema}.${table.name}`, { ...table, sql, count: table.rows.length })
  }

  async fill(schema: string, name: string, select: string): Promise<void> {
    const stored = this.#tables.get(`${schema}.${name}`)!
    await this.#connection.run(`INSERT INTO ${stored.sql} ${select}`)
    const counted = await this.#connection.runAndReadAll(`SELECT count(*) FROM ${stored.sql}`)
    stored.count = Number(counted.getRows()[0]![0])
  }

  async serve(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? '', 'http://localhost')
    try {
      const parts: Buffer[] = []
      for await (const part of request) parts.push(part as Buffer)
      let text = Buffer.concat(parts)
      if (request.headers['content-encoding'] === 'gzip') text = gunzipSync(text)
      const body = text.length === 0 ? {} : (JSON.parse(text.toString('utf8')) as Record<string, unknown>) // prettier-ignore
      const route = `${request.method} ${url.pathname}`
      if (route === 'POST /session/v1/login-request') return this.#login(response, url, body)
      if (request.method === 'GET' && url.pathname.startsWith('/chunks/')) return this.#chunk(response, request, url.pathname.slice(8)) // prettier-ignore
      if (route === 'POST /telemetry/send') return respond(response, {})
      const session = this.#session(request)
      if (route === 'POST /session/token-request') return this.#renew(response, request)
      if (session === undefined) throw new SnowflakeError('390104', '08001', 'Session token not found or invalid data') // prettier-ignore
      if (route === 'POST /session' && url.searchParams.get('delete') === 'true') {
        this.#sessions.delete(session.token)
        this.closedSessions++
        return respond(response, null)
      }
      if (this.faults.expireToken) this.#expired.add(session.token)
      this.faults.expireToken = false
      if (this.#expired.has(session.token)) {
        throw new SnowflakeError('390112', '08001', 'Session token has expired.')
      }
      if (route === 'POST /session/heartbeat') return respond(response, null)
      if (route === 'POST /queries/v1/abort-request') {
        const id = String(body.requestId)
        this.aborted.push(id)
        const running = this.#running.get(id)
        if (running) running.aborted = true
        return respond(response, null)
      }
      if (route === 'POST /queries/v1/query-request') {
        const id = url.searchParams.get('requestId') ?? ''
        if (id === '') throw new SnowflakeError('390189', '22000', 'Missing requestId')
        return await this.#query(response, session, id, body)
      }
      throw new SnowflakeError('390404', '02000', `Unknown endpoint ${route}`)
    } catch (error) {
      if (response.destroyed) return
      const known = error instanceof SnowflakeError ? error : new SnowflakeError('000603', 'XX000', `Incident: ${String(error)}`) // prettier-ignore
      const data = { sqlState: known.sqlState, errorCode: known.code, internalError: false }
      respondText(response, JSON.stringify({ data, code: known.code, message: known.message, success: false, headers: null })) // prettier-ignore
    }
  }

  #login(response: ServerResponse, url: URL, body: Record<string, unknown>): void {
    const data = body.data as Record<string, string>
    const refused = new SnowflakeError('390100', '08001', 'Incorrect username or password was specified.') // prettier-ignore
    if (data.ACCOUNT_NAME?.toUpperCase() !== this.account) throw refused
    if (data.AUTHENTICATOR === 'SNOWFLAKE_JWT') this.#verifyToken(data.TOKEN ?? '')
    else if (data.LOGIN_NAME?.toUpperCase() !== this.user || data.PASSWORD !== this.password) throw refused // prettier-ignore
    const role = url.searchParams.get('roleName')
    if (role !== null && !['ANALYST', 'PUBLIC'].includes(role)) throw new SnowflakeError('390189', '08001', `Role '${role}' specified in the connect string is not granted to this user.`) // prettier-ignore
    this.logins.push({ role, warehouse: url.searchParams.get('warehouse'), authenticator: data.AUTHENTICATOR ?? 'SNOWFLAKE' }) // prettier-ignore
    const session: Session = { id: randomUUID(), token: randomUUID(), master: randomUUID(), settings: new Map(), schema: url.searchParams.get('schemaName') ?? 'PUBLIC' } // prettier-ignore
    this.#sessions.set(session.token, session)
    respond(response, {
      token: session.token,
      masterToken: session.master,
      validityInSeconds: 3600,
      masterValidityInSeconds: 14400,
      displayUserName: this.user,
      serverVersion: '9.36.0',
      sessionId: 1,
      parameters: [{ name: 'CLIENT_SESSION_KEEP_ALIVE', value: false }],
      sessionInfo: { databaseName: url.searchParams.get('databaseName'), schemaName: url.searchParams.get('schemaName'), warehouseName: url.searchParams.get('warehouse'), roleName: role }, // prettier-ignore
    })
  }

  /** Verifies the signature (RS256), the fingerprint of the key, the names and the time of a token. */
  #verifyToken(token: string): void {
    const refused = new SnowflakeError('390144', '08001', 'JWT token is invalid.')
    const [header = '', payload = '', signature = ''] = token.split('.')
    const kind = JSON.parse(Buffer.from(header, 'base64url').toString()) as { alg?: string }
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as { iss?: string; sub?: string; exp?: number } // prettier-ignore
    const key = createPublicKey(this.#publicKey)
    const der = key.export({ type: 'spki', format: 'der' })
    const fingerprint = `SHA256:${createHash('sha256').update(der).digest('base64')}`
    const isSigned = verify('RSA-SHA256', Buffer.from(`${header}.${payload}`), key, Buffer.from(signature, 'base64url')) // prettier-ignore
    // The SDK writes milliseconds where the standard has seconds.
    const expires = (claims.exp ?? 0) > 1e12 ? claims.exp! : (claims.exp ?? 0) * 1000
    const isOurs =
      claims.sub === `${this.account}.${this.user}` &&
      claims.iss === `${this.account}.${this.user}.${fingerprint}`
    if (kind.alg !== 'RS256' || !isSigned || !isOurs || expires < Date.now()) throw refused
  }

  #session(request: IncomingMessage): Session | undefined {
    const token = /Token="(.*)"/.exec(request.headers.authorization ?? '')?.[1] ?? ''
    return this.#sessions.get(token)
  }

  #renew(response: ServerResponse, request: IncomingMessage): void {
    const master = /Token="(.*)"/.exec(request.headers.authorization ?? '')?.[1]
    const session = [...this.#sessions.values()].find((candidate) => candidate.master === master)
    if (!session) throw new SnowflakeError('390114', '08001', 'Authentication token has expired.')
    this.#sessions.delete(session.token)
    session.token = randomUUID()
    this.#sessions.set(session.token, session)
    this.renewals++
    respond(response, { sessionToken: session.token, validityInSecondsST: 3600, masterToken: session.master, validityInSecondsMT: 14400, sessionId: 1 }) // prettier-ignore
  }

  async #query(
    response: ServerResponse,
    session: Session,
    id: string,
    body: Record<string, unknown>,
  ): Promise<void> {
    const running = { aborted: false }
    this.#running.set(id, running)
    try {
      await this.#answer(response, session, id, body, running)
    } finally {
      this.#running.delete(id)
    }
  }

  async #answer(
    response: ServerResponse,
    session: Session,
    id: string,
    body: Record<string, unknown>,
    running: { readonly aborted: boolean },
  ): Promise<void> {
    const sql = String(body.sqlText)
    const bindings = (body.bindings ?? {}) as RecordedStatement['binds']
    const alter = /^ALTER SESSION SET (.*)$/is.exec(sql)
    if (alter) {
      for (const [, key, value] of alter[1]!.matchAll(/([A-Z_]+)\s*=\s*('[^']*'|\w+)/g)) session.settings.set(key!, value!) // prettier-ignore
      return respond(response, resultData([{ name: 'status', type: typeNamed('VARCHAR') }], ['["Statement executed successfully."]'], 1, [])) // prettier-ignore
    }
    this.statements.push({ sql, binds: bindings })
    const { endless, queryMilliseconds } = this.faults
    const isEndless = endless !== undefined && sql.includes(endless)
    const until = Date.now() + (isEndless ? Infinity : queryMilliseconds)
    while (Date.now() < until && !running.aborted) await new Promise((resolve) => setTimeout(resolve, 20)) // prettier-ignore
    if (running.aborted) throw new SnowflakeError('000604', '57014', 'SQL execution canceled')
    if (session.settings.get('TIMEZONE') !== "'UTC'") throw new SnowflakeError('000001', '22000', 'This server serves sessions in UTC only') // prettier-ignore
    const { columns, rows } = await this.#run(sql, bindings, session.schema)
    const first = rows.slice(0, this.faults.chunkRows)
    const chunks: { url: string; rowCount: number; uncompressedSize: number }[] = []
    for (let at = first.length; at < rows.length; at += this.faults.chunkRows) {
      const part = rows.slice(at, at + this.faults.chunkRows)
      const index = chunks.length
      const key = `${id}_${index}`
      const keptUnder = `kept_${sql}_${index}`
      const chunk = this.#chunks.get(keptUnder) ?? packed(part, index)
      if (this.#cache) this.#chunks.set(keptUnder, chunk)
      this.#chunks.set(key, chunk)
      chunks.push({ url: `${this.url}/chunks/${key}`, rowCount: part.length, uncompressedSize: chunk.uncompressedSize }) // prettier-ignore
    }
    respond(response, resultData(columns, first, rows.length, chunks))
  }

  #chunk(response: ServerResponse, request: IncomingMessage, key: string): void {
    const chunk = this.#chunks.get(key)
    if (!chunk || request.headers['x-test-chunk'] !== 'key') {
      response.writeHead(403, { 'content-type': 'application/xml' })
      response.end('<Error><Code>AccessDenied</Code></Error>')
      return
    }
    this.chunks.push(key)
    const { index, rows } = chunk
    if (index === this.faults.failChunk) {
      response.writeHead(500)
      response.end('')
      return
    }
    const body = index === this.faults.shortChunk ? gzipSync(rows.slice(0, -1).join(',')) : chunk.body // prettier-ignore
    response.writeHead(200, { 'content-type': 'application/octet-stream', 'content-encoding': 'gzip', 'content-length': body.length }) // prettier-ignore
    if (index === this.faults.cutChunk) {
      response.write(body.subarray(0, Math.floor(body.length / 2)), () => response.destroy())
      return
    }
    response.end(body)
  }

  async #run(sql: string, bindings: RecordedStatement['binds'], current: string): Promise<Result> {
    const key = JSON.stringify([sql, bindings])
    const cached = this.#cache?.get(key)
    if (cached) return cached
    const keys = /^SHOW PRIMARY KEYS IN SCHEMA "TESTDB"\."([^"]+)"$/.exec(sql)
    if (keys) return this.#primaryKeys(keys[1]!)
    try {
      const parsed = parseQuery(sql, SNOWFLAKE_GRAMMAR)
      const product = snowflakeSql(
        (path, at) => this.#table(path, current, at),
        (position, at) => {
          const bind = bindings[position]
          if (!bind) throw new ServerSqlError(`Bind variable ? at position ${position} not set.`, at) // prettier-ignore
          if (bind.type !== 'TEXT') throw new ServerSqlError(`This server takes TEXT binds only, not ${bind.type}`, at) // prettier-ignore
          return { sql: bind.value === null ? 'CAST(NULL AS VARCHAR)' : literal(String(bind.value)), type: typeNamed('VARCHAR') } // prettier-ignore
        },
      )
      const { sql: text, columns } = translateQuery(parsed, product)
      const rows: string[] = []
      const connection = await this.#instance.connect()
      try {
        const result = await connection.stream(text)
        for await (const chunk of result.yieldRows()) {
          for (const row of chunk) rows.push(JSON.stringify(row.map((value, i) => cellOf(value, columns[i]!.type)))) // prettier-ignore
        }
      } finally {
        connection.closeSync()
      }
      const found = { columns, rows }
      this.#cache?.set(key, found)
      return found
    } catch (error) {
      throw this.#failure(error, sql)
    }
  }

  #failure(error: unknown, sql: string): SnowflakeError {
    if (!(error instanceof ServerSqlError)) {
      const message = error instanceof Error ? error.message : String(error)
      if (/Division by zero/.test(message)) return new SnowflakeError('100051', '22012', 'Division by zero') // prettier-ignore
      return new SnowflakeError('100038', '22018', message)
    }
    const before = sql.slice(0, Math.max(0, error.at))
    const line = before.split('\n').length
    const where = `error line ${line} at position ${before.length - before.lastIndexOf('\n') - 1}`
    switch (error.reason) {
      case 'unknown-table':
        return new SnowflakeError('002003', '42S02', `SQL compilation error:\n${error.message}`)
      case 'unknown-column':
        return new SnowflakeError('000904', '42000', `SQL compilation error: ${where}\n${error.message}`) // prettier-ignore
      case 'unknown-function':
        return new SnowflakeError('002140', '42601', `SQL compilation error:\n${error.message}`)
      default:
        return new SnowflakeError('001003', '42000', `SQL compilation error: ${where}\n${error.message}`) // prettier-ignore
    }
  }

  #table(path: readonly string[], current: string, at: number): StoredTable {
    const [table = '', schema = current, database = this.database] = [...path].reverse()
    if (database === this.database && schema === 'INFORMATION_SCHEMA') {
      if (table === 'TABLES') return this.#information(TABLES, (stored) => [[stored.schema, stored.name, 'BASE TABLE', String(stored.count), String(stored.count * stored.columns.length * 8)]]) // prettier-ignore
      if (table === 'COLUMNS') return this.#information(COLUMNS, (stored) => stored.columns.map((column, i) => columnFacts(stored, column, i))) // prettier-ignore
    }
    const stored = this.#tables.get(`${schema}.${table}`)
    if (!stored || database !== this.database) {
      throw new ServerSqlError(`Object '${[...path].join('.')}' does not exist or not authorized.`, at, 'unknown-table') // prettier-ignore
    }
    return { sql: stored.sql, columns: stored.columns }
  }

  #information(
    columns: readonly NamedColumn[],
    rowsOf: (stored: Stored) => (string | null)[][],
  ): StoredTable {
    const rows = [...this.#tables.values()].flatMap(rowsOf)
    const texts = rows.map((row) => `(${row.map((value, i) => (value === null ? `CAST(NULL AS ${duckdbType(columns[i]!.type)})` : `CAST(${literal(value)} AS ${duckdbType(columns[i]!.type)})`)).join(', ')})`) // prettier-ignore
    return { sql: `(VALUES ${texts.join(', ')})`, columns }
  }

  #primaryKeys(schema: string): Result {
    const columns = ['created_on', 'database_name', 'schema_name', 'table_name', 'column_name', 'key_sequence', 'constraint_name'].map((name) => ({ name, type: name === 'key_sequence' ? number(18, 0) : typeNamed('VARCHAR') })) // prettier-ignore
    const rows = [...this.#tables.values()]
      .filter((table) => table.schema === schema)
      .flatMap((table) => (table.primaryKey ?? []).map((column, i) => JSON.stringify(['0', this.database, schema, table.name, column, String(i + 1), 'PK']))) // prettier-ignore
    return { columns, rows }
  }
}

const TEXT = typeNamed('VARCHAR')
const TABLES: readonly NamedColumn[] = [
  ...['TABLE_SCHEMA', 'TABLE_NAME', 'TABLE_TYPE'].map((name) => ({ name, type: TEXT })),
  ...['ROW_COUNT', 'BYTES'].map((name) => ({ name, type: number(38, 0) })),
]
const COLUMNS: readonly NamedColumn[] = [
  ...['TABLE_SCHEMA', 'TABLE_NAME', 'COLUMN_NAME'].map((name) => ({ name, type: TEXT })),
  { name: 'ORDINAL_POSITION', type: number(9, 0) },
  ...['IS_NULLABLE', 'DATA_TYPE', 'COLLATION_NAME'].map((name) => ({ name, type: TEXT })),
  ...['NUMERIC_PRECISION', 'NUMERIC_SCALE', 'DATETIME_PRECISION'].map((name) => ({ name, type: number(9, 0) })), // prettier-ignore
]

function columnFacts(stored: Stored, column: SnowflakeColumn, i: number): (string | null)[] {
  const { name, type, notNull, collation } = column
  const isNumber = type.name === 'NUMBER'
  const isClock = type.name === 'TIME' || type.name.startsWith('TIMESTAMP')
  return [
    ...[stored.schema, stored.name, name, String(i + 1), notNull ? 'NO' : 'YES'],
    type.name === 'VARCHAR' ? 'TEXT' : type.name,
    collation ?? null,
    isNumber ? String(type.precision ?? 38) : null,
    isNumber ? String(type.scale ?? 0) : null,
    isClock ? String(type.scale ?? 9) : null,
  ]
}

const WIRE: Readonly<Record<string, string>> = { NUMBER: 'fixed', FLOAT: 'real', VARCHAR: 'text', NULL: 'text', TIMESTAMP_NTZ: 'timestamp_ntz', TIMESTAMP_LTZ: 'timestamp_ltz', TIMESTAMP_TZ: 'timestamp_tz' } // prettier-ignore

function resultData(
  columns: readonly NamedColumn[],
  rows: readonly string[],
  total: number,
  chunks: readonly unknown[],
): string {
  const head = JSON.stringify({
    parameters: [{ name: 'TIMEZONE', value: 'UTC' }],
    rowtype: columns.map(({ name, type }) => ({
      name,
      type: WIRE[type.name] ?? type.name.toLowerCase(),
      precision: type.precision ?? null,
      scale: type.scale ?? (type.name.startsWith('TIME') ? 9 : null),
      nullable: true,
      database: '',
      schema: '',
      table: '',
      length: null,
      byteLength: null,
    })),
  })
  const tail = JSON.stringify({
    total,
    returned: total,
    queryId: randomUUID(),
    databaseProvider: null,
    finalDatabaseName: 'TESTDB',
    numberOfBinds: 0,
    statementTypeId: 4096,
    version: 1,
    queryResultFormat: 'json',
    ...(chunks.length === 0 ? {} : { chunks, qrmk: null, chunkHeaders: { 'x-test-chunk': 'key' } }),
  })
  return `${head.slice(0, -1)},"rowset":[${rows.join(',')}],${tail.slice(1)}`
}

function storedValue(value: string | null, type: ValueType): string {
  if (value === null) return 'NULL'
  if (type.name === 'BINARY') return `unhex(${literal(value.slice(2))})`
  if (type.name === 'BOOLEAN') return value === 't' || value === 'true' ? 'TRUE' : 'FALSE'
  return `CAST(${literal(value)} AS ${duckdbType(type)})`
}

/** `data`: a value, or the text of its JSON. */
function respond(response: ServerResponse, data: unknown): void {
  const text = typeof data === 'string' ? data : JSON.stringify(data)
  respondText(response, `{"data":${text},"message":null,"code":null,"success":true}`)
}

function respondText(response: ServerResponse, text: string): void {
  response.writeHead(200, {
    'content-type': 'application/json',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}
