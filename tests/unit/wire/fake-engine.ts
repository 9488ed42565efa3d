/**
 * A compiler and a runner for wire and session tests. They know a few statements:
 * `select ... from numbers(N)` rows 1..N of int4, in chunks of 7; `from big(N)` rows of 8 kB; `from forever` runs until
 * it is aborted; `from broken(N)` fails after N rows; `from echo` answers its parameters; anything else is a catalog
 * statement that answers one text row: the statement itself.
 */
import { setTimeout as sleep } from 'node:timers/promises'
import type { Catalog, UserDefinition } from '../../../src/catalog/catalog.js'
import type { RelayChunk } from '../../../src/connectors/connector.js'
import { EngineError } from '../../../src/errors.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type {
  CompiledStatement,
  CompileOptions,
  Compiler,
  ResultColumn,
} from '../../../src/session/compiler/compiled-statement.js'
import { textRows } from '../../../src/session/runner/data-rows.js'
import type {
  ExecuteRequest,
  StatementRunner,
} from '../../../src/session/runner/statement-runner.js'
import { startWireServer } from '../../../src/wire/server.js'
import type { WireServer } from '../../../src/wire/server.js'

export interface FakeEngine {
  readonly compiler: Compiler
  readonly runner: StatementRunner
  readonly compiled: { readonly sql: string; readonly options: CompileOptions }[]
  readonly executed: ExecuteRequest[]
  readonly catalogRuns: string[]
  /** Statements that run now. */
  running: number
  /** Rows the consumer has taken. */
  taken: number
  /** Reasons of aborts that reached the runner. */
  readonly aborted: unknown[]
}

export function fakeEngine(): FakeEngine {
  const compiled: FakeEngine['compiled'] = []
  const executed: ExecuteRequest[] = []
  const catalogRuns: string[] = []
  const aborted: unknown[] = []
  const engine: FakeEngine = {
    compiled,
    executed,
    catalogRuns,
    aborted,
    running: 0,
    taken: 0,
    compiler: {
      compile: (sql, parameterTypes, options) => {
        compiled.push({ sql, options })
        return Promise.resolve().then(() => compile(sql, parameterTypes))
      },
      runCatalog: (sql) => {
        catalogRuns.push(sql)
        if (sql.includes('pg_sleep')) return new Promise(() => undefined)
        const evaluated = /^SELECT \(?(\d+)\s*\+\s*(\d+)\)?/.exec(sql)
        const value = evaluated ? String(Number(evaluated[1]) + Number(evaluated[2])) : sql.trim()
        const { frames, rows } = textRows([[value]])
        return Promise.resolve({
          frames,
          rows,
          tag: 'SELECT 1',
          columns: [text('sql')],
          notices: [],
        })
      },
      close: () => Promise.resolve(),
    },
    runner: {
      execute: (request, signal) => {
        executed.push(request)
        signal.addEventListener('abort', () => aborted.push(signal.reason))
        const rows = run(engine, request, signal)
        return {
          [Symbol.asyncIterator]: () => rows[Symbol.asyncIterator](),
          report: () => undefined,
        }
      },
      close: () => Promise.resolve(),
    },
  }
  return engine
}

function text(name: string): ResultColumn {
  return { name, type: { oid: 25, typmod: -1 }, length: -1, tableOid: 0, attribute: 0 }
}

function compile(sql: string, given: readonly number[]): CompiledStatement {
  if (sql.includes('nope')) {
    const position = [...sql.slice(0, sql.indexOf('nope'))].length + 1
    throw new EngineError('42P01', 'relation "nope" does not exist', { position })
  }
  const count = new Set([...sql.matchAll(/\$(\d+)/g)].map(([, index]) => index)).size
  const parameterTypes = Array.from({ length: count }, (_, index) => given[index] || 25)
  const from = /from (numbers|big|forever|broken|echo)\s*(?:\(\s*(\d+)\s*\))?/.exec(sql)
  if (from === null) return { kind: 'catalog', columns: [text('sql')], parameterTypes }
  const columns =
    from[1] === 'echo'
      ? parameterTypes.map((_, index) => text(`p${index + 1}`))
      : [{ ...text('n'), type: { oid: 23, typmod: -1 }, length: 4 }]
  const plan: PhysicalPlan = {
    kind: 'values',
    id: 1,
    columns: [],
    estimatedRows: undefined,
    rows: [],
    notes: [from[1] ?? '', from[2] ?? '0'],
  }
  return { kind: 'plan', columns, parameterTypes, plan }
}

async function* run(
  engine: FakeEngine,
  { plan, formats, evaluation }: ExecuteRequest,
  signal: AbortSignal,
): AsyncGenerator<RelayChunk> {
  const [kind, countText] = plan.notes ?? []
  const count = Number(countText)
  engine.running++
  try {
    if (kind === 'echo') {
      yield textRows([evaluation.parameters])
      return
    }
    if (kind === 'forever') {
      for (;;) {
        await sleep(60_000, undefined, { signal }).catch(() => {
          throw signal.reason as Error
        })
      }
    }
    const size = kind === 'big' ? 1 : 7
    for (let start = 1; start <= count; start += size) {
      signal.throwIfAborted()
      const numbers = Array.from({ length: Math.min(size, count - start + 1) }, (_, i) => start + i)
      engine.taken += numbers.length
      yield kind === 'big'
        ? textRows([['x'.repeat(8192)]])
        : formats[0] === 1
          ? binaryRows(numbers)
          : textRows(numbers.map((n) => [String(n)]))
    }
    if (kind === 'broken') throw new EngineError('22012', 'division by zero')
  } finally {
    engine.running--
  }
}

function binaryRows(numbers: readonly number[]): RelayChunk {
  const frames = Buffer.alloc(15 * numbers.length)
  numbers.forEach((n, index) => {
    const at = 15 * index
    frames.write('D', at)
    frames.writeInt32BE(14, at + 1)
    frames.writeInt16BE(1, at + 5)
    frames.writeInt32BE(4, at + 7)
    frames.writeInt32BE(n, at + 11)
  })
  return { frames, rows: numbers.length }
}

export function fakeCatalog(users?: Readonly<Record<string, Partial<UserDefinition>>>): Catalog {
  const definitions = Object.entries(users ?? {}).map(([name, user]) => [
    name,
    { name, roles: [], maySetRole: [], attributes: {}, ...user },
  ])
  return {
    name: 'demo',
    database: 'demo',
    searchPath: ['public'],
    timezone: 'UTC',
    version: '1',
    statementTimeout: 0,
    sources: [],
    views: [],
    principals: {
      roles: { support: { can: [] } },
      users: Object.fromEntries(definitions) as Record<string, UserDefinition>,
      open: users === undefined,
    },
  }
}

export async function startFake(
  users?: Readonly<Record<string, Partial<UserDefinition>>>,
): Promise<{ readonly engine: FakeEngine; readonly server: WireServer; readonly log: string[] }> {
  const engine = fakeEngine()
  const catalog = fakeCatalog(users)
  const log: string[] = []
  const server = await startWireServer({
    host: '127.0.0.1',
    port: 0,
    compiler: engine.compiler,
    runner: engine.runner,
    catalog: () => catalog,
    log: (line) => void log.push(line),
  })
  return { engine, server, log }
}
