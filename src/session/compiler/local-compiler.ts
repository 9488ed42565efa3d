/** The compiler in this thread: analyzer, governance and planner behind one call. */
import { createHash } from 'node:crypto'
import type { Analyzer, AnalyzerProblem } from '../../analyzer/analyzer.js'
import type { Catalog } from '../../catalog/catalog.js'
import { withLiveStatistics, type LiveStatistics } from '../../catalog/live-statistics.js'
import { withNeighbours } from '../../connectors/neighbours.js'
import type { Pushdown } from '../../connectors/connector.js'
import { connectorOf } from '../../connectors/registry.js'
import { EngineError, serializeError, SQLSTATE } from '../../errors.js'
import { applyPolicies } from '../../governance/apply-policies.js'
import { LearnedRows } from '../../planner/estimates/learned-rows.js'
import type { LearnedChange } from './compiler-protocol.js'
import { DEFAULT_PLANNER_SETTINGS, planStatement } from '../../planner/plan-statement.js'
import type { PricesBySource } from '../../planner/estimates/source-prices.js'
import { CATALOG_SOURCE } from '../../expressions/catalog-functions.js'
import { CATALOG_PUSHDOWN } from '../../system/catalog-pushdown.js'
import { SYSTEM_PUSHDOWN } from '../../system/system-pushdown.js'
import { SYSTEM_SCHEMA, withSystemTables } from '../../system/system-tables.js'
import type {
  CatalogResult,
  CompiledStatement,
  CompileOptions,
  Compiler,
} from './compiled-statement.js'

export class LocalCompiler implements Compiler {
  /** What PostgreSQL had to say against tables and views of the catalog. */
  readonly problems: readonly AnalyzerProblem[]
  readonly #files: Catalog
  #catalog: Catalog
  readonly #learned = new LearnedRows()
  readonly #analyzer: Analyzer
  readonly #pushdowns: ReadonlyMap<string, Pushdown>

  private constructor(
    catalog: Catalog,
    analyzer: Analyzer,
    pushdowns: ReadonlyMap<string, Pushdown>,
  ) {
    this.#files = catalog
    this.#catalog = catalog
    this.#analyzer = analyzer
    this.#pushdowns = pushdowns
    this.problems = analyzer.problems
  }

  /** Starts PostgreSQL with the catalog in it and loads the planning half of every source's connector. */
  static async start(catalog: Catalog): Promise<LocalCompiler> {
    // Imported here so that the main thread can name this class without loading PostgreSQL.
    const { Analyzer } = await import('../../analyzer/analyzer.js')
    const full = withSystemTables(catalog)
    const analyzer = await Analyzer.start(full)
    const pushdowns = new Map<string, Pushdown>([
      [SYSTEM_SCHEMA, SYSTEM_PUSHDOWN],
      [CATALOG_SOURCE, CATALOG_PUSHDOWN],
    ])
    for (const source of catalog.sources) {
      const connector = await connectorOf(source.connector)
      pushdowns.set(
        source.name,
        connector.pushdown(withNeighbours(source, catalog.sources, connector)),
      )
    }
    return new LocalCompiler(full, analyzer, pushdowns)
  }

  /** The connection target of each source: equal ones are one site. */
  get targets(): Readonly<Record<string, string>> {
    return Object.fromEntries(
      this.#files.sources
        .filter((source) => source.name !== SYSTEM_SCHEMA)
        .map(({ name }) => [name, nameOfTarget(this.#pushdownOf(name).site)]),
    )
  }

  /** Plans by these statistics from now on. */
  setStatistics(statistics: LiveStatistics): void {
    this.#catalog = withLiveStatistics(this.#files, statistics)
  }

  /** Learns from fragments that ran. */
  learn(change: LearnedChange): void {
    if ('kept' in change) this.#learned.restore(change.kept)
    else for (const seen of change.observations) this.#learned.learn(seen)
  }

  compile(
    sql: string,
    parameterTypes: readonly number[],
    options: CompileOptions,
  ): Promise<CompiledStatement> {
    return Promise.resolve().then(() => this.compileNow(sql, parameterTypes, options))
  }

  /** As {@link compile}, at once. */
  compileNow(
    sql: string,
    parameterTypes: readonly number[],
    options: CompileOptions,
  ): CompiledStatement {
    const analyzed = this.#analyzer.analyze(sql, parameterTypes, options)
    const { kind, columns, parameterTypes: types, logical } = analyzed
    if (kind === 'catalog' || logical === undefined) {
      return { kind: 'catalog', columns, parameterTypes: types }
    }
    const { user, role } = options
    const governed = applyPolicies(logical, { catalog: this.#catalog, user, role })
    const planned = planStatement(governed, {
      catalog: this.#catalog,
      pushdownOf: (source) => {
        const pushdown = this.#pushdownOf(source)
        return options.planner.digits === 'proven' ? (pushdown.proven ?? pushdown) : pushdown
      },
      ...(options.planner.learnedEstimates === 'on' ? { learned: this.#learned } : {}),
      ...(options.planner.prices === undefined
        ? {}
        : { prices: JSON.parse(options.planner.prices) as PricesBySource }),
      settings: {
        ...DEFAULT_PLANNER_SETTINGS,
        pushdown: options.planner.pushdown !== 'off',
        ...(options.planner.assumed === undefined
          ? {}
          : { assumed: JSON.parse(options.planner.assumed) as Record<string, string | null> }),
        ...(options.planner.atMost === undefined
          ? {}
          : { atMost: JSON.parse(options.planner.atMost) as Record<string, string> }),
        strictPushdown: options.planner.strictPushdown === 'on',
      },
    })
    return {
      kind: 'plan',
      columns,
      parameterTypes: types,
      plan: planned.plan,
      relay: planned.relay,
      rules: planned.rules,
      ledger: planned.ledger,
      ...(planned.sensitive.length > 0 ? { sensitive: planned.sensitive } : {}),
      ...(planned.refusal === undefined ? {} : { refusal: serializeError(planned.refusal) }),
    }
  }

  runCatalog(...request: Parameters<Compiler['runCatalog']>): Promise<CatalogResult> {
    return Promise.resolve().then(() => this.#analyzer.runCatalog(...request))
  }

  close(): Promise<void> {
    return Promise.resolve(this.#analyzer.close())
  }

  #pushdownOf(source: string): Pushdown {
    const pushdown = this.#pushdowns.get(source)
    if (pushdown === undefined) {
      throw new EngineError(SQLSTATE.internalError, `No source is named "${source}"`)
    }
    return pushdown
  }
}

/** A site's name says more of a connection than is to be kept. */
function nameOfTarget(site: string): string {
  return createHash('sha256').update(site).digest('base64url').slice(0, 22)
}
