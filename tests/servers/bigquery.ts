/**
 * A BigQuery of our own: the REST interface that the real SDK talks to, GoogleSQL (what of it tests/servers/bigquery/googlesql.ts
 * lists) over data in an in-process DuckDB. It is strict: an endpoint, a field, a function or a parameter it does not know
 * is an error in BigQuery's form, never a guess. It verifies tokens, records every statement, and can misbehave on request.
 */
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import { generateKeyPairSync, randomUUID, verify } from 'node:crypto'
import type { AddressInfo } from 'node:net'
import { gzip, constants } from 'node:zlib'
import { promisify } from 'node:util'
import { DuckDBInstance, type DuckDBConnection } from '@duckdb/node-api'
import { createBignumericMacros } from './bigquery/bignumeric.js'
import { duckdbType, GOOGLESQL_GRAMMAR, googleSql, valueOf } from './bigquery/googlesql.js'
import { hasPartitionFilter } from './bigquery/partition-filter.js'
import { rowOf } from './bigquery/rows.js'
import { parseQuery } from './sql/parser.js'
import { ServerSqlError } from './sql/sql-error.js'
import { translateQuery } from './sql/translate.js'
import { literal, typeNamed, type Typed, type ValueType } from './sql/value-type.js'

const gzipped = promisify(gzip)

export interface BigQueryField {
  readonly name: string
  /** As the REST interface names types (INTEGER, FLOAT, BOOLEAN, RECORD for the old ones): INT64, NUMERIC, STRUCT, ... */
  readonly type: string
  readonly mode?: 'NULLABLE' | 'REQUIRED' | 'REPEATED'
  readonly precision?: number
  readonly scale?: number
  readonly fields?: readonly BigQueryField[]
}

export interface BigQueryTable {
  readonly dataset: string
  readonly name: string
  readonly fields: readonly BigQueryField[]
  /** Text of each value as PostgreSQL prints it; JSON of arrays and structs. */
  readonly rows: readonly (readonly (string | null)[])[]
  readonly partition?: { readonly field: string; readonly required: boolean }
  readonly primaryKey?: readonly string[]
  readonly clustering?: readonly string[]
}

/** A statement that came in. */
export interface RecordedStatement {
  readonly query: string
  readonly parameters: Readonly<Record<string, { type: string; value: unknown }>>
  readonly dryRun: boolean
  readonly maximumBytesBilled: string | undefined
}

/** What to do wrong, until it is set back. */
export interface BigQueryFaults {
  /** Milliseconds that every job runs. */
  jobMilliseconds: number
  /** Statements with this text in them run until they are cancelled. */
  endless: string | undefined
  /** Cut the connection in the middle of the page with this number (1 is the first). */
  cutPage: number | undefined
  /** Leave the last rows of this page out, though totalRows counts them. */
  shortPage: number | undefined
  /** Answer pages from this number on with 500. */
  failPage: number | undefined
  /** Rows per page at most. */
  pageRows: number
}

export interface BigQueryServer {
  readonly endpoint: string
  readonly project: string
  /** Service account that may connect. */
  readonly credentials: { readonly client_email: string; readonly private_key: string }
  /** A token that may, too. */
  readonly accessToken: string
  readonly statements: RecordedStatement[]
  readonly cancelled: string[]
  /** Pages served. */
  readonly pages: string[]
  readonly faults: BigQueryFaults
  /** How many jobs run. */
  running(): number
  createTable(table: BigQueryTable): Promise<void>
  /** Replaces a table's schema and rows. */
  dropTable(dataset: string, name: string): void
  /** Fills a table by DuckDB's own SQL: for measurements. */
  fill(dataset: string, name: string, select: string): Promise<void>
  stop(): Promise<void>
}

interface StoredTable {
  readonly table: BigQueryTable
  readonly sql: string
  rows: number
}

interface Job {
  readonly id: string
  readonly done: number
  readonly schema: readonly { readonly name: string; readonly type: ValueType }[]
  readonly rows: readonly string[]
  error: { readonly code: number; readonly reason: string; readonly message: string } | undefined
  cancelled: boolean
  readonly configuration: unknown
  readonly bytes: number
}

class HttpError extends Error {
  readonly code: number
  readonly reason: string

  constructor(code: number, reason: string, message: string) {
    super(message)
    this.code = code
    this.reason = reason
  }
}

const PAGE_BYTES = 10_000_000

/** Starts a server without tables. `cacheResults`: a statement's rows are kept and served again, for measurements. */
export async function startBigQuery(
  options: { cacheResults?: boolean } = {},
): Promise<BigQueryServer> {
  const project = 'test-project'
  const accessToken = `token-${randomUUID()}`
  const { publicKey, privateKey } = generateKeyPairSync('rsa', { modulusLength: 2048 })
  const credentials = {
    client_email: 'reader@test-project.iam.gserviceaccount.com',
    private_key: String(privateKey.export({ type: 'pkcs8', format: 'pem' })),
  }
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
    threads: '1',
  })
  const connection = await instance.connect()
  await connection.run("SET GLOBAL TimeZone = 'UTC'")
  await createBignumericMacros(connection)
  const state = new ServerState(project, instance, connection, options.cacheResults ?? false)
  const authorized = (request: IncomingMessage): void => {
    const [scheme, token = ''] = (request.headers.authorization ?? '').split(' ')
    if (scheme === 'Bearer' && (token === accessToken || isOwnJwt(token))) return
    throw new HttpError(401, 'authError', 'Request had invalid authentication credentials. Expected OAuth 2 access token, login cookie or other valid authentication credential.') // prettier-ignore
  }
  const isOwnJwt = (token: string): boolean => {
    const [header = '', payload = '', signature = ''] = token.split('.')
    const data = Buffer.from(`${header}.${payload}`)
    if (!verify('RSA-SHA256', data, publicKey, Buffer.from(signature, 'base64url'))) return false // prettier-ignore
    const claims = JSON.parse(Buffer.from(payload, 'base64url').toString()) as Record<string, unknown> // prettier-ignore
    const scopes = String(claims.scope ?? claims.aud ?? '')
    return (
      claims.iss === credentials.client_email &&
      Number(claims.exp) > Date.now() / 1000 &&
      scopes.includes('bigquery')
    )
  }
  const server = createServer((request, response) => {
    void state.serve(request, response, authorized)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  return {
    endpoint: `http://127.0.0.1:${port}`,
    project,
    credentials,
    accessToken,
    statements: state.statements,
    cancelled: state.cancelled,
    pages: state.pages,
    faults: state.faults,
    running: () => state.running(),
    createTable: (table) => state.createTable(table),
    dropTable: (dataset, name) => void state.tables.delete(`${dataset}.${name}`),
    fill: (dataset, name, select) => state.fill(dataset, name, select),
    async stop() {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
      connection.closeSync()
      instance.closeSync()
    },
  }
}

class ServerState {
  readonly statements: RecordedStatement[] = []
  readonly cancelled: string[] = []
  readonly pages: string[] = []
  readonly faults: BigQueryFaults = {
    jobMilliseconds: 0,
    endless: undefined,
    cutPage: undefined,
    shortPage: undefined,
    failPage: undefined,
    pageRows: 100_000,
  }
  readonly tables = new Map<string, StoredTable>()
  readonly #project: string
  readonly #instance: DuckDBInstance
  readonly #connection: DuckDBConnection
  readonly #jobs = new Map<string, Job>()
  readonly #cache: Map<string, readonly string[]> | undefined
  readonly #keptPages: Map<string, Buffer> | undefined
  #names = 0

  constructor(
    project: string,
    instance: DuckDBInstance,
    connection: DuckDBConnection,
    cache: boolean,
  ) {
    this.#project = project
    this.#instance = instance
    this.#connection = connection
    this.#cache = cache ? new Map() : undefined
    this.#keptPages = cache ? new Map() : undefined
  }

  async createTable(table: BigQueryTable): Promise<void> {
    const sql = `s${++this.#names}`
    const types = table.fields.map(typeOfField)
    const columns = types.map((type, i) => `c${i} ${duckdbType(type)}`)
    await this.#connection.run(`CREATE TABLE ${sql} (${columns.join(', ')})`)
    for (let at = 0; at < table.rows.length; at += 500) {
      const rows = table.rows.slice(at, at + 500).map((row) => {
        if (row.length !== types.length) throw new Error(`A row of ${table.name} has ${row.length} values`) // prettier-ignore
        return `(${row.map((value, i) => storedValue(value, types[i]!)).join(', ')})`
      })
      await this.#connection.run(`INSERT INTO ${sql} VALUES ${rows.join(', ')}`)
    }
    this.tables.set(`${table.dataset}.${table.name}`, { table, sql, rows: table.rows.length })
  }

  async fill(dataset: string, name: string, select: string): Promise<void> {
    const stored = this.tables.get(`${dataset}.${name}`)!
    await this.#connection.run(`INSERT INTO ${stored.sql} ${select}`)
    const counted = await this.#connection.runAndReadAll(`SELECT count(*) FROM ${stored.sql}`)
    stored.rows = Number(counted.getRows()[0]![0])
  }

  async serve(
    request: IncomingMessage,
    response: ServerResponse,
    authorized: (request: IncomingMessage) => void,
  ): Promise<void> {
    try {
      authorized(request)
      const chunks: Buffer[] = []
      for await (const chunk of request) chunks.push(chunk as Buffer)
      const text = Buffer.concat(chunks).toString('utf8')
      const url = new URL(request.url ?? '', 'http://localhost')
      const body = text === '' ? undefined : (JSON.parse(text) as Record<string, unknown>)
      await this.#route(request, response, url, body)
    } catch (error) {
      const known =
        error instanceof HttpError ? error : new HttpError(500, 'backendError', String(error))
      const { code, reason, message } = known
      const errors = [{ message, domain: 'global', reason }]
      respond(response, code, { error: { code, message, errors, status: STATUSES[code] } })
    }
  }

  async #route(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    body: Record<string, unknown> | undefined,
  ): Promise<void> {
    const prefix = `/bigquery/v2/projects/${this.#project}/`
    if (!url.pathname.startsWith(prefix)) throw notFound(`Not found: ${url.pathname}`)
    const path = url.pathname.slice(prefix.length).split('/').map(decodeURIComponent)
    const [first, second, third, fourth] = path
    const route = `${request.method} ${first} ${path.length}`
    if (route === 'POST jobs 1') return this.#insertJob(response, body ?? {})
    if (route === 'POST jobs 3' && third === 'cancel') {
      queryKeys(url, ['location'])
      const job = this.#job(second!)
      job.cancelled = true
      this.cancelled.push(job.id)
      return respond(response, 200, { kind: 'bigquery#jobCancelResponse', job: this.#resource(job) }) // prettier-ignore
    }
    if (route === 'GET jobs 2') {
      queryKeys(url, ['location'])
      return respond(response, 200, this.#resource(this.#job(second!)))
    }
    if (route === 'GET queries 2') return this.#results(request, response, url, this.#job(second!))
    if (route === 'GET datasets 2') {
      return respond(response, 200, { kind: 'bigquery#dataset', id: second, datasetReference: { datasetId: second, projectId: this.#project }, location: 'US' }) // prettier-ignore
    }
    if (route === 'GET datasets 3' && third === 'tables') return this.#list(response, url, second!)
    if (route === 'GET datasets 4' && third === 'tables') {
      const stored = this.tables.get(`${second}.${fourth}`)
      if (!stored) throw notFound(`Not found: Table ${this.#project}:${second}.${fourth}`)
      return respond(response, 200, tableResource(this.#project, stored))
    }
    throw notFound(`Not found: ${request.method} ${url.pathname}`)
  }

  #list(response: ServerResponse, url: URL, dataset: string): void {
    queryKeys(url, ['maxResults', 'pageToken'])
    const all = [...this.tables.values()].filter(({ table }) => table.dataset === dataset)
    if (all.length === 0) throw notFound(`Not found: Dataset ${this.#project}:${dataset}`)
    const start = Number(url.searchParams.get('pageToken') ?? 0)
    const size = Math.min(Number(url.searchParams.get('maxResults') ?? 50), 2)
    const tables = all.slice(start, start + size).map(({ table }) => ({
      kind: 'bigquery#table',
      tableReference: { projectId: this.#project, datasetId: dataset, tableId: table.name },
      type: 'TABLE',
    }))
    respond(response, 200, {
      kind: 'bigquery#tableList',
      tables,
      totalItems: all.length,
      ...(start + size < all.length ? { nextPageToken: String(start + size) } : {}),
    })
  }

  running(): number {
    const now = Date.now()
    return [...this.#jobs.values()].filter((job) => now < job.done && !job.cancelled).length
  }

  #job(id: string): Job {
    const job = this.#jobs.get(id)
    if (!job) throw notFound(`Not found: Job ${this.#project}:${id}`)
    return job
  }

  #resource(job: Job): Record<string, unknown> {
    const error = this.#errorOf(job)
    const done = Date.now() >= job.done || job.cancelled
    const detail = error && { reason: error.reason, message: error.message, location: 'query' }
    return {
      kind: 'bigquery#job',
      id: `${this.#project}:US.${job.id}`,
      jobReference: { projectId: this.#project, jobId: job.id, location: 'US' },
      configuration: job.configuration,
      status: {
        state: done ? 'DONE' : 'RUNNING',
        ...(done && detail ? { errorResult: detail, errors: [detail] } : {}),
      },
      statistics: {
        totalBytesProcessed: String(job.bytes),
        query: {
          totalBytesProcessed: String(job.bytes),
          statementType: 'SELECT',
          schema: { fields: job.schema.map(({ name, type }) => fieldOf(name, type)) },
        },
      },
    }
  }

  #errorOf(job: Job): Job['error'] {
    return job.cancelled
      ? { code: 400, reason: 'stopped', message: 'Job execution was cancelled: User requested cancellation' } // prettier-ignore
      : job.error
  }

  async #insertJob(response: ServerResponse, body: Record<string, unknown>): Promise<void> {
    keysOf(body, ['configuration', 'jobReference'], 'job')
    const configuration = body.configuration as Record<string, unknown>
    keysOf(configuration, ['query', 'dryRun', 'jobTimeoutMs', 'labels'], 'configuration')
    const query = configuration.query as Record<string, unknown>
    keysOf(
      query,
      [
        ...['query', 'useLegacySql', 'parameterMode', 'queryParameters', 'maximumBytesBilled'],
        ...['defaultDataset', 'useQueryCache', 'priority'],
      ],
      'configuration.query',
    )
    if (query.useLegacySql !== false) throw invalid('Only standard SQL is served: useLegacySql must be false') // prettier-ignore
    const dryRun = configuration.dryRun === true
    const reference = body.jobReference as { jobId?: string } | undefined
    const id = reference?.jobId ?? `job_${randomUUID()}`
    if (!dryRun && this.#jobs.has(id)) {
      throw new HttpError(409, 'duplicate', `Already Exists: Job ${this.#project}:US.${id}`)
    }
    const parameters = (query.queryParameters ?? []) as QueryParameter[]
    this.statements.push({
      query: String(query.query),
      parameters: Object.fromEntries(
        parameters.map((p) => [p.name, { type: typeText(p.parameterType), value: p.parameterValue.value ?? p.parameterValue.arrayValues?.map((item) => item.value ?? null) ?? null }]), // prettier-ignore
      ),
      dryRun,
      maximumBytesBilled: query.maximumBytesBilled as string | undefined,
    })
    const job = await this.#run(id, query, configuration, dryRun)
    if (!dryRun) this.#jobs.set(id, job)
    // A statement that cannot be analysed is refused at once in a dry run; else the job fails.
    if (dryRun && job.error) throw new HttpError(job.error.code, job.error.reason, job.error.message) // prettier-ignore
    respond(response, 200, this.#resource(job))
  }

  async #run(
    id: string,
    query: Record<string, unknown>,
    configuration: Record<string, unknown>,
    dryRun: boolean,
  ): Promise<Job> {
    const text = String(query.query)
    const { endless, jobMilliseconds } = this.faults
    const lasts = endless !== undefined && text.includes(endless) ? Infinity : jobMilliseconds
    const base = { id, done: Date.now() + lasts, cancelled: false, configuration }
    let bytes = 0
    try {
      const parameters = parametersOf((query.queryParameters ?? []) as QueryParameter[])
      const dataset = (query.defaultDataset as { datasetId?: string } | undefined)?.datasetId
      const used = new Map<string, Set<string>>()
      const parsed = parseQuery(text, GOOGLESQL_GRAMMAR)
      const nameOf = (path: readonly string[]): string => {
        const parts = path.flatMap((part) => part.split('.'))
        if (parts.length === 3 && parts[0] === this.#project) return `${parts[1]}.${parts[2]}`
        return parts.length === 1 && dataset !== undefined ? `${dataset}.${parts[0]}` : parts.join('.') // prettier-ignore
      }
      const product = googleSql(
        (path, at) => {
          const name = nameOf(path)
          const stored = this.tables.get(name)
          if (!stored) throw new ServerSqlError(`Not found: Table ${this.#project}:${name} was not found in location US`, at, 'unknown-table') // prettier-ignore
          const columns = used.get(name) ?? new Set<string>()
          used.set(name, columns)
          const { partition } = stored.table
          if (
            partition?.required &&
            !hasPartitionFilter(parsed, (p) => nameOf(p) === name, partition.field)
          ) {
            // prettier-ignore
            throw new ServerSqlError(`Cannot query over table '${this.#project}.${name}' without a filter over column(s) '${partition.field}' that can be used for partition elimination`) // prettier-ignore
          }
          return {
            sql: stored.sql,
            columns: stored.table.fields.map((field) => ({
              name: field.name,
              type: typeOfField(field),
              onUse: () => columns.add(field.name),
            })),
          }
        },
        (name, at) => {
          const value = parameters.get(name)
          if (!value) throw new ServerSqlError(`Query parameter '${name}' not found`, at)
          return value
        },
      )
      const { sql, columns } = translateQuery(parsed, product)
      for (const [name, names] of used) {
        const stored = this.tables.get(name)!
        for (const field of stored.table.fields) if (names.has(field.name)) bytes += stored.rows * 8
      }
      const limit = query.maximumBytesBilled === undefined ? undefined : Number(query.maximumBytesBilled) // prettier-ignore
      const billed = Math.ceil(Math.max(bytes, 10 * 2 ** 20) / 2 ** 20) * 2 ** 20
      if (!dryRun && limit !== undefined && billed > limit) {
        throw new HttpError(400, 'bytesBilledLimitExceeded', `Query exceeded limit for bytes billed: ${limit}. ${billed} or higher required.`) // prettier-ignore
      }
      const rows = dryRun ? [] : await this.#rows(sql, columns.map((c) => c.type)) // prettier-ignore
      return { ...base, schema: columns, rows, error: undefined, bytes }
    } catch (error) {
      return { ...base, schema: [], rows: [], bytes, error: this.#failure(error, text) }
    }
  }

  async #rows(sql: string, types: readonly ValueType[]): Promise<readonly string[]> {
    const cached = this.#cache?.get(sql)
    if (cached) return cached
    const rows: string[] = []
    // A connection of its own: a second stream on one would end the first.
    const connection = await this.#instance.connect()
    try {
      const result = await connection.stream(sql)
      for await (const chunk of result.yieldRows()) {
        for (const row of chunk) rows.push(JSON.stringify(rowOf(row, types)))
      }
    } finally {
      connection.closeSync()
    }
    this.#cache?.set(sql, rows)
    return rows
  }

  #failure(error: unknown, text: string): NonNullable<Job['error']> {
    if (error instanceof HttpError) return error
    if (error instanceof ServerSqlError) {
      const before = text.slice(0, error.at)
      const line = before.split('\n').length
      const where = error.at < 0 ? '' : ` at [${line}:${before.length - before.lastIndexOf('\n')}]`
      const missing = error.reason === 'unknown-table'
      return { code: missing ? 404 : 400, reason: missing ? 'notFound' : 'invalidQuery', message: `${error.message}${where}` } // prettier-ignore
    }
    const message = error instanceof Error ? error.message : String(error)
    const overflow = /Overflow in (addition|subtraction|multiplication) of INT64/.exec(message)
    if (overflow ?? /Out of Range Error/.test(message)) {
      return { code: 400, reason: 'invalidQuery', message: `int64 overflow: ${message}` }
    }
    const zero = /division by zero: \w+/.exec(message)
    return { code: 400, reason: 'invalidQuery', message: zero ? zero[0] : message }
  }

  async #results(
    request: IncomingMessage,
    response: ServerResponse,
    url: URL,
    job: Job,
  ): Promise<void> {
    queryKeys(url, ['maxResults', 'pageToken', 'timeoutMs', 'location', 'formatOptions.useInt64Timestamp']) // prettier-ignore
    const { searchParams } = url
    if (searchParams.get('formatOptions.useInt64Timestamp') !== 'true') {
      throw invalid('This server writes timestamps as INT64 only: ask for formatOptions.useInt64Timestamp') // prettier-ignore
    }
    const patience = Number(searchParams.get('timeoutMs') ?? 10_000)
    const deadline = Date.now() + patience
    while (Date.now() < job.done && Date.now() < deadline && !job.cancelled) await pause(10)
    const reference = { projectId: this.#project, jobId: job.id, location: 'US' }
    if (Date.now() < job.done && !job.cancelled) {
      return respond(response, 200, { kind: 'bigquery#getQueryResultsResponse', jobReference: reference, jobComplete: false }) // prettier-ignore
    }
    const error = this.#errorOf(job)
    if (error) throw new HttpError(error.code, error.reason, error.message)
    const token = searchParams.get('pageToken')
    const [, tokenJob, offset = '0'] = token === null ? [] : (/^(.*)@(\d+)$/.exec(Buffer.from(token, 'base64url').toString()) ?? []) // prettier-ignore
    // A kept page is the same for every job of its statement.
    const owner = this.#keptPages === undefined ? job.id : 'kept'
    if (token !== null && tokenJob !== owner) throw invalid(`Invalid page token: ${token}`)
    const start = Number(offset)
    const most = Math.min(Number(searchParams.get('maxResults') ?? this.faults.pageRows), this.faults.pageRows) // prettier-ignore
    const number = this.pages.filter((page) => page.startsWith(job.id)).length + 1
    this.pages.push(`${job.id}@${start}`)
    if (this.faults.failPage !== undefined && number >= this.faults.failPage) {
      throw new HttpError(500, 'backendError', 'An internal error occurred and the request could not be completed.') // prettier-ignore
    }
    let end = start
    for (let bytes = 0; end < job.rows.length && end - start < most && bytes < PAGE_BYTES; end++) {
      bytes += job.rows[end]!.length + 1
    }
    const served = number === this.faults.shortPage ? end - 1 : end
    const key = `${start}:${served}:${job.rows.length}:${job.schema.map(({ name }) => name).join()}`
    let payload = this.#keptPages?.get(key)
    const wantsGzip = String(request.headers['accept-encoding'] ?? '').includes('gzip')
    if (payload === undefined) {
      const head = JSON.stringify({
        kind: 'bigquery#getQueryResultsResponse',
        etag: 'e',
        schema: { fields: job.schema.map(({ name, type }) => fieldOf(name, type)) },
        jobReference: reference,
        totalRows: String(job.rows.length),
        ...(end < job.rows.length ? { pageToken: Buffer.from(`${owner}@${end}`).toString('base64url') } : {}), // prettier-ignore
      })
      const rows = served > start ? `,"rows":[${job.rows.slice(start, served).join(',')}]` : ''
      const text = `${head.slice(0, -1)}${rows},"totalBytesProcessed":"${job.bytes}","jobComplete":true,"cacheHit":false}` // prettier-ignore
      payload = Buffer.from(text)
      if (wantsGzip) payload = await gzipped(payload, { level: constants.Z_BEST_SPEED })
      this.#keptPages?.set(key, payload)
    }
    response.writeHead(200, {
      'content-type': 'application/json; charset=UTF-8',
      ...(wantsGzip ? { 'content-encoding': 'gzip' } : {}),
      'content-length': payload.length,
    })
    if (number === this.faults.cutPage) {
      response.write(payload.subarray(0, Math.floor(payload.length / 2)), () => response.destroy())
      return
    }
    response.end(payload)
  }
}

const STATUSES: Readonly<Record<number, string>> = { 400: 'INVALID_ARGUMENT', 401: 'UNAUTHENTICATED', 403: 'PERMISSION_DENIED', 404: 'NOT_FOUND', 409: 'ALREADY_EXISTS', 500: 'INTERNAL' } // prettier-ignore

interface QueryParameter {
  readonly name: string
  readonly parameterType: { readonly type: string; readonly arrayType?: { readonly type: string } }
  readonly parameterValue: {
    readonly value?: string | null
    readonly arrayValues?: readonly { readonly value?: string | null }[]
  }
}

function typeText(type: QueryParameter['parameterType']): string {
  return type.arrayType ? `ARRAY<${type.arrayType.type}>` : type.type
}

function parametersOf(list: readonly QueryParameter[]): Map<string, Typed> {
  const found = new Map<string, Typed>()
  for (const { name, parameterType, parameterValue } of list) {
    if (!name) throw invalid('Positional parameters are not served')
    if (parameterType.type === 'ARRAY') {
      const element = typeNamed(parameterType.arrayType?.type ?? '')
      const type: ValueType = { name: 'ARRAY', element }
      const items = (parameterValue.arrayValues ?? []).map((item) => {
        if (item.value === undefined || item.value === null) return valueOf(element, null).sql
        return valueOf(element, item.value).sql
      })
      // A BIGNUMERIC has the digits of its text: one type for all would cut some off.
      const keepsDigits = element.name === 'BIGNUMERIC' && items.length > 0
      const list = `[${items.join(', ')}]`
      const sqlList = keepsDigits ? list : `CAST(${list} AS ${duckdbType(element)}[])`
      found.set(name.toLowerCase(), { sql: sqlList, type }) // prettier-ignore
    } else {
      const { value = null } = parameterValue
      found.set(name.toLowerCase(), valueOf(typeNamed(parameterType.type), value))
    }
  }
  return found
}

const LEGACY: Readonly<Record<string, string>> = { INT64: 'INTEGER', FLOAT64: 'FLOAT', BOOL: 'BOOLEAN', STRUCT: 'RECORD' } // prettier-ignore

function typeOfField(field: BigQueryField): ValueType {
  const base: ValueType = {
    name: field.type,
    ...(field.precision === undefined ? {} : { precision: field.precision }),
    ...(field.scale === undefined ? {} : { scale: field.scale }),
    ...(field.fields === undefined ? {} : { fields: field.fields.map((inner) => ({ name: inner.name, type: typeOfField(inner) })) }), // prettier-ignore
  }
  return field.mode === 'REPEATED' ? { name: 'ARRAY', element: base } : base
}

function fieldOf(name: string, type: ValueType): Record<string, unknown> {
  const isArray = type.name === 'ARRAY'
  const inner = isArray ? type.element! : type
  return {
    name,
    type: LEGACY[inner.name] ?? (inner.name === 'NULL' ? 'INTEGER' : inner.name),
    mode: isArray ? 'REPEATED' : 'NULLABLE',
    ...(inner.precision === undefined ? {} : { precision: String(inner.precision), scale: String(inner.scale ?? 0) }), // prettier-ignore
    ...(inner.fields ? { fields: inner.fields.map((field) => fieldOf(field.name, field.type)) } : {}), // prettier-ignore
  }
}

function storedValue(value: string | null, type: ValueType): string {
  if (value === null) return 'NULL'
  if (type.name === 'BYTES') return `unhex(${literal(value.slice(2))})`
  if (type.name === 'BOOL') return value === 't' || value === 'true' ? 'TRUE' : 'FALSE'
  const sql = duckdbType(type)
  if (type.name === 'ARRAY' || type.name === 'STRUCT') return `CAST(CAST(${literal(value)} AS JSON) AS ${sql})` // prettier-ignore
  return `CAST(${literal(value)} AS ${sql})`
}

function tableResource(project: string, { table, rows }: StoredTable): Record<string, unknown> {
  const field = (item: BigQueryField): Record<string, unknown> => ({
    name: item.name,
    type: LEGACY[item.type] ?? item.type,
    ...(item.mode === undefined ? {} : { mode: item.mode }),
    ...(item.precision === undefined ? {} : { precision: String(item.precision) }),
    ...(item.scale === undefined ? {} : { scale: String(item.scale) }),
    ...(item.fields === undefined ? {} : { fields: item.fields.map(field) }),
  })
  return {
    kind: 'bigquery#table',
    tableReference: { projectId: project, datasetId: table.dataset, tableId: table.name },
    schema: { fields: table.fields.map(field) },
    numRows: String(rows),
    numBytes: String(rows * table.fields.length * 8),
    type: 'TABLE',
    location: 'US',
    ...(table.partition === undefined
      ? {}
      : { timePartitioning: { type: 'DAY', field: table.partition.field }, requirePartitionFilter: table.partition.required }), // prettier-ignore
    ...(table.clustering === undefined ? {} : { clustering: { fields: table.clustering } }),
    ...(table.primaryKey === undefined ? {} : { tableConstraints: { primaryKey: { columns: table.primaryKey } } }), // prettier-ignore
  }
}

function keysOf(
  value: Record<string, unknown> | undefined,
  known: readonly string[],
  where: string,
): void {
  // prettier-ignore
  if (value === undefined) throw invalid(`Required parameter is missing: ${where}`)
  for (const key of Object.keys(value)) {
    if (!known.includes(key)) throw invalid(`Invalid JSON payload received. Unknown name "${key}" at '${where}': Cannot find field.`) // prettier-ignore
  }
}

function queryKeys(url: URL, known: readonly string[]): void {
  for (const key of url.searchParams.keys()) {
    if (key !== 'prettyPrint' && !known.includes(key)) throw invalid(`Invalid JSON payload received. Unknown name "${key}": Cannot bind query parameter.`) // prettier-ignore
  }
}

function invalid(message: string): HttpError {
  return new HttpError(400, 'invalid', message)
}

function notFound(message: string): HttpError {
  return new HttpError(404, 'notFound', message)
}

function respond(response: ServerResponse, code: number, body: unknown): void {
  const text = JSON.stringify(body)
  response.writeHead(code, {
    'content-type': 'application/json; charset=UTF-8',
    'content-length': Buffer.byteLength(text),
  })
  response.end(text)
}

function pause(milliseconds: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, milliseconds))
}
