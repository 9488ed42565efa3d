/** Assembles a server: checked catalog, compiler thread, statement threads, wire. */
import type { SourceDefinition } from '../catalog/catalog.js'
import { hasErrors, renderProblem, type Problem } from '../catalog/problem.js'
import { CompilerThread } from '../session/compiler/compiler-thread.js'
import { cachingCompiler } from '../session/compiler/compile-cache.js'
import { LearnedRowsKeeper } from '../session/learning/learned-rows-keeper.js'
import { PricesKeeper } from '../session/learning/prices-keeper.js'
import { StatementPool } from '../session/runner/statement-pool.js'
import { StatisticsKeeper } from '../session/learning/statistics-keeper.js'
import { StatementRecords } from '../system/statement-records.js'
import { startWireServer } from '../wire/server.js'
import { asksForWarnings, driftPolicyOf, findDrift } from './find-drift.js'
import { checkFiles, problemsOfCompiler, refusal } from './open-catalog.js'

export interface ServerOptions {
  readonly directory: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly statementThreads: number
  /** How old statistics of sources may be, ms; 0: those of the lock files are all. */
  readonly statisticsRefresh: number
  readonly log: (line: string) => void
}

export interface RunningServer {
  readonly host: string
  readonly port: number
  readonly database: string
  /** Warnings only. */
  readonly problems: readonly Problem[]
  readonly texts: ReadonlyMap<string, string>
  close(): Promise<void>
}

/** A catalog with errors is not served. */
export interface RefusedServer {
  readonly refusal: string
  readonly problems: readonly Problem[]
  readonly texts: ReadonlyMap<string, string>
}

/** Starts serving; no source is contacted until a statement needs it. */
export async function startServer(options: ServerOptions): Promise<RunningServer | RefusedServer> {
  const checked = await checkFiles(options.directory)
  const { catalog, texts } = checked
  const refuse = (problems: readonly Problem[]): RefusedServer => ({
    refusal: refusal(options.directory, problems) ?? 'the catalog has errors',
    problems,
    texts,
  })
  if (hasErrors(checked.problems)) return refuse(checked.problems)
  // Where drift must not be served, the source is asked first; elsewhere when everything else is up.
  const strict = catalog.sources.filter((source) => driftPolicyOf(source) === 'fail')
  const drift = await Promise.all(strict.map((source) => findDrift(options.directory, source)))
  if (hasErrors(drift.flat())) return refuse(drift.flat())
  const compilerThread = await CompilerThread.start(catalog)
  const problems = [...checked.problems, ...problemsOfCompiler(compilerThread.problems, checked)]
  if (hasErrors(problems)) {
    await compilerThread.close()
    return refuse(problems)
  }
  const runner = new StatementPool(options.statementThreads, catalog.version, catalog.sources)
  runner.warm()
  let revision = 0
  const keeper = new StatisticsKeeper({
    ...{ directory: options.directory, catalog, log: options.log },
    interval: options.statisticsRefresh,
    publish: (statistics) => {
      revision++
      void compilerThread.setStatistics(statistics)
    },
  })
  await compilerThread.setStatistics(keeper.statistics)
  const compiler = cachingCompiler(compilerThread, () => `${catalog.version}.${revision}`)
  const learned = new LearnedRowsKeeper({
    ...{ directory: options.directory, catalogVersion: catalog.version, log: options.log },
    publish: (change, kept) => void compilerThread.learn(change, kept),
    planAnew: (plan) => compiler.planAnew(plan),
  })
  const measured = new PricesKeeper({
    ...{ directory: options.directory, targets: compilerThread.targets, log: options.log },
  })
  const records = new StatementRecords(({ sources }, ended) => {
    keeper.used(sources)
    learned.ended(ended)
    measured.ended(ended)
  }, measured.prices)
  const { host, port, log } = options
  const wire = await startWireServer({
    ...{ host, port, compiler, runner, catalog: () => catalog, log, records },
  })
  for (const source of catalog.sources) {
    if (asksForWarnings(source)) void reportDrift(options.directory, source, log)
  }
  return {
    host,
    port: wire.port,
    database: catalog.database,
    problems: [...problems, ...drift.flat()],
    texts,
    async close() {
      await wire.close()
      learned.close()
      measured.close()
      await keeper.close()
      await runner.close()
      await compilerThread.close()
    },
  }
}

/** Logs how a source departs from its lock; that a source is down is no news yet. */
async function reportDrift(
  directory: string,
  source: SourceDefinition,
  log: (line: string) => void,
): Promise<void> {
  for (const problem of await findDrift(directory, source)) {
    if (problem.code !== 'W3011') log(renderProblem(problem, undefined))
  }
}
