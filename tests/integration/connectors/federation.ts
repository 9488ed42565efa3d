/** A catalog with the engine behind it, in process: statements run with pushdown on or off, and tell what was sent. */
import type { Catalog, SourceDefinition, TableDefinition } from '../../../src/catalog/catalog.js'
import type { DiscoveredTable } from '../../../src/connectors/connector.js'
import { deserializeError } from '../../../src/errors.js'
import { inputsOf, type PhysicalPlan } from '../../../src/planner/physical-plan.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import { LocalCompiler } from '../../../src/session/compiler/local-compiler.js'
import { LocalRunner } from '../../../src/session/runner/local-runner.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'

export interface Planned {
  readonly plan: PhysicalPlan
  /** The remote statements of the plan. */
  readonly sent: readonly string[]
  /** Kinds of the plan's nodes, outermost first. */
  readonly nodes: readonly string[]
  readonly notes: readonly string[]
}

export interface Outcome extends Planned {
  readonly rows: readonly (string | null)[][]
}

export class Federation {
  readonly #compiler: LocalCompiler
  readonly #runner: LocalRunner
  readonly #searchPath: readonly string[]

  private constructor(compiler: LocalCompiler, runner: LocalRunner, searchPath: readonly string[]) {
    this.#compiler = compiler
    this.#runner = runner
    this.#searchPath = searchPath
  }

  static async start(sources: readonly SourceDefinition[]): Promise<Federation> {
    const searchPath = sources.map((source) => source.name)
    const catalog: Catalog = {
      name: 'test',
      database: 'test',
      searchPath,
      timezone: 'UTC',
      version: '1',
      statementTimeout: 0,
      sources,
      views: [],
      principals: { roles: {}, users: {}, open: true },
    }
    const compiler = await LocalCompiler.start(catalog)
    if (compiler.problems.length > 0) throw new Error(JSON.stringify(compiler.problems))
    return new Federation(compiler, new LocalRunner(sources), searchPath)
  }

  /** Plans a statement without running it. */
  async plan(sql: string, pushdown: 'on' | 'off' = 'on', timeZone = 'UTC'): Promise<Planned> {
    const options: CompileOptions = {
      user: 'tester',
      role: 'tester',
      searchPath: this.#searchPath,
      values: { ...DEFAULT_VALUE_SETTINGS, timeZone },
      planner: { pushdown },
      settings: {},
    }
    const { plan, refusal } = await this.#compiler.compile(sql, [], options)
    if (refusal !== undefined) throw deserializeError(refusal)
    if (plan === undefined) throw new Error(`Not a plan: ${sql}`)
    const plans = flatten(plan)
    return {
      plan,
      sent: plans.flatMap((node) => (node.kind === 'remote-query' ? [node.statement.text] : [])),
      nodes: plans.map((node) => node.kind),
      notes: plans.flatMap((node) => node.notes ?? []),
    }
  }

  async run(
    sql: string,
    pushdown: 'on' | 'off' = 'on',
    parameters: readonly (string | null)[] = [],
    session: { readonly timeZone?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Outcome> {
    return this.execute(await this.plan(sql, pushdown, session.timeZone), parameters, session)
  }

  async execute(
    planned: Planned,
    parameters: readonly (string | null)[] = [],
    session: { readonly timeZone?: string; readonly signal?: AbortSignal } = {},
  ): Promise<Outcome> {
    const { timeZone = DEFAULT_VALUE_SETTINGS.timeZone, signal } = session
    const running = this.#runner.execute(
      {
        plan: planned.plan,
        evaluation: {
          parameters,
          settings: { ...DEFAULT_VALUE_SETTINGS, timeZone },
          transactionTime: 0,
          statementTime: 0,
          session: {},
        },
        formats: planned.plan.columns.map(() => 0),
        memoryLimit: 1 << 28,
        relay: false,
      },
      signal ?? new AbortController().signal,
    )
    const rows: (string | null)[][] = []
    for await (const chunk of running) rows.push(...dataRows(Buffer.from(chunk.frames)))
    return { ...planned, rows }
  }

  async close(): Promise<void> {
    await this.#runner.close()
    await this.#compiler.close()
  }
}

function flatten(plan: PhysicalPlan): PhysicalPlan[] {
  return [plan, ...inputsOf(plan).flatMap(flatten)]
}

function dataRows(frames: Buffer): (string | null)[][] {
  const rows: (string | null)[][] = []
  for (let at = 0; at < frames.length; at += 1 + frames.readInt32BE(at + 1)) {
    let offset = at + 7
    const row: (string | null)[] = []
    for (let i = frames.readInt16BE(at + 5); i > 0; i--) {
      const length = frames.readInt32BE(offset)
      offset += 4
      row.push(length < 0 ? null : frames.toString('utf8', offset, offset + length))
      offset += Math.max(0, length)
    }
    rows.push(row)
  }
  return rows
}

/** A table definition from what discovery found. */
export function tableFrom(name: string, found: DiscoveredTable): TableDefinition {
  return {
    name,
    from: found.from,
    columns: found.columns.map((column) => ({
      name: column.name,
      from: column.name,
      type: column.type,
      native: column.native,
      ...(column.collation === undefined ? {} : { collation: column.collation }),
      notNull: column.notNull,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: found.primaryKey,
    unique: found.unique,
    foreignKeys: [],
    indexes: found.indexes,
    rely: true,
    statistics: { ...(found.rows === undefined ? {} : { rows: found.rows }), columns: {} },
    requireFilter: [],
    options: {},
  }
}

/** Rows in an order of their own, for statements without one. */
export function sorted(rows: readonly (string | null)[][]): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
