/** Sources of pretence that do answer: one PostgreSQL in this process holds all tables and runs what is pushed. */
import { startPostgres } from '../../../src/analyzer/postgres/pglite.js'
import type { PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import type { OpenSource, RemoteStatement } from '../../../src/connectors/connector.js'
import type { Batch } from '../../../src/executor/batch.js'
import { executePlan } from '../../../src/executor/execute-plan.js'
import { MemoryBudget } from '../../../src/executor/memory-budget.js'
import { createStatistics } from '../../../src/executor/statistics.js'
import type { LocalStatement } from '../../../src/executor/execution.js'
import type { Column } from '../../../src/expressions/expression.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import type { Datum } from '../../../src/types/sql-type.js'
import { formatTypeName } from '../../../src/types/type-registry.js'
import { datumAt, vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import type { WorldTable } from '../../world/table.js'

export type Rows = readonly (readonly Datum[])[]

/** All tables in one PostgreSQL: the sources, and the oracle. */
export class PretendSources {
  readonly #postgres: PostgresInstance
  /** Rows that sources sent, since the last reset. */
  rowsMoved = 0
  /** Rows that ship joins of the last plan sent. */
  shipped = 0
  /** Bytes that the last plan held at most. */
  peak = 0

  private constructor(postgres: PostgresInstance) {
    this.#postgres = postgres
  }

  static async start(tables: readonly WorldTable[]): Promise<PretendSources> {
    const postgres = await startPostgres()
    // Without an order the first rows of a table come first, each time: tests count on it.
    postgres.exec('SET synchronize_seqscans = off')
    for (const table of tables) {
      const columns = table.columns.map((column) => `${column.name} ${column.type}`).join(', ')
      postgres.exec(`CREATE TABLE ${table.name} (${columns})`)
      const values = table.rows.map((row) => `(${row.map(literal).join(', ')})`)
      if (values.length > 0) {
        postgres.exec(`INSERT INTO ${table.name} VALUES ${values.join(', ')}`)
      }
    }
    return new PretendSources(postgres)
  }

  /** The oracle's answer. */
  query(sql: string, parameters: readonly Datum[] = []): Rows {
    return this.#postgres.query(withValues(sql, parameters))
  }

  /** Runs a plan over the sources, in so many bytes. */
  async run(
    plan: PhysicalPlan,
    parameters: readonly Datum[] = [],
    memoryLimit = 256 << 20,
  ): Promise<Rows> {
    const rows: Datum[][] = []
    const memory = new MemoryBudget(memoryLimit)
    const source = this.#source()
    const statistics = createStatistics()
    const batches = executePlan(plan, {
      evaluation: {
        parameters,
        settings: DEFAULT_VALUE_SETTINGS,
        transactionTime: 0,
        statementTime: 0,
        session: {},
      },
      signal: new AbortController().signal,
      memory,
      source: () => source,
      sendRows: () => undefined,
      localPostgres: {
        run: async (statement, { keep }) => void (await keep(await this.#runLocally(statement))),
      },
      statistics,
    })
    for await (const batch of batches) rows.push(...rowsOf(batch))
    this.peak = memory.peak
    this.shipped = [...statistics.nodes.values()].reduce(
      (sum, node) => sum + (node.shipped ?? 0),
      0,
    )
    return rows
  }

  async close(): Promise<void> {
    await this.#postgres.close()
  }

  #answer(text: string, values: readonly Datum[], columns: readonly Column[]): Batch {
    return batchOf(this.query(text, values), columns)
  }

  #source(): OpenSource {
    const scan = async function* (
      this: PretendSources,
      statement: RemoteStatement,
      values: readonly Datum[],
    ) {
      const batch = this.#answer(statement.text, values, statement.columns)
      this.rowsMoved += batch.length
      if (batch.length > 0) yield batch
    }
    const refuse = () => Promise.reject(new Error('not asked for'))
    return { scan: scan.bind(this), discover: refuse, ping: refuse, close: () => Promise.resolve() }
  }

  async #runLocally(statement: LocalStatement): Promise<Batch> {
    const loaded: { name: string; ddl: string; rows: Datum[][] }[] = []
    for (const input of statement.inputs) {
      const rows: Datum[][] = []
      for await (const batch of input.batches) rows.push(...rowsOf(batch))
      const columns = input.columns.map(
        (column, i) => `"${input.columnNames[i]}" ${formatTypeName(column.type)}`,
      )
      loaded.push({ name: input.name, ddl: columns.join(', '), rows })
    }
    for (const { name, ddl, rows } of loaded) {
      this.#postgres.exec(`DROP TABLE IF EXISTS ${name}; CREATE TEMP TABLE ${name} (${ddl})`)
      const values = rows.map((row) => `(${row.map(literal).join(', ')})`)
      if (ddl === '') {
        this.#postgres.exec(`INSERT INTO ${name} SELECT FROM generate_series(1, ${rows.length})`)
      } else if (values.length > 0) {
        this.#postgres.exec(`INSERT INTO ${name} VALUES ${values.join(', ')}`)
      }
    }
    const values = statement.parameters.map((parameter) => parameter.value)
    return this.#answer(statement.sql, values, statement.columns)
  }
}

function withValues(text: string, values: readonly Datum[]): string {
  return text.replace(/\$(\d+)/g, (_, index: string) => literal(values[Number(index) - 1]!))
}

function literal(value: Datum): string {
  if (value === null) return 'NULL'
  const quoted = value.replaceAll("'", "''")
  return value.includes('\\') ? `E'${quoted.replaceAll('\\', '\\\\')}'` : `'${quoted}'`
}

function batchOf(rows: Rows, columns: readonly Column[]): Batch {
  return {
    length: rows.length,
    columns: columns.map((column, index) =>
      vectorFromDatums(
        column.type,
        rows.map((row) => row[index] ?? null),
      ),
    ),
  }
}

function rowsOf(batch: Batch): Datum[][] {
  return Array.from({ length: batch.length }, (_, i) => {
    const row = batch.selection === undefined ? i : batch.selection[i]!
    return batch.columns.map((vector) => datumAt(vector, row))
  })
}
