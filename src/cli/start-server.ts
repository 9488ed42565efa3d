/** Assembles a server: checked catalog, compiler thread, statement threads, wire. */
import { hasErrors, type Problem } from '../catalog/problem.js'
import { CompilerThread } from '../session/compiler-thread.js'
import { cachingCompiler } from '../session/compile-cache.js'
import { StatementPool } from '../session/statement-pool.js'
import { startWireServer } from '../wire/server.js'
import { checkFiles, problemsOfCompiler, refusal } from './open-catalog.js'

export interface ServerOptions {
  readonly directory: string
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly statementThreads: number
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
  const compilerThread = await CompilerThread.start(catalog)
  const problems = [...checked.problems, ...problemsOfCompiler(compilerThread.problems, checked)]
  if (hasErrors(problems)) {
    await compilerThread.close()
    return refuse(problems)
  }
  const runner = new StatementPool(options.statementThreads, catalog.version, catalog.sources)
  runner.warm()
  const compiler = cachingCompiler(compilerThread, () => catalog.version)
  const { host, port, log } = options
  const wire = await startWireServer({ host, port, compiler, runner, catalog: () => catalog, log })
  return {
    host,
    port: wire.port,
    database: catalog.database,
    problems,
    texts,
    async close() {
      await wire.close()
      await runner.close()
      await compilerThread.close()
    },
  }
}
