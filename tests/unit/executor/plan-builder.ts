/** Small plans by hand, for tests of operators: tables of values, columns by letter, results as rows of text. */
import { expect } from 'vitest'
import { executePlan } from '../../../src/executor/execute-plan.js'
import type { ExecutionContext } from '../../../src/executor/execution.js'
import { MemoryBudget } from '../../../src/executor/memory-budget.js'
import type { MemoryReservation } from '../../../src/executor/memory-budget.js'
import { createStatistics } from '../../../src/executor/statistics.js'
import { batchOf, columnAt } from '../../../src/executor/batch.js'
import type { Batch } from '../../../src/executor/batch.js'
import type { Column, Expression } from '../../../src/expressions/expression.js'
import type { AggregateCall, SortKey, WindowCall } from '../../../src/planner/logical-plan.js'
import type { PhysicalPlan, RemoteQueryPlan } from '../../../src/planner/physical-plan.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import type { Datum, SqlType } from '../../../src/types/sql-type.js'
import { typeInfo } from '../../../src/types/type-registry.js'
import { datumAt, vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'

let nextId = 1
let nextPlan = 1

export const INT4 = sqlType(OID.int4)
export const INT8 = sqlType(OID.int8)
export const TEXT = sqlType(OID.text)
export const BOOL = sqlType(OID.bool)
export const FLOAT8 = sqlType(OID.float8)
export const NUMERIC = sqlType(OID.numeric)

export type Row = readonly Datum[]

/** Makes a column with an id of its own. */
export function column(name: string, type: SqlType): Column {
  return { id: nextId++, name, type }
}

export function reference({ id, name, type }: Column): Expression {
  return { kind: 'column', id, name, type }
}

export function constant(value: Datum, type: SqlType): Expression {
  return { kind: 'constant', value, type }
}

/** a operator b over int4, by pg_proc's name: `int4lt`. */
export function int4Comparison(
  name: string,
  operator: string,
  left: Expression,
  right: Expression,
): Expression {
  return {
    kind: 'call',
    function: {
      oid: 0,
      name,
      signature: `${name}(int4,int4)`,
      schema: 'pg_catalog',
      volatility: 'immutable',
      strict: true,
    },
    arguments: [left, right],
    type: BOOL,
    collation: 'binary',
    form: 'operator',
    operator,
  }
}

export const planId = (): number => nextPlan++

/** A source of the test's own that records what becomes of its scans. */
export class TestTable {
  readonly plan: RemoteQueryPlan
  readonly #batches: () => AsyncIterable<Batch>
  opened = 0
  closed = 0
  taken = 0

  constructor(columns: readonly Column[], rows: readonly Row[], batchRows = 3) {
    const name = `t${planId()}`
    this.plan = {
      kind: 'remote-query',
      id: planId(),
      columns,
      estimatedRows: undefined,
      source: name,
      statement: { text: name, parameters: [], columns },
    }
    this.#batches = () => this.#read(rows, batchRows)
    TABLES.set(name, this)
  }

  async *#read(rows: readonly Row[], batchRows: number): AsyncGenerator<Batch> {
    this.opened++
    try {
      for (let start = 0; start < rows.length; start += batchRows) {
        const part = rows.slice(start, start + batchRows)
        this.taken++
        yield batchOf(
          this.plan.columns.map(({ type }, index) =>
            vectorFromDatums(
              type,
              part.map((row) => row[index] ?? null),
            ),
          ),
          part.length,
        )
      }
    } finally {
      this.closed++
    }
  }

  scan(): AsyncIterable<Batch> {
    return this.#batches()
  }
}

const TABLES = new Map<string, TestTable>()

export interface RunOptions {
  readonly memoryLimit?: number
  /** Operators are refused all memory that they ask for: whatever can spill does, at once and in the smallest pieces. */
  readonly refuseMemory?: boolean
  readonly signal?: AbortSignal
  readonly parameters?: readonly Datum[]
}

/** A budget that refuses to grow wherever an operator has another way. */
class RefusingBudget extends MemoryBudget {
  readonly #granted = new MemoryBudget(1 << 28)

  constructor() {
    super(4096)
  }

  override reserve(operator: string): MemoryReservation {
    const reservation = this.#granted.reserve(operator)
    return { ...reservation, tryResize: (bytes) => bytes <= 0 && reservation.tryResize(0) }
  }
}

/** A context whose sources are the test tables. */
export function testContext(options: RunOptions = {}): ExecutionContext {
  return {
    evaluation: {
      parameters: options.parameters ?? [],
      settings: DEFAULT_VALUE_SETTINGS,
      transactionTime: 0,
      statementTime: 0,
      session: {},
    },
    signal: options.signal ?? new AbortController().signal,
    memory:
      options.refuseMemory === true
        ? new RefusingBudget()
        : new MemoryBudget(options.memoryLimit ?? 1 << 28),
    statistics: createStatistics(),
    source: (name) => {
      const table = TABLES.get(name)
      if (table === undefined) throw new Error(`No table ${name}`)
      return {
        scan: () => table.scan(),
        discover: () => Promise.reject(new Error('not in tests')),
        ping: () => Promise.reject(new Error('not in tests')),
        close: () => Promise.resolve(),
      }
    },
    sendRows: () => undefined,
    localPostgres: {
      run: () => {
        throw new Error('not in tests')
      },
    },
  }
}

/** Runs a plan and gives its rows as text. */
export async function run(plan: PhysicalPlan, options: RunOptions = {}): Promise<Row[]> {
  return collect(executePlan(plan, testContext(options)))
}

/** Runs a plan with memory enough, and again with none: both must give the same. */
export async function runBothWays(plan: PhysicalPlan): Promise<Row[]> {
  const rows = await run(plan)
  const spilled = await run(plan, { refuseMemory: true })
  const isOrdered = plan.kind === 'sort' || plan.kind === 'top-n' || plan.kind === 'distinct-on'
  if (isOrdered) expect(spilled).toEqual(rows)
  else expect(sorted(spilled)).toEqual(sorted(rows))
  return rows
}

export async function collect(batches: AsyncIterable<Batch>): Promise<Row[]> {
  const rows: Row[] = []
  for await (const batch of batches) {
    const columns = batch.columns.map((_, index) => columnAt(batch, index))
    for (let row = 0; row < batch.length; row++)
      rows.push(columns.map((vector) => datumAt(vector, row)))
  }
  return rows
}

/** Rows in an order of their own, for comparing results that have none. */
export function sorted(rows: readonly Row[]): Row[] {
  return rows
    .map((row) => JSON.stringify(row))
    .sort()
    .map((text) => JSON.parse(text) as Row)
}

/** An aggregate call; the signature names its argument types as pg_type does unless given. */
export function aggregate(
  name: string,
  resultType: SqlType,
  argumentList: readonly Expression[],
  more: Partial<AggregateCall> & { signature?: string } = {},
): AggregateCall {
  const { signature, ...rest } = more
  const types = argumentList.map(({ type }) => typeInfo(type.oid).name).join(',')
  return {
    column: column(name, resultType),
    function: {
      oid: 0,
      name,
      signature: signature ?? `${name}(${types})`,
      schema: 'pg_catalog',
      volatility: 'immutable',
      strict: false,
    },
    arguments: argumentList,
    star: false,
    distinct: false,
    orderBy: [],
    form: 'normal',
    directArguments: [],
    collation: 'binary',
    ...rest,
  }
}

/** A window call. */
export function windowCall(
  name: string,
  resultType: SqlType,
  argumentList: readonly Expression[],
  more: { signature?: string; isAggregate?: boolean; filter?: Expression } = {},
): WindowCall {
  const call = aggregate(name, resultType, argumentList, {
    ...(more.signature === undefined ? {} : { signature: more.signature }),
  })
  return {
    column: call.column,
    function: call.function,
    arguments: argumentList,
    star: false,
    filter: more.filter,
    isAggregate: more.isAggregate ?? false,
    collation: 'binary',
  }
}

export function sortKey(
  expression: Expression,
  more: { descending?: boolean; nullsFirst?: boolean } = {},
): SortKey {
  const descending = more.descending ?? false
  return { expression, descending, nullsFirst: more.nullsFirst ?? descending, collation: 'binary' }
}
