/**
 * `npm run bench:grouping`: what it costs to have an engine group rows, beside sending them: so many rows are read through the connector
 * as they are, and grouped by a column of few, some and many different values. Prints microseconds a row for sending, a row for grouping
 * and a group made, all by one fit, and as shares of sending: what the connectors declare as `grouping` (src/connectors/connector.ts).
 *   --only TEXT    only the engines whose name contains it
 *   --rows N       rows of the table (default 400000)
 *   --runs N       counted runs of each statement, of which the fastest counts (default 3)
 */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { parseArgs } from 'node:util'
import { DuckDBInstance } from '@duckdb/node-api'
import type { Connector } from '../../src/connectors/connector.js'
import { connector as files } from '../../src/connectors/files/index.js'
import { connector as mysql } from '../../src/connectors/mysql/index.js'
import { connector as postgres } from '../../src/connectors/postgres/index.js'
import type { Column } from '../../src/expressions/expression.js'
import { COUNT_ROWS, exactSumOf } from '../../src/planner/known-functions.js'
import { columnsOf } from '../../src/planner/logical-plan.js'
import type { AggregateCall, LogicalPlan } from '../../src/planner/logical-plan.js'
import { OID, sqlType } from '../../src/types/sql-type.js'
import { parseTypeName } from '../../src/types/type-registry.js'
import { mariadbInstalled, startMariadb } from '../../tests/servers/mariadb.js'
import { startPostgres } from '../../tests/servers/postgres.js'
import { openReading, sourceWith } from '../connectors/reading.js'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    rows: { type: 'string', default: '400000' },
    runs: { type: 'string', default: '3' },
  },
})
const ROWS = Number(flags.rows)
const RUNS = Number(flags.runs)
/** Different values of the columns that are grouped by. */
const GROUPS = { in_few: 50, in_some: ROWS / 40, in_half: ROWS / 2 } as const
const COLUMNS = ['in_few', 'in_some', 'in_half', 'amount'].map((name) => ({
  name,
  type: 'integer',
}))
/** A step that meets all values of a column in another order than they are stored. */
const SHUFFLE = 7919

interface Started {
  readonly connection: Record<string, unknown>
  readonly table: string
  stop(): Promise<void>
}

const valuesOf = (i: string) =>
  [...Object.values(GROUPS).map((groups) => `(${i} * ${SHUFFLE}) % ${groups}`), `${i} % 1000`].join(', ') // prettier-ignore

async function startWithPostgres(): Promise<Started> {
  const server = await startPostgres()
  await server.execute(
    `CREATE TABLE facts (in_few int, in_some int, in_half int, amount int); INSERT INTO facts SELECT ${valuesOf('i::bigint')} FROM generate_series(1, ${ROWS}) i; ANALYZE facts`,
  )
  const { host, port, user, password, database } = server
  return {
    connection: { host, port, user, password, database, parallel_reads: 1 },
    table: 'public.facts',
    stop: () => server.stop(),
  }
}

async function startWithMariadb(): Promise<Started> {
  const server = await startMariadb()
  await server.execute(
    `CREATE TABLE facts (in_few INT, in_some INT, in_half INT, amount INT); INSERT INTO facts SELECT ${valuesOf('seq')} FROM seq_1_to_${ROWS}; ANALYZE TABLE facts`,
  )
  const { host, port, user, password, database } = server
  return {
    connection: { host, port, user, password, database },
    table: `${database}.facts`,
    stop: () => server.stop(),
  }
}

async function startWithFiles(): Promise<Started> {
  const directory = await mkdtemp(join(tmpdir(), 'tributary-grouping-'))
  const path = join(directory, 'facts.parquet')
  const instance = await DuckDBInstance.create()
  const connection = await instance.connect()
  const names = COLUMNS.map(({ name }) => name)
  const values = valuesOf('i').split(', ').map((value, i) => `(${value})::INTEGER AS ${names[i]}`) // prettier-ignore
  await connection.run(
    `COPY (SELECT ${values.join(', ')} FROM range(1, ${ROWS + 1}) r(i)) TO '${path}' (FORMAT parquet)`,
  )
  connection.closeSync()
  return {
    connection: { root: directory },
    table: 'facts.parquet',
    stop: () => rm(directory, { recursive: true, force: true }),
  }
}

const ENGINES: Readonly<Record<string, readonly [Connector, () => Promise<Started>]>> = {
  PostgreSQL: [postgres, startWithPostgres],
  ...(mariadbInstalled() ? { MariaDB: [mysql, startWithMariadb] as const } : {}),
  'files (DuckDB, Parquet)': [files, startWithFiles],
}

for (const [name, [connector, start]] of Object.entries(ENGINES)) {
  if (!name.toLowerCase().includes(flags.only.toLowerCase())) continue
  const started = await start()
  try {
    const source = sourceWith(connector.kind, started.connection, started.table, COLUMNS)
    const milliseconds = async (plan: LogicalPlan): Promise<number> => {
      const reading = openReading(connector, source, connector.pushdown(source).print(plan))
      try {
        await reading.read()
        let best = Infinity
        for (let run = 0; run < RUNS; run++) {
          const before = performance.now()
          await reading.read()
          best = Math.min(best, performance.now() - before)
        }
        return best
      } finally {
        await reading.close()
      }
    }
    const sending = ((await milliseconds(scan('in_few', 'amount'))) * 1000) / ROWS
    const times: Record<string, number> = {}
    for (const key of Object.keys(GROUPS)) times[key] = (await milliseconds(grouped(key))) * 1000
    // t = rows * a + groups * b, through the first and the last point.
    const perGroup = (times.in_half! - times.in_few!) / (GROUPS.in_half - GROUPS.in_few)
    const perRow = (times.in_few! - GROUPS.in_few * perGroup) / ROWS
    const share = (cost: number) => `${cost.toFixed(3)} us (${(cost / sending).toFixed(2)} x)`
    console.log(
      `${name}: a row sent ${sending.toFixed(3)} us; a row grouped ${share(perRow)}; a group made and sent ${share(perGroup)}`,
    )
    for (const [key, groups] of Object.entries(GROUPS)) {
      const ratio = times[key]! / (sending * ROWS)
      const fitted = (perRow * ROWS + perGroup * groups) / (sending * ROWS)
      console.log(
        `  ${ROWS} rows in ${groups} groups: ${ratio.toFixed(2)} x the time of sending them (fitted ${fitted.toFixed(2)})`,
      )
    }
  } finally {
    await started.stop()
  }
}

function columnOf(name: string): Column {
  const index = COLUMNS.findIndex((column) => column.name === name)
  return { id: index + 1, name, type: parseTypeName('integer') }
}

function scan(...names: readonly string[]): LogicalPlan {
  return {
    ...{ kind: 'scan', source: 'bench', schema: 'bench', table: 'bench' },
    columns: names.map(columnOf),
    tableColumns: names,
  }
}

/** By one column, with a count and a sum: what is asked for below joins. */
function grouped(key: string): LogicalPlan {
  const plain = {
    ...({ star: false, distinct: false, orderBy: [], form: 'normal' } as const),
    ...({ directArguments: [], collation: 'binary' } as const),
  }
  const amount = columnOf('amount')
  const calls: AggregateCall[] = [
    {
      ...plain,
      column: { id: 11, name: 'n', type: sqlType(OID.int8) },
      ...{ function: COUNT_ROWS, arguments: [], star: true },
    },
    {
      ...plain,
      column: { id: 12, name: 'total', type: exactSumOf(OID.int4)!.type },
      function: exactSumOf(OID.int4)!.function,
      arguments: [{ kind: 'column', ...amount }],
    },
  ]
  const input = scan(key, 'amount')
  const groups = columnsOf(input)
    .filter(({ name }) => name === key)
    .map((column) => ({ column, expression: { kind: 'column', ...column } as const }))
  return { kind: 'aggregate', input, groups, aggregates: calls }
}
