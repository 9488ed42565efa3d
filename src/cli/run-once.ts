/** Runs one statement of the command line in this process. */
import { renderProblems, hasErrors } from '../catalog/problem.js'
import { deserializeError, EngineError, serializeError, SQLSTATE } from '../errors.js'
import type { EvaluationContext } from '../expressions/evaluation-context.js'
import type {
  CompiledStatement,
  CompileOptions,
  ResultColumn,
} from '../session/compiler/compiled-statement.js'
import { estimableQueries } from '../session/statements/estimate-statements.js'
import { LocalCompiler } from '../session/compiler/local-compiler.js'
import { LocalRunner } from '../session/runner/local-runner.js'
import { planWithProvenDigits } from '../session/compiler/proven-digits.js'
import type { ExecutionReport } from '../session/runner/statement-protocol.js'
import { fillCatalogQueries } from '../system/fill-catalog-queries.js'
import { fillSystemTables } from '../system/fill-system-tables.js'
import { StatementRecords } from '../system/statement-records.js'
import { checkFiles, commandLineOptions, problemsOfCompiler, refusal } from './open-catalog.js'

/** Microseconds between the Unix epoch and PostgreSQL's. */
const EPOCH = 946_684_800_000_000

const MEMORY_LIMIT = 512 * 1024 * 1024

/** An opened catalog on which statements can be run, one after another. */
export interface OneOff {
  compile(sql: string): Promise<CompiledStatement>
  /** Rows as text values (null: NULL), batch by batch. */
  rows(sql: string, compiled: CompiledStatement): AsyncIterable<(string | null)[][]>
  /** What sources say that a statement would cost. */
  estimates(compiled: CompiledStatement): Promise<ExecutionReport['estimates']>
  /** Of the last planned statement run. */
  report(): ExecutionReport | undefined
  close(): Promise<void>
}

/** Opens the catalog; prints its problems and throws F0000 when it has errors. */
export async function openOnce(directory: string, user: string): Promise<OneOff> {
  const checked = await checkFiles(directory)
  let problems = checked.problems
  const compiler = hasErrors(problems) ? undefined : await LocalCompiler.start(checked.catalog)
  if (compiler !== undefined) {
    const found = compiler.problems.map((p) => ({ ...p, error: serializeError(p.error) }))
    problems = [...problems, ...problemsOfCompiler(found, checked)]
  }
  const refused = refusal(directory, problems)
  if (compiler === undefined || refused !== undefined) {
    console.error(renderProblems(problems, checked.texts))
    throw new EngineError(SQLSTATE.invalidCatalog, refused ?? 'The catalog has errors')
  }
  const { catalog } = checked
  const options = commandLineOptions(catalog, user)
  const runner = new LocalRunner(catalog.sources)
  const records = new StatementRecords()
  let lastReport: (() => ExecutionReport | undefined) | undefined
  const open = compiler
  const compile: LocalCompiler['compile'] = (...statement) => open.compile(...statement)
  async function* run(compiled: CompiledStatement): AsyncGenerator<(string | null)[][]> {
    const evaluation = evaluationOf(options, catalog.database)
    const filled = fillSystemTables(compiled.plan!, { catalog, records, user })
    const plan = await fillCatalogQueries(filled, evaluation, (text, types, values, results) =>
      open.runCatalog(text, types, values, [], results, options),
    )
    const statement = runner.execute(
      {
        plan,
        relay: compiled.relay ?? false,
        formats: compiled.columns.map(() => 0),
        memoryLimit: MEMORY_LIMIT,
        evaluation,
      },
      new AbortController().signal,
    )
    lastReport = () => statement.report()
    for await (const chunk of statement) yield decodeFrames(chunk.frames)
  }
  return {
    compile: (sql) => compile(sql, [], options),
    async *rows(sql, compiled) {
      if (compiled.plan === undefined) {
        const formats = compiled.columns.map(() => 0)
        const result = await compiler.runCatalog(sql, [], [], [], formats, options)
        yield decodeFrames(result.frames)
        return
      }
      if (compiled.refusal !== undefined) throw deserializeError(compiled.refusal)
      let isBegun = false
      try {
        for await (const rows of run(compiled)) {
          isBegun ||= rows.length > 0
          yield rows
        }
      } catch (error) {
        const proven = isBegun
          ? undefined
          : await planWithProvenDigits(sql, compiled, options, error, compile)
        if (proven === undefined) throw error
        yield* run(proven)
      }
    },
    async estimates({ plan }) {
      if (plan === undefined || estimableQueries(plan).length === 0) return undefined
      const asked = runner.execute(
        {
          plan,
          relay: false,
          formats: [],
          memoryLimit: MEMORY_LIMIT,
          evaluation: evaluationOf(options, catalog.database),
          estimateOnly: true,
        },
        new AbortController().signal,
      )
      for await (const chunk of asked) void chunk
      return asked.report()?.estimates
    },
    report: () => lastReport?.(),
    async close() {
      await runner.close()
      await compiler.close()
    },
  }
}

/** The column names of a result. */
export function namesOf(columns: readonly ResultColumn[]): string[] {
  return columns.map((column) => column.name)
}

function evaluationOf(options: CompileOptions, database: string): EvaluationContext {
  const now = Date.now() * 1000 - EPOCH
  return {
    parameters: [],
    settings: options.values,
    transactionTime: now,
    statementTime: now,
    session: {
      current_user: options.role,
      session_user: options.user,
      user: options.role,
      current_database: database,
      current_catalog: database,
    },
  }
}

/** Takes DataRow messages apart: 'D', length, column count, then length and bytes of each value. */
function decodeFrames(frames: Uint8Array): (string | null)[][] {
  const view = new DataView(frames.buffer, frames.byteOffset, frames.byteLength)
  const decoder = new TextDecoder()
  const rows: (string | null)[][] = []
  let at = 0
  while (at < frames.byteLength) {
    const end = at + 1 + view.getInt32(at + 1)
    const count = view.getInt16(at + 5)
    const row: (string | null)[] = []
    at += 7
    for (let i = 0; i < count; i++) {
      const length = view.getInt32(at)
      at += 4
      row.push(length < 0 ? null : decoder.decode(frames.subarray(at, at + length)))
      at += Math.max(length, 0)
    }
    rows.push(row)
    at = end
  }
  return rows
}
