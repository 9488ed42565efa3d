/** From a query's text to its rows: compiling it under the session's settings, and starting it. */
import type { RelayChunk } from '../connectors/connector.js'
import { deserializeError, EngineError, SQLSTATE } from '../errors.js'
import type { PhysicalPlan } from '../planner/physical-plan.js'
import { fillCatalogQueries, type AskCatalog } from '../system/fill-catalog-queries.js'
import { fillSystemTables } from '../system/fill-system-tables.js'
import { numbersOfNames } from '../system/name-numbers.js'
import { withBinaryRecords } from './binary-records.js'
import type { BoundValues } from './bind-values.js'
import { boundDatums, NO_VALUES } from './bind-values.js'
import type {
  CatalogResult,
  CompiledStatement,
  CompileOptions,
} from './compiler/compiled-statement.js'
import { planForValues } from './compiler/plan-for-values.js'
import type { Analysis } from './prepared-statement.js'
import { planInUse, planWithProvenDigits } from './compiler/proven-digits.js'
import { oneChunk, RowCursor } from './runner/row-cursor.js'
import { parseSearchPath } from './settings/search-path.js'
import { OWN_SETTINGS } from './settings/session-settings.js'
import type { SessionState } from './session-state.js'
import { valueSettings } from './settings/setting-value.js'
import type { ExecutionReport } from './runner/statement-protocol.js'
import type { ExecuteRequest, RunningStatement } from './runner/statement-runner.js'
import type { StatementText } from './routing/statement-text.js'
import { microsecondsNow } from './transaction.js'

const known = new WeakMap<SessionState, { revision: number; options: CompileOptions }>()

/** The role that statements run as: SET ROLE, or the session's user. */
export function currentRole(state: SessionState): string {
  const role = state.settings.get('role')
  return role === 'none' ? sessionUser(state) : role
}

/** The session's user: who authenticated, unless SET SESSION AUTHORIZATION changed it. */
export function sessionUser(state: SessionState): string {
  return state.settings.get('session_authorization')
}

/** What analysis and planning depend on; the same object until a setting changes. */
export function compileOptions(state: SessionState): CompileOptions {
  const { settings } = state
  const cached = known.get(state)
  const prices = pricesText(state)
  if (cached?.revision === settings.revision && cached.options.planner.prices === prices) {
    return cached.options
  }
  const role = currentRole(state)
  const options: CompileOptions = {
    user: sessionUser(state),
    role,
    searchPath: parseSearchPath(settings.get('search_path'), role),
    values: valueSettings((name) => settings.get(name)),
    planner: {
      pushdown: settings.get('tributary.pushdown'),
      strictPushdown: settings.get('tributary.strict_pushdown'),
      learnedEstimates: settings.get('tributary.learned_estimates'),
      ...(prices === undefined ? {} : { prices }),
    },
    settings: settings.changed(),
    own: {
      processId: state.processId,
      settings: Object.fromEntries(
        OWN_SETTINGS.map((name) => [name, state.settings.show(name).value]),
      ),
    },
  }
  known.set(state, { revision: settings.revision, options })
  return options
}

/** What asking sources costs, where the session plans by what was measured. Other prices are other options: statements are planned anew. */
function pricesText({ settings, records }: SessionState): string | undefined {
  return settings.get('tributary.measured_prices') === 'on' ? records.prices.text : undefined
}

/** Analyzes a query. Error positions come back counted in the client's whole string. */
export async function analyze(
  state: SessionState,
  text: StatementText,
  parameterTypes: readonly number[],
): Promise<Analysis> {
  const options = compileOptions(state)
  const catalogVersion = state.catalog().version
  const started = performance.now()
  try {
    const compiling = state.compiler.compile(text.text, parameterTypes, options)
    const compiled = await state.interruption.race(compiling)
    const milliseconds = performance.now() - started
    return { text, compiled, options, catalogVersion, milliseconds }
  } catch (error) {
    throw shiftPosition(error, text.offset)
  }
}

/** The analysis as it would be now: anew when settings or the catalog have changed since. */
export async function refreshed(state: SessionState, analysis: Analysis): Promise<Analysis> {
  const current =
    analysis.options === compileOptions(state) &&
    analysis.catalogVersion === state.catalog().version &&
    state.compiler.isOutdated?.(analysis.compiled) !== true
  if (current) return analysis
  const { compiled } = analysis
  const next = await analyze(state, analysis.text, compiled.parameterTypes)
  const same =
    next.compiled.columns.length === compiled.columns.length &&
    next.compiled.columns.every(
      (column, index) => column.type.oid === compiled.columns[index]?.type.oid,
    )
  if (same) return next
  throw new EngineError(SQLSTATE.featureNotSupported, 'cached plan must not change result type')
}

/** Starts a query; rows are read from the cursor as the client takes them. `estimateOnly`: there are none, only a report. */
export async function openQuery(
  state: SessionState,
  analysis: Analysis,
  bound: BoundValues,
  formats: readonly number[],
  estimateOnly = false,
): Promise<{ readonly cursor: RowCursor; readonly run?: Run }> {
  const current = await refreshed(state, analysis)
  const { text, options } = current
  const compiled = planInUse(await planForValues(state, current, bound))
  state.transaction.queried = true
  if (compiled.plan === undefined) {
    const { values, formats: valueFormats } = bound
    const result = await runCatalog(state, text.text, {
      types: compiled.parameterTypes,
      bound: { values, formats: valueFormats },
      resultFormats: formats,
      offset: text.offset,
      options,
    })
    return { cursor: new RowCursor(oneChunk(result)) }
  }
  if (compiled.refusal !== undefined && !estimateOnly) throw deserializeError(compiled.refusal)
  const controller = new AbortController()
  const start = (planned: CompiledStatement): Promise<Started> =>
    startPlan(state, { ...current, compiled: planned }, bound, {
      ...{ formats, estimateOnly, signal: controller.signal },
    })
  const run: Run = { started: await start(compiled) }
  const restart = async (error: unknown): Promise<Started | undefined> => {
    const proven = await planWithProvenDigits(text.text, compiled, options, error, (...statement) =>
      state.interruption.race(state.compiler.compile(...statement)),
    )
    return proven && start(proven)
  }
  const rows = recorded(run, restart)
  return { cursor: new RowCursor(rows, (reason) => controller.abort(reason)), run }
}

/** A statement under way; another plan may have taken the place of the one that it began with. */
export interface Run {
  started: Started
}

/** A plan under way. */
interface Started {
  readonly compiled: CompiledStatement
  readonly running: RunningStatement
  readonly record: ((ended: Ended) => void) | undefined
}

async function startPlan(
  state: SessionState,
  analysis: Analysis,
  bound: BoundValues,
  how: {
    readonly formats: readonly number[]
    readonly estimateOnly: boolean
    readonly signal: AbortSignal
  },
): Promise<Started> {
  const { compiled, options } = analysis
  const { formats, estimateOnly } = how
  const facts = { catalog: state.catalog(), records: state.records, user: options.user }
  const filled = fillSystemTables(compiled.plan!, facts)
  const evaluation = {
    parameters: boundDatums(compiled.parameterTypes, bound, options.values),
    settings: options.values,
    transactionTime: state.transaction.startedAt,
    statementTime: microsecondsNow(),
    session: sessionFacts(state, options),
  }
  const ask: AskCatalog = (sql, types, values, resultFormats) =>
    runCatalog(state, sql, {
      ...{ types, resultFormats, options },
      bound: { values, formats: [] },
    })
  const plan = withBinaryRecords(await fillCatalogQueries(filled, evaluation, ask), formats)
  const names = await numbersOfNames(plan, formats, ask)
  const request: ExecuteRequest = {
    plan,
    ...(names.size === 0 ? {} : { names }),
    evaluation,
    formats,
    memoryLimit: Number(state.settings.get('tributary.memory_limit')) * 1024,
    maxRowsMoved: Number(state.settings.get('tributary.max_rows_moved')),
    relay: compiled.relay ?? false,
    ...(estimateOnly ? { estimateOnly } : {}),
  }
  return {
    compiled,
    running: state.runner.execute(request, how.signal),
    record:
      filled === compiled.plan
        ? recorderOf(state, analysis, plan, request.evaluation.parameters)
        : undefined,
  }
}

interface Ended {
  readonly rows: number
  readonly report: ExecutionReport | undefined
  readonly error: unknown
}

/** Passes rows on, by another plan where one fails before any came that has a substitute. Tells of the end, however it comes. */
async function* recorded(
  run: Run,
  restart: (error: unknown) => Promise<Started | undefined>,
): AsyncGenerator<RelayChunk> {
  let rows = 0
  let error: unknown
  const counted = async function* (): AsyncGenerator<RelayChunk> {
    for await (const chunk of run.started.running) {
      rows += chunk.rows
      yield chunk
    }
  }
  try {
    try {
      yield* counted()
    } catch (caught) {
      const other = rows === 0 ? await restart(caught) : undefined
      if (other === undefined) throw caught
      run.started = other
      yield* counted()
    }
  } catch (caught) {
    error = caught
    throw caught
  } finally {
    const { record, running } = run.started
    record?.({ rows, report: running.report(), error })
  }
}

/** Statements that read system tables leave no record: reading the record would change it. */
function recorderOf(
  state: SessionState,
  analysis: Analysis,
  plan: PhysicalPlan,
  parameters: readonly (string | null)[],
): (ended: Ended) => void {
  const startedAt = microsecondsNow()
  const started = performance.now()
  const { user, role } = analysis.options
  return ({ rows, report, error }) =>
    state.records.add({
      ...{ user, role, processId: state.processId, text: analysis.text.text },
      applicationName: state.settings.get('application_name'),
      ...{ startedAt, milliseconds: performance.now() - started, rows, plan, report, error },
      parameters,
      ledger: analysis.compiled.ledger ?? [],
    })
}

/** Runs a statement in the analyzer's PostgreSQL and passes its notices on. */
export async function runCatalog(
  state: SessionState,
  sql: string,
  call: {
    readonly types?: readonly number[]
    readonly bound?: BoundValues
    readonly resultFormats?: readonly number[]
    readonly offset?: number
    readonly options?: CompileOptions
  } = {},
): Promise<CatalogResult> {
  const { types = [], bound = NO_VALUES, resultFormats = [], offset = 0 } = call
  const options = call.options ?? compileOptions(state)
  try {
    const result = await state.interruption.race(
      state.compiler.runCatalog(sql, types, bound.values, bound.formats, resultFormats, options),
    )
    for (const notice of result.notices) state.notice(notice)
    return result
  } catch (error) {
    throw shiftPosition(error, offset)
  }
}

function sessionFacts(
  state: SessionState,
  options: CompileOptions,
): Readonly<Record<string, string>> {
  return {
    current_user: options.role,
    current_role: options.role,
    user: options.role,
    session_user: options.user,
    current_database: state.database,
    current_catalog: state.database,
    application_name: state.settings.get('application_name'),
  }
}

function shiftPosition(error: unknown, offset: number): unknown {
  if (!(error instanceof EngineError) || error.position === undefined || offset === 0) return error
  return withPosition(error, error.position + offset)
}

/** The same error at another position, or at none. */
export function withPosition(error: EngineError, position: number | undefined): EngineError {
  const { detail, hint, source, category } = error
  return new EngineError(error.code, error.message, {
    category,
    cause: error,
    ...(position === undefined ? {} : { position }),
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
    ...(source === undefined ? {} : { source }),
  })
}
