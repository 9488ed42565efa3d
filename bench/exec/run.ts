/**
 * Rates of the executor's heavy operators over 5 million rows in memory, on one thread: `npm run bench:exec`, with
 * `-- --json` for machines and a name to run only one. Each is run three times in a process of its own, so that none finds the
 * garbage of the one before, or code compiled for its types; the best counts. Beside the time that went by, the processor
 * time is told: on a machine with other work that is the one to compare.
 */
import { execFileSync } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { executePlan } from '../../src/executor/execute-plan.js'
import type { Column, Expression } from '../../src/expressions/expression.js'
import type { AggregateCall } from '../../src/planner/logical-plan.js'
import type { PhysicalPlan } from '../../src/planner/physical-plan.js'
import { OID, sqlType } from '../../src/types/sql-type.js'
import type { SqlType } from '../../src/types/sql-type.js'
import {
  benchContext,
  int8Column,
  makeBatches,
  scrambled,
  tablePlan,
  textColumn,
} from './generate-input.js'

const ROWS = 5_000_000
const BUILD_ROWS = 1_500_000
const GROUPS = 10_000
const PARTITIONS = 50_000
const RUNS = 3

const INT8 = sqlType(OID.int8)
const TEXT = sqlType(OID.text)

interface Benchmark {
  readonly name: string
  /** Rows per second to reach. */
  readonly target: number
  readonly plan: () => PhysicalPlan
}

let nextId = 1

function column(name: string, type: SqlType): Column {
  return { id: nextId++, name, type }
}

function reference({ id, name, type }: Column): Expression {
  return { kind: 'column', id, name, type }
}

function call(name: string, signature: string, type: SqlType, argument?: Column): AggregateCall {
  return {
    column: column(name, type),
    function: {
      oid: 0,
      name,
      signature,
      schema: 'pg_catalog',
      volatility: 'immutable',
      strict: false,
    },
    arguments: argument === undefined ? [] : [reference(argument)],
    star: argument === undefined,
    distinct: false,
    orderBy: [],
    form: 'normal',
    directArguments: [],
    collation: 'binary',
  }
}

function joinPlan(key: (row: number) => number, factKey: (row: number) => number): PhysicalPlan {
  const facts = [column('customer', INT8), column('amount', INT8)]
  const customers = [column('id', INT8), column('score', INT8)]
  const left = tablePlan(
    nextId++,
    facts,
    makeBatches(ROWS, [int8Column(factKey), int8Column((row) => row % 1000)]),
  )
  const right = tablePlan(
    nextId++,
    customers,
    makeBatches(BUILD_ROWS, [int8Column(key), int8Column((row) => row % 77)]),
  )
  return {
    kind: 'hash-join',
    id: nextId++,
    estimatedRows: undefined,
    columns: [...facts, ...customers],
    joinType: 'inner',
    left,
    right,
    build: 'right',
    keys: [
      {
        left: reference(facts[0]!),
        right: reference(customers[0]!),
        collation: 'binary',
        nullSafe: false,
      },
    ],
  }
}

const SPREAD = 7919

const BENCHMARKS: readonly Benchmark[] = [
  {
    name: 'hash join, int8, dense keys',
    target: 8e6,
    plan: () =>
      joinPlan(
        (row) => row,
        (row) => scrambled(row) % BUILD_ROWS,
      ),
  },
  {
    name: 'hash join, int8, sparse keys',
    target: 8e6,
    plan: () =>
      joinPlan(
        (row) => row * SPREAD,
        (row) => (scrambled(row) % BUILD_ROWS) * SPREAD,
      ),
  },
  {
    name: 'group by text, 10,000 groups',
    target: 5e6,
    plan: () => {
      const texts = Array.from({ length: GROUPS }, (_, i) => `segment-${i}`)
      const columns = [column('segment', TEXT), column('amount', INT8)]
      const numeric = sqlType(OID.numeric)
      const aggregates = [
        call('count', 'count()', INT8),
        call('sum', 'sum(int8)', numeric, columns[1]),
      ]
      const groups = [{ column: column('segment', TEXT), expression: reference(columns[0]!) }]
      return {
        kind: 'hash-aggregate',
        id: nextId++,
        estimatedRows: undefined,
        columns: [...groups.map((group) => group.column), ...aggregates.map((each) => each.column)],
        input: tablePlan(
          nextId++,
          columns,
          makeBatches(ROWS, [
            textColumn(texts, (row) => scrambled(row) % GROUPS),
            int8Column((row) => row % 1000),
          ]),
        ),
        groups,
        aggregates,
      }
    },
  },
  {
    name: 'sort by int8',
    target: 2e6,
    plan: () => {
      const columns = [column('key', INT8), column('payload', INT8)]
      return {
        kind: 'sort',
        id: nextId++,
        estimatedRows: undefined,
        columns,
        input: tablePlan(
          nextId++,
          columns,
          makeBatches(ROWS, [int8Column(scrambled), int8Column((row) => row)]),
        ),
        keys: [
          {
            expression: reference(columns[0]!),
            descending: false,
            nullsFirst: false,
            collation: 'binary',
          },
        ],
      }
    },
  },
  {
    name: 'row_number per partition',
    target: 1e6,
    plan: () => {
      const columns = [column('customer', INT8), column('time', INT8)]
      const number = call('row_number', 'row_number()', INT8)
      return {
        kind: 'window',
        id: nextId++,
        estimatedRows: undefined,
        columns: [...columns, number.column],
        input: tablePlan(
          nextId++,
          columns,
          makeBatches(ROWS, [
            int8Column((row) => scrambled(row) % PARTITIONS),
            int8Column((row) => scrambled(row + ROWS)),
          ]),
        ),
        partitionBy: [reference(columns[0]!)],
        orderBy: [
          {
            expression: reference(columns[1]!),
            descending: false,
            nullsFirst: false,
            collation: 'binary',
          },
        ],
        frame: {
          mode: 'range',
          start: { kind: 'unbounded-preceding' },
          end: { kind: 'current-row' },
          exclude: 'no-others',
        },
        calls: [{ ...number, isAggregate: false }],
      }
    },
  },
]

interface Result {
  readonly name: string
  /** Rows per second, and those to reach. */
  readonly rate: number
  readonly target: number
  readonly milliseconds: number
  readonly cpuMilliseconds: number
  readonly rows: number
  /** Bytes. */
  readonly memory: number
}

async function measure({ name, target, plan }: Benchmark): Promise<Result> {
  const node = plan()
  let best = Infinity
  let bestCpu = Infinity
  let memory = 0
  let rows = 0
  for (let attempt = 0; attempt < RUNS; attempt++) {
    const context = benchContext()
    const started = performance.now()
    const cpuBefore = process.cpuUsage()
    rows = 0
    for await (const batch of executePlan(node, context)) rows += batch.length
    best = Math.min(best, performance.now() - started)
    const { user, system } = process.cpuUsage(cpuBefore)
    bestCpu = Math.min(bestCpu, (user + system) / 1000)
    memory = context.memory.peak
  }
  const rate = Math.round(ROWS / (best / 1000))
  return {
    ...{ name, rate, target, rows, memory },
    milliseconds: Math.round(best),
    cpuMilliseconds: Math.round(bestCpu),
  }
}

function lineOf({ name, rate, target, milliseconds, cpuMilliseconds, memory }: Result): string {
  const verdict = rate >= target ? 'ok' : 'BELOW TARGET'
  return (
    `${name.padEnd(32)} ${(rate / 1e6).toFixed(2).padStart(7)} M rows/s  (target ${target / 1e6} M) ` +
    `${milliseconds} ms, ${cpuMilliseconds} ms of processor, ${Math.round(memory / 1048576)} MB  ${verdict}`
  )
}

const isJson = process.argv.includes('--json')
const only = process.argv.slice(2).find((argument) => !argument.startsWith('--')) ?? ''
const chosen = BENCHMARKS.filter(({ name }) => name.includes(only))
const [first, ...others] = chosen
if (first !== undefined && others.length === 0) {
  const result = await measure(first)
  console.log(isJson ? JSON.stringify([result]) : lineOf(result))
} else {
  const results: Result[] = []
  for (const { name } of chosen) {
    const script = [...process.execArgv, fileURLToPath(import.meta.url), name, '--json']
    const [result] = JSON.parse(execFileSync(process.execPath, script, { encoding: 'utf8' })) as [Result] // prettier-ignore
    results.push(result)
    if (!isJson) console.log(lineOf(result))
  }
  if (isJson) console.log(JSON.stringify(results))
}
