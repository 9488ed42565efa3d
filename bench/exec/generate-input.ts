/** Rows in memory for the benchmarks, and a context whose only source gives them out. */
import { BATCH_ROWS, batchOf } from '../../src/executor/batch.js'
import type { Batch } from '../../src/executor/batch.js'
import type { ExecutionContext } from '../../src/executor/execution.js'
import { MemoryBudget } from '../../src/executor/memory-budget.js'
import { createStatistics } from '../../src/executor/statistics.js'
import type { Column } from '../../src/expressions/expression.js'
import type { RemoteQueryPlan } from '../../src/planner/physical-plan.js'
import { DEFAULT_VALUE_SETTINGS } from '../../src/session/settings/value-settings.js'
import { OID, sqlType } from '../../src/types/sql-type.js'
import type { Vector } from '../../src/types/vectors/vector.js'

export type ColumnMaker = (start: number, length: number) => Vector

/** int8 values by row number. */
export function int8Column(valueAt: (row: number) => number): ColumnMaker {
  return (start, length) => {
    const values = new Float64Array(length)
    for (let i = 0; i < length; i++) values[i] = valueAt(start + i)
    return { lane: 'int64', type: sqlType(OID.int8), length, values }
  }
}

/** Texts by row number, from a list. */
export function textColumn(
  texts: readonly string[],
  indexAt: (row: number) => number,
): ColumnMaker {
  const encoded = texts.map((text) => Buffer.from(text))
  return (start, length) => {
    const offsets = new Int32Array(length + 1)
    const chosen = Array.from({ length }, (_, i) => encoded[indexAt(start + i)]!)
    chosen.forEach((bytes, i) => (offsets[i + 1] = offsets[i]! + bytes.length))
    return { lane: 'bytes', type: sqlType(OID.text), length, offsets, data: Buffer.concat(chosen) }
  }
}

/** The batches of a table. */
export function makeBatches(rows: number, makers: readonly ColumnMaker[]): Batch[] {
  const batches: Batch[] = []
  for (let start = 0; start < rows; start += BATCH_ROWS) {
    const length = Math.min(BATCH_ROWS, rows - start)
    batches.push(
      batchOf(
        makers.map((make) => make(start, length)),
        length,
      ),
    )
  }
  return batches
}

/** A pseudo-random sequence that is the same in every run. */
export function scrambled(row: number): number {
  let x = Math.imul(row + 1, 0x9e3779b1)
  x = Math.imul(x ^ (x >>> 16), 0x85ebca6b)
  x = Math.imul(x ^ (x >>> 13), 0xc2b2ae35)
  return (x ^ (x >>> 16)) >>> 0
}

const tables = new Map<string, readonly Batch[]>()

/** A plan node that reads batches. */
export function tablePlan(
  id: number,
  columns: readonly Column[],
  batches: readonly Batch[],
): RemoteQueryPlan {
  tables.set(String(id), batches)
  return {
    kind: 'remote-query',
    id,
    columns,
    estimatedRows: undefined,
    source: String(id),
    statement: { text: '', parameters: [], columns },
  }
}

/** A context with the given memory. */
export function benchContext(memoryLimit = 4 << 30): ExecutionContext {
  return {
    evaluation: {
      parameters: [],
      settings: DEFAULT_VALUE_SETTINGS,
      transactionTime: 0,
      statementTime: 0,
      session: {},
    },
    signal: new AbortController().signal,
    memory: new MemoryBudget(memoryLimit > 0 ? memoryLimit : 2 ** 32),
    statistics: createStatistics(),
    source: (name) => ({
      async *scan() {
        yield* tables.get(name) ?? []
      },
      discover: () => Promise.reject(new Error('not here')),
      ping: () => Promise.reject(new Error('not here')),
      close: () => Promise.resolve(),
    }),
    sendRows: () => undefined,
    localPostgres: {
      run: () => {
        throw new Error('not here')
      },
    },
  }
}
