/**
 * The front end: PostgreSQL parses, resolves and types a statement over the virtual catalog; its query tree becomes
 * a logical plan. Statements without virtual tables it can also run. Synchronous: lives in a thread of its own.
 */
import { enumTypesOf } from '../catalog/catalog-types.js'
import { knowEnumTypes } from '../types/enum-types.js'
import type { Catalog } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { LogicalPlan } from '../planner/logical-plan.js'
import type {
  CatalogResult,
  CompileOptions,
  Compiler,
  ResultColumn,
} from '../session/compiler/compiled-statement.js'
import { quoteLiteral } from '../session/identifier.js'
import { sqlType } from '../types/sql-type.js'
import {
  errorOfMessage,
  noticeField,
  parameterDescription,
  rowDescription,
  splitMessages,
  textBody,
} from './postgres/backend-messages.js'
import type { BackendMessage, FieldDescription } from './postgres/backend-messages.js'
import { createCatalog } from './catalog-ddl.js'
import type { AnalyzerProblem } from './catalog-ddl.js'
import { explainRefusal, revokeDangerousFunctions } from './forbidden-functions.js'
import {
  bindMessage,
  closeMessage,
  describeMessage,
  executeMessage,
  parseMessage,
  syncMessage,
} from './postgres/frontend-messages.js'
import { printLiteral } from './constants/literal-text.js'
import { startPostgres } from './postgres/pglite.js'
import type { PostgresInstance } from './postgres/pglite.js'
import { buildPlan } from './builders/plan-builder.js'
import { loadPostgresFacts } from './postgres-facts.js'
import type { PostgresFacts } from './postgres-facts.js'
import { createSessionFunctions } from './session-functions.js'
import { OWNER, SessionState } from './postgres/session-state.js'
import { routeOf } from './statement-route.js'
import { readTree, TreeNode } from './tree-reader.js'
import { loadVirtualRelations } from './virtual-relations.js'
import type { VirtualRelations } from './virtual-relations.js'

export type { AnalyzerProblem } from './catalog-ddl.js'

/** What analysis says of a statement. `logical` is there when kind is `plan`. */
export interface AnalyzedStatement {
  /** catalog: {@link Analyzer.runCatalog} answers it. */
  readonly kind: 'catalog' | 'plan'
  readonly columns: readonly ResultColumn[]
  readonly parameterTypes: readonly number[]
  readonly logical?: LogicalPlan
}

/** A backend with the catalog in it, and what is known of it. */
interface Backend {
  readonly postgres: PostgresInstance
  readonly session: SessionState
  readonly facts: PostgresFacts
  readonly relations: VirtualRelations
  readonly problems: readonly AnalyzerProblem[]
}

/** A role without privileges, to ask which functions everybody may call. */
const ORDINARY_ROLE = 'tributary_ordinary'

const TREE_NOTICE = 'rewritten parse tree:'

export class Analyzer {
  readonly #catalog: Catalog
  #backend: Backend
  #rebuilding: Promise<void> | undefined

  private constructor(catalog: Catalog, backend: Backend) {
    this.#catalog = catalog
    this.#backend = backend
  }

  /** Starts PostgreSQL and makes the catalog in it. */
  static async start(catalog: Catalog): Promise<Analyzer> {
    knowEnumTypes(enumTypesOf(catalog))
    return new Analyzer(catalog, await startBackend(catalog))
  }

  /** Tables, views and roles of the catalog that PostgreSQL did not accept. */
  get problems(): readonly AnalyzerProblem[] {
    return this.#backend.problems
  }

  /** Analyzes one statement. Throws PostgreSQL's own error for anything wrong in it. */
  analyze(
    sql: string,
    parameterTypes: readonly number[],
    options: CompileOptions,
  ): AnalyzedStatement {
    const { postgres, session, facts, relations } = this.#ready()
    session.apply(options, true)
    const messages = this.#exchange(
      [
        parseMessage(checkedText(sql), parameterTypes),
        describeMessage('S'),
        closeMessage(),
        syncMessage(),
      ],
      'Tn',
    )
    const fields = fieldsOf(messages)
    const described = messages.find((message) => message.type === 't')
    const common = {
      columns: fields.map(resultColumn),
      parameterTypes: described === undefined ? [] : parameterDescription(described.body),
    }
    const query = queryTreeOf(messages)
    if (query === undefined || routeOf(query, facts, relations) === 'catalog') {
      return { kind: 'catalog', ...common }
    }
    const { searchPath } = options
    const literalText = (location: number, type: number): string | undefined =>
      printLiteral(postgres, facts, sql, location, type)
    const logical = deepAware(() =>
      buildPlan(query, { sql, fields, searchPath, facts, relations, literalText }),
    )
    return { kind: 'plan', ...common, logical }
  }

  /** Runs a statement that {@link analyze} called `catalog`. */
  runCatalog(...request: Parameters<Compiler['runCatalog']>): CatalogResult {
    const [sql, parameterTypes, values, valueFormats, resultFormats, options] = request
    const { session } = this.#ready()
    session.apply(options, false)
    session.applyFacts(options)
    const messages = this.#exchange(
      [
        parseMessage(checkedText(sql), parameterTypes),
        bindMessage(values, valueFormats, resultFormats),
        describeMessage('P'),
        executeMessage(),
        closeMessage(),
        syncMessage(),
      ],
      'CI',
    )
    const rows = messages.filter((message) => message.type === 'D')
    const complete = messages.find((message) => message.type === 'C')
    return {
      frames: Buffer.concat(rows.map((message) => message.frame)),
      rows: rows.length,
      tag: complete === undefined ? '' : textBody(complete.body),
      columns: fieldsOf(messages).map(resultColumn),
      notices: messages
        .filter((message) => message.type === 'N')
        .map((message) => message.frame.slice()),
    }
  }

  /** Stops PostgreSQL. */
  async close(): Promise<void> {
    await this.#rebuilding
    await this.#backend.postgres.close()
  }

  #ready(): Backend {
    if (this.#rebuilding !== undefined) {
      throw new EngineError(SQLSTATE.cannotConnectNow, 'The analyzer is starting again')
    }
    return this.#backend
  }

  /** Waits while the backend is made anew after a crash. */
  async ready(): Promise<void> {
    await this.#rebuilding?.catch(() => undefined)
  }

  /**
   * Sends messages; the first error in the answer is thrown. `done` are the message types of which one must come
   * where there was no error: an overflow of this thread's stack inside the server leaves nothing else behind.
   * After that, or a crash, the backend is made anew.
   */
  #exchange(parts: readonly Uint8Array[], done: string): BackendMessage[] {
    const { postgres } = this.#backend
    let sound = false
    try {
      const messages = splitMessages(postgres.rawProtocol(Buffer.concat(parts)))
      const failure = messages.find((message) => message.type === 'E')
      const parsed = messages.some((message) => message.type === '1')
      const error = failure && explainRefusal(errorOfMessage(failure.body))
      if (error?.code === SQLSTATE.undefinedPreparedStatement && !parsed) throw tooDeep()
      if (error === undefined && !messages.some(({ type }) => done.includes(type))) throw tooDeep()
      sound = true
      if (error !== undefined) throw error
      return messages
    } finally {
      if (!sound || postgres.broken) this.#rebuild()
    }
  }

  #rebuild(): void {
    // The dead instance is dropped, not closed: shutting it down would run its broken code.
    this.#rebuilding = startBackend(this.#catalog)
      .then((backend) => {
        this.#backend = backend
      })
      .finally(() => {
        this.#rebuilding = undefined
      })
    // A failure here leaves the broken backend, whose next use fails and tries again.
    this.#rebuilding.catch(() => undefined)
  }
}

async function startBackend(catalog: Catalog): Promise<Backend> {
  const postgres = await startPostgres()
  // The superuser's usual name is left to users.
  postgres.exec(`UPDATE pg_authid SET rolname = '${OWNER}' WHERE oid = 10`)
  postgres.exec(`CREATE ROLE ${ORDINARY_ROLE}`)
  revokeDangerousFunctions(postgres)
  // Clients read the number; the rest of the original text would tell them of a 32-bit WASM build.
  const version = postgres.query("SELECT 'PostgreSQL ' || current_setting('server_version')")
  postgres.exec(
    `CREATE OR REPLACE FUNCTION pg_catalog.version() RETURNS text LANGUAGE sql STABLE PARALLEL SAFE STRICT
     AS ${quoteLiteral(`SELECT ${quoteLiteral(`${version[0]?.[0] ?? 'PostgreSQL'} (Tributary)`)}`)}`,
  )
  createSessionFunctions(postgres)
  const problems = createCatalog(postgres, catalog)
  postgres.exec(
    `UPDATE pg_database SET datname = ${quoteLiteral(catalog.database)} WHERE datname = current_database()`,
  )
  const schemas = new Map(catalog.sources.map((source) => [source.name, source.name]))
  return {
    postgres,
    problems,
    facts: loadPostgresFacts(postgres, ORDINARY_ROLE),
    relations: loadVirtualRelations(postgres, schemas),
    session: new SessionState(postgres, catalog.principals.open),
  }
}

/** A zero byte would end the text early. */
function checkedText(sql: string): string {
  if (!sql.includes('\0')) return sql
  throw new EngineError(
    SQLSTATE.characterNotInRepertoire,
    'invalid byte sequence for encoding "UTF8": 0x00',
  )
}

function fieldsOf(messages: readonly BackendMessage[]): readonly FieldDescription[] {
  const description = messages.find((message) => message.type === 'T')
  return description === undefined ? [] : rowDescription(description.body)
}

function resultColumn(field: FieldDescription): ResultColumn {
  return {
    name: field.name,
    type: sqlType(field.typeOid, field.typmod),
    length: field.length,
    tableOid: field.tableOid,
    attribute: field.attribute,
  }
}

/** Finds the query tree among the notices. An empty statement has none. */
function queryTreeOf(messages: readonly BackendMessage[]): TreeNode | undefined {
  for (const message of messages) {
    if (message.type !== 'N' || noticeField(message.body, 'M') !== TREE_NOTICE) continue
    const tree = deepAware(() => readTree(rawDetail(message.body)))
    const [query] = Array.isArray(tree) ? (tree as readonly unknown[]) : [tree]
    if (query instanceof TreeNode) return query
  }
  return undefined
}

/** The detail field, one byte per character. */
function rawDetail(body: Uint8Array): string {
  const bytes = Buffer.from(body.buffer, body.byteOffset, body.byteLength)
  const start = bytes.indexOf('\0D') + 2
  return bytes.toString('latin1', start, bytes.indexOf(0, start))
}

/** Turns an overflow of this thread's stack into PostgreSQL's error for statements nested too deep. */
function deepAware<T>(run: () => T): T {
  try {
    return run()
  } catch (error) {
    throw error instanceof RangeError ? tooDeep(error) : error
  }
}

function tooDeep(cause?: unknown): EngineError {
  return new EngineError(SQLSTATE.statementTooComplex, 'stack depth limit exceeded', {
    hint: 'The statement is nested too deeply',
    cause,
  })
}
