/** What a hash join reads of the side that is streamed while it still waits for the side that is held. */
import { describe, expect, it } from 'vitest'
import { executePlan } from '../../../src/executor/execute-plan.js'
import type { Batch } from '../../../src/executor/batch.js'
import type { ExecutionContext } from '../../../src/executor/execution.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { collect, column, INT4, planId, reference, TestTable, testContext } from './plan-builder.js'

const ROWS = Array.from({ length: 2000 }, (_, i) => [String(i)])
const BATCH = 100

/** A join whose held side gives its rows when `release` is called. */
function waitingJoin(memoryLimit?: number) {
  const streamed = new TestTable([column('l', INT4)], ROWS, BATCH)
  const held = new TestTable([column('r', INT4)], ROWS.slice(0, 1500), BATCH)
  let release = (): void => undefined
  const gate = new Promise<void>((resolve) => (release = resolve))
  const base = testContext(memoryLimit === undefined ? {} : { memoryLimit })
  async function* late(rows: AsyncIterable<Batch>): AsyncGenerator<Batch> {
    await gate
    yield* rows
  }
  const context: ExecutionContext = {
    ...base,
    source: (name, neighbours) => {
      const source = base.source(name, neighbours)
      if (name !== held.plan.source) return source
      return { ...source, scan: (...given) => late(source.scan(...given)) }
    },
  }
  const [left, right] = [streamed.plan, held.plan]
  const plan: PhysicalPlan = {
    ...{ kind: 'hash-join', joinType: 'inner', build: 'right', id: planId() },
    ...{ estimatedRows: undefined, columns: [...left.columns, ...right.columns], left, right },
    keys: [
      {
        ...{ left: reference(left.columns[0]!), right: reference(right.columns[0]!) },
        ...{ collation: 'binary', nullSafe: false },
      },
    ],
  }
  return { streamed, release, rows: collect(executePlan(plan, context)), context }
}

/** Lets everything run that can. */
async function settle(): Promise<void> {
  for (let turn = 0; turn < 200; turn++) await new Promise((resolve) => setImmediate(resolve))
}

describe('the streamed side of a hash join', () => {
  it('is read while the held side is waited for, and comes out in order', async () => {
    const { streamed, release, rows, context } = waitingJoin()
    await settle()
    expect(streamed.taken).toBe(ROWS.length / BATCH)
    release()
    const joined = await rows
    expect(joined.map(([l]) => l)).toEqual(ROWS.slice(0, 1500).map(([l]) => l))
    expect(context.memory.used).toBe(0)
  })

  it('is read as far as a sixteenth of the memory holds', async () => {
    const { streamed, release, rows } = waitingJoin(64 * 1024)
    await settle()
    // 4 kB of rows of 4 bytes, one batch that went beyond, one that is fetched.
    const most = Math.ceil((64 * 1024) / 16 / (BATCH * 4)) + 2
    expect(streamed.taken).toBeLessThanOrEqual(most)
    expect(streamed.taken).toBeGreaterThan(3)
    release()
    expect(await rows).toHaveLength(1500)
  })
})
