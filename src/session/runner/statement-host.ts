/** Runs planned statements in this thread: opens sources, executes, encodes rows. */
import { enumTypesOf } from '../../catalog/catalog-types.js'
import { knowEnumTypes } from '../../types/enum-types.js'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { explainingChanges } from '../../connectors/changed-columns.js'
import type { OpenSource, RelayChunk } from '../../connectors/connector.js'
import { withNeighbours } from '../../connectors/neighbours.js'
import { connectorOf } from '../../connectors/registry.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { BATCH_ROWS } from '../../executor/batch.js'
import { CallTiming } from '../../executor/call-timing.js'
import { executePlan } from '../../executor/execute-plan.js'
import type { ExecutionContext, LocalPostgres, NodeStatistics } from '../../executor/execution.js'
import { createLocalPostgres } from '../../executor/local-postgres/local-postgres.js'
import { MemoryBudget } from '../../executor/memory-budget.js'
import { limited, sourceAllowance, statementAllowance } from '../../executor/row-allowance.js'
import type { RowAllowance } from '../../executor/row-allowance.js'
import { createStatistics } from '../../executor/statistics.js'
import { evaluateConstant } from '../../expressions/compile-expression.js'
import type { EvaluationContext } from '../../expressions/evaluation-context.js'
import { inputsOf, type PhysicalPlan, type RemoteQueryPlan } from '../../planner/physical-plan.js'
import { createRowEncoder } from '../../wire/encode-rows.js'
import { estimateRemoteStatements } from '../statements/estimate-statements.js'
import type { ExecutionReport } from './statement-protocol.js'
import type { ExecuteRequest } from './statement-runner.js'

/** One generation of sources: a catalog version's, kept open while statements use it. */
interface SourceSet {
  readonly definitions: ReadonlyMap<string, SourceDefinition>
  readonly open: Map<string, OpenSource>
  users: number
  retired: boolean
}

export class StatementHost {
  #sources: SourceSet = newSourceSet([])
  readonly #localPostgres: LocalPostgres = createLocalPostgres()

  /** Takes the sources of a new catalog version; statements already running keep theirs. */
  setSources(sources: readonly SourceDefinition[]): void {
    knowEnumTypes(enumTypesOf({ sources }))
    const old = this.#sources
    this.#sources = newSourceSet(sources)
    old.retired = true
    void closeIfUnused(old)
  }

  /** Runs a statement: DataRow messages as they come; `report` is called once at the end, also after an error. */
  async *run(
    request: ExecuteRequest,
    signal: AbortSignal,
    report: (report: ExecutionReport) => void,
  ): AsyncGenerator<RelayChunk> {
    const sources = this.#sources
    const { plan, evaluation, formats } = request
    const memory = new MemoryBudget(request.memoryLimit)
    const allowance = statementAllowance(request.maxRowsMoved ?? 0)
    const allowancesOf = rowAllowances(sources, allowance)
    const statistics = createStatistics()
    const started = performance.now()
    sources.users++
    let estimates: ExecutionReport['estimates']
    try {
      await openSources(plan, sources)
      if (request.estimateOnly === true) {
        estimates = await estimateRemoteStatements(plan, {
          evaluation,
          signal,
          source: (name) => sourceOf(sources, name),
        })
        return
      }
      const context: ExecutionContext = {
        evaluation,
        signal,
        memory,
        source: (name, neighbours = []) =>
          limited(sourceOf(sources, name), allowancesOf([name, ...neighbours])),
        localPostgres: this.#localPostgres,
        sendRows: (rows) => allowance.send(rows),
        statistics,
      }
      const relayed =
        request.relay && plan.kind === 'remote-query' ? relay(plan, formats, context) : undefined
      if (relayed !== undefined) {
        yield* relayed
      } else {
        const types = plan.columns.map((column) => column.type)
        const encoder = createRowEncoder(types, formats, evaluation.settings, request.names)
        for await (const batch of executePlan(plan, context)) {
          if (batch.length > 0) yield encoder.encode(batch)
        }
      }
    } finally {
      sources.users--
      void closeIfUnused(sources)
      report({
        milliseconds: performance.now() - started,
        peakMemory: memory.peak,
        nodes: [...statistics.nodes],
        ...(estimates === undefined ? {} : { estimates }),
      })
    }
  }

  async close(): Promise<void> {
    this.#sources.retired = true
    await closeIfUnused(this.#sources)
  }
}

/** The rows as the source can give them in DataRow messages; undefined: it cannot. */
function relay(
  plan: RemoteQueryPlan,
  formats: readonly number[],
  context: ExecutionContext,
): AsyncIterable<RelayChunk> | undefined {
  const { statement } = plan
  const node = context.statistics.of(plan.id)
  const values = statement.parameters.map((p) => evaluateConstant(p, context.evaluation))
  const timing = new CallTiming(node)
  const format = { formats, settings: relaySettings(context.evaluation) }
  const chunks = context.source(plan.source, plan.neighbours).relay?.(statement, values, format, {
    signal: context.signal,
    batchRows: BATCH_ROWS,
    onBytes: (bytes) => timing.received(bytes),
    settings: context.evaluation.settings,
  })
  return chunks === undefined
    ? undefined
    : measured(
        timing.reading(chunks, (chunk) => chunk.rows),
        node,
      )
}

async function* measured(
  chunks: AsyncIterable<RelayChunk>,
  node: NodeStatistics,
): AsyncGenerator<RelayChunk> {
  const started = performance.now()
  node.remoteCalls++
  for await (const chunk of chunks) {
    if (node.batches === 0) node.firstMilliseconds = performance.now() - started
    node.batches++
    node.rows += chunk.rows
    yield chunk
  }
  node.isWhole = true
  node.milliseconds = performance.now() - started
}

/** The settings that decide how PostgreSQL prints values, by their names there. */
function relaySettings(evaluation: EvaluationContext): Record<string, string> {
  const { settings } = evaluation
  return {
    TimeZone: settings.timeZone,
    DateStyle: settings.dateStyle,
    IntervalStyle: settings.intervalStyle,
    extra_float_digits: String(settings.extraFloatDigits),
    bytea_output: settings.byteaOutput,
  }
}

function newSourceSet(sources: readonly SourceDefinition[]): SourceSet {
  const definitions = new Map(sources.map((source) => [source.name, source]))
  return { definitions, open: new Map(), users: 0, retired: false }
}

async function openSources(plan: PhysicalPlan, sources: SourceSet): Promise<void> {
  if (plan.kind === 'remote-query' && !sources.open.has(plan.source)) {
    const definition = sources.definitions.get(plan.source)
    if (definition === undefined) {
      throw new EngineError(SQLSTATE.invalidCatalog, `Source "${plan.source}" is gone`, {
        hint: 'The catalog was reloaded: run the statement again',
      })
    }
    const connector = await connectorOf(definition.connector)
    if (!sources.open.has(plan.source)) {
      const all = [...sources.definitions.values()]
      const source = withNeighbours(definition, all, connector)
      sources.open.set(plan.source, explainingChanges(connector.open(source), source))
    }
  }
  for (const input of inputsOf(plan)) await openSources(input, sources)
}

function sourceOf(sources: SourceSet, name: string): OpenSource {
  const source = sources.open.get(name)
  if (source === undefined) {
    throw new EngineError(SQLSTATE.internalError, `Source "${name}" was not opened`)
  }
  return source
}

/** What counts the rows of one statement: those of all its sources, and those of each that has a limit. */
function rowAllowances(
  { definitions }: SourceSet,
  all: RowAllowance,
): (names: readonly string[]) => readonly RowAllowance[] {
  const own = new Map<string, RowAllowance>()
  return (names) => {
    const found = [all]
    for (const name of names) {
      const most = definitions.get(name)?.limits.maxRows
      if (most === undefined) continue
      const allowance = own.get(name) ?? sourceAllowance(name, most)
      own.set(name, allowance)
      found.push(allowance)
    }
    return found
  }
}

async function closeIfUnused(sources: SourceSet): Promise<void> {
  if (!sources.retired || sources.users > 0) return
  const open = [...sources.open.values()]
  sources.open.clear()
  await Promise.allSettled(open.map((source) => source.close()))
}
