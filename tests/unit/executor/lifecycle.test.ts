import { readdir, readlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { describe, expect, it } from 'vitest'
import { EngineError } from '../../../src/errors.js'
import { executePlan } from '../../../src/executor/execute-plan.js'
import type { ExecutionContext } from '../../../src/executor/execution.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import {
  BOOL,
  aggregate,
  collect,
  column,
  constant,
  INT4,
  INT8,
  int4Comparison,
  planId,
  reference,
  run,
  sorted,
  sortKey,
  TestTable,
  testContext,
  TEXT,
  windowCall,
} from './plan-builder.js'
import type { Row } from './plan-builder.js'

const ROWS: Row[] = Array.from({ length: 6000 }, (_, i) => [String(i), `text number ${i}`])
const base = () => ({ id: planId(), estimatedRows: undefined })

interface Built {
  readonly plan: PhysicalPlan
  readonly inputs: readonly TestTable[]
}

function table(): TestTable {
  return new TestTable([column('n', INT4), column('s', TEXT)], ROWS, 100)
}

/** A plan over tables of 6,000 rows for each operator that reads inputs. */
const OPERATORS: Readonly<Record<string, () => Built>> = {
  filter: over((input) => ({
    ...base(),
    kind: 'filter',
    columns: input.columns,
    input,
    condition: int4Comparison('int4ge', '>=', reference(input.columns[0]!), constant('0', INT4)),
  })),
  'top-n': over((input) => ({
    ...base(),
    kind: 'top-n',
    columns: input.columns,
    input,
    keys: [sortKey(reference(input.columns[1]!))],
    limit: constant('5000', INT8),
  })),
  sort: over((input) => ({
    ...base(),
    kind: 'sort',
    columns: input.columns,
    input,
    keys: [sortKey(reference(input.columns[1]!))],
  })),
  'hash aggregate': over((input) => {
    const group = column('g', TEXT)
    return {
      ...base(),
      kind: 'hash-aggregate',
      columns: [group],
      input,
      groups: [{ column: group, expression: reference(input.columns[1]!) }],
      aggregates: [],
    }
  }),
  'sorted aggregate': over((input) => {
    const call = aggregate(
      'string_agg',
      TEXT,
      [reference(input.columns[1]!), constant(',', TEXT)],
      {
        orderBy: [sortKey(reference(input.columns[1]!))],
      },
    )
    return {
      ...base(),
      kind: 'hash-aggregate',
      columns: [call.column],
      input,
      groups: [],
      aggregates: [call],
    }
  }),
  window: over((input) => {
    const call = windowCall('row_number', INT8, [])
    return {
      ...base(),
      kind: 'window',
      columns: [...input.columns, call.column],
      input,
      partitionBy: [],
      orderBy: [sortKey(reference(input.columns[1]!))],
      frame: {
        mode: 'range',
        start: { kind: 'unbounded-preceding' },
        end: { kind: 'current-row' },
        exclude: 'no-others',
      },
      calls: [call],
    }
  }),
  'hash join': both((left, right) => ({
    ...base(),
    kind: 'hash-join',
    joinType: 'inner',
    columns: [...left.columns, ...right.columns],
    left,
    right,
    build: 'right',
    keys: [
      {
        left: reference(left.columns[1]!),
        right: reference(right.columns[1]!),
        collation: 'binary',
        nullSafe: false,
      },
    ],
  })),
  'bind join': both((left, right) => {
    const [key, match] = [reference(left.columns[1]!), reference(right.columns[1]!)]
    return {
      ...base(),
      kind: 'bind-join',
      joinType: 'inner',
      columns: [...left.columns, ...right.columns],
      left,
      right,
      build: 'left',
      keys: [{ left: key, right: match, collation: 'binary', nullSafe: false }],
      keySide: 'left',
      bindings: [{ binding: 1, key, type: TEXT, boundDistinct: 1e6, most: 50_000 }],
      boundRows: 1e7,
      boundWidth: 20,
    }
  }),
  'ship join': both((input, shipped) => shipJoin(input, shipped, 50_000)),
  'ship join, done here': both((input, shipped) => shipJoin(input, shipped, 10)),
  'nested loop': both((left, right) => ({
    ...base(),
    kind: 'nested-loop-join',
    joinType: 'inner',
    columns: [...left.columns, ...right.columns],
    left,
    right,
  })),
  intersect: both((left, right) => ({
    ...base(),
    kind: 'set-operation',
    columns: left.columns,
    operation: 'intersect',
    all: false,
    left,
    right,
  })),
  'union all': both((left, right) => ({
    ...base(),
    kind: 'union-all',
    columns: left.columns,
    inputs: [left, right],
  })),
  shared: over((input) => ({
    ...base(),
    kind: 'shared',
    columns: input.columns,
    shared: 1,
    name: 'c',
    definition: input,
    body: { ...base(), kind: 'shared-reference', columns: input.columns, shared: 1, name: 'c' },
  })),
  'recursive union': over((input) => ({
    ...base(),
    kind: 'recursive-union',
    columns: input.columns,
    shared: 2,
    all: false,
    base: input,
    step: { ...base(), kind: 'shared-reference', columns: input.columns, shared: 2, name: 'r' },
  })),
  'recursive union all': over((input) => ({
    ...base(),
    kind: 'recursive-union',
    columns: input.columns,
    shared: 3,
    all: true,
    base: input,
    step: {
      ...base(),
      kind: 'filter',
      columns: input.columns,
      input: { ...base(), kind: 'shared-reference', columns: input.columns, shared: 3, name: 'r' },
      condition: constant('f', BOOL),
    },
  })),
}

function shipJoin(input: PhysicalPlan, shipped: PhysicalPlan, maximum: number): PhysicalPlan {
  const { columns } = input
  const many = { rows: 1e7, width: 20 }
  return {
    ...base(),
    kind: 'ship-join',
    columns,
    sides: [{ input, shared: 4, firstParameter: 1 }],
    transport: { maximum },
    shipped,
    here: { ...base(), kind: 'shared-reference', columns, shared: 4, name: 's' },
    estimate: {
      sides: [{ rows: 10, width: 20 }],
      result: { rows: 1, width: 20 },
      otherwise: [many],
    },
  }
}

function over(make: (input: PhysicalPlan) => PhysicalPlan): () => Built {
  return () => {
    const input = table()
    return { plan: make(input.plan), inputs: [input] }
  }
}

function both(make: (left: PhysicalPlan, right: PhysicalPlan) => PhysicalPlan): () => Built {
  return () => {
    const inputs = [table(), table()]
    return { plan: make(inputs[0]!.plan, inputs[1]!.plan), inputs }
  }
}

const NAMES = Object.keys(OPERATORS)
/** They hold nothing that could go to disk. */
const STATELESS = new Set(['filter', 'union all', 'ship join', 'ship join, done here'])
/** One text of all rows has to fit. */
const UNSPILLABLE = new Set(['sorted aggregate'])
const SMALL = 60_000
/** It has two tables at a time: of what came first, and of what is compared. */
const SMALL_OF: Readonly<Record<string, number>> = { 'recursive union': 2 * SMALL }

/** What of this process is open under the temporary directory: a spill file has no name there, but it is open. */
async function openSpillFiles(): Promise<string[]> {
  const found: string[] = []
  for (const fd of await readdir('/proc/self/fd')) {
    const target = await readlink(`/proc/self/fd/${fd}`).catch(() => '')
    if (target.includes('tributary-spill-')) found.push(target)
  }
  return found
}

const namedSpillFiles = async (): Promise<string[]> =>
  (await readdir(tmpdir())).filter((name) => name.startsWith(`tributary-spill-${process.pid}-`))

describe.each(NAMES)('%s', (name) => {
  const build = OPERATORS[name]!
  const limits =
    STATELESS.has(name) || UNSPILLABLE.has(name)
      ? [undefined]
      : [undefined, SMALL_OF[name] ?? SMALL]

  describe.each(limits)('with %s bytes of memory', (memoryLimit) => {
    const options = memoryLimit === undefined ? {} : { memoryLimit }
    const expectNothingOpen = async (built: Built, context: ExecutionContext): Promise<void> => {
      for (const input of built.inputs) expect(input.closed).toBe(input.opened)
      expect(context.memory.used).toBe(0)
      expect(context.memory.peak).toBeLessThanOrEqual(context.memory.limit)
      if (process.platform === 'linux') expect(await openSpillFiles()).toEqual([])
      expect(await namedSpillFiles()).toEqual([])
    }

    it('lets go of everything when its reader leaves early', async () => {
      const built = build()
      const context = testContext(options)
      let rows = 0
      for await (const batch of executePlan(built.plan, context)) {
        rows += batch.length
        break
      }
      expect(rows).toBeGreaterThan(0)
      await expectNothingOpen(built, context)
    })

    it('gives all rows, then has nothing open', async () => {
      if (name === 'nested loop') return
      const built = build()
      const context = testContext(options)
      const rows = await collect(executePlan(built.plan, context))
      const record = context.statistics.of(built.plan.id)
      expect(record.rows).toBe(rows.length)
      expect(record.spilled > 0).toBe(memoryLimit !== undefined)
      await expectNothingOpen(built, context)
      if (memoryLimit !== undefined) expect(sorted(rows)).toEqual(sorted(await run(build().plan)))
    })

    it('throws the reason of an abort and lets go of everything', async () => {
      const built = build()
      const abort = new AbortController()
      const context = testContext({ ...options, signal: abort.signal })
      const reason = new EngineError('57014', 'canceling statement due to user request')
      const reading = (async () => {
        for await (const batch of executePlan(built.plan, context)) {
          void batch
          abort.abort(reason)
        }
      })()
      await expect(reading).rejects.toBe(reason)
      await expectNothingOpen(built, context)
    })
  })

  it('asks for no more memory than the statement may have', async () => {
    if (!UNSPILLABLE.has(name)) return
    const built = build()
    const context = testContext({ memoryLimit: SMALL })
    const reading = (async () => {
      for await (const batch of executePlan(built.plan, context)) void batch
    })()
    await expect(reading).rejects.toMatchObject({ code: '53200' })
    for (const input of built.inputs) expect(input.closed).toBe(input.opened)
    expect(context.memory.used).toBe(0)
  })
})

describe('a statement', () => {
  it('never starts when it was aborted before', async () => {
    const input = table()
    const signal = AbortSignal.abort(new EngineError('57014', 'canceling statement'))
    await expect(run(input.plan, { signal })).rejects.toMatchObject({ code: '57014' })
    expect(input.opened).toBe(0)
  })

  it('stops its source when LIMIT has enough', async () => {
    const input = table()
    const rows = await run({
      ...base(),
      kind: 'limit',
      columns: input.plan.columns,
      input: input.plan,
      limit: constant('5', INT8),
    })
    expect(rows.length).toBe(5)
    expect(input.taken).toBeLessThan(5)
    expect(input.closed).toBe(1)
  })

  it('lets timers run while it works', async () => {
    const input = table()
    const other = table()
    let ticks = 0
    const timer = setInterval(() => ticks++, 1)
    await run({
      ...base(),
      kind: 'nested-loop-join',
      joinType: 'semi',
      columns: input.plan.columns,
      left: input.plan,
      right: other.plan,
      condition: int4Comparison(
        'int4lt',
        '<',
        reference(other.plan.columns[0]!),
        constant('-1', INT4),
      ),
    })
    clearInterval(timer)
    expect(ticks).toBeGreaterThan(2)
  })

  it('passes the error of an input on and closes the other one', async () => {
    const left = table()
    const failing = new TestTable([column('n', INT4)], [['1']], 1)
    const plan: PhysicalPlan = {
      ...base(),
      kind: 'nested-loop-join',
      joinType: 'inner',
      columns: [...left.plan.columns, ...failing.plan.columns],
      left: left.plan,
      right: {
        ...base(),
        kind: 'project',
        columns: failing.plan.columns,
        input: failing.plan,
        expressions: [
          {
            column: failing.plan.columns[0]!,
            expression: {
              ...int4Comparison(
                'int4div',
                '/',
                reference(failing.plan.columns[0]!),
                constant('0', INT4),
              ),
              type: INT4,
            } as ReturnType<typeof reference>,
          },
        ],
      },
    }
    await expect(run(plan)).rejects.toMatchObject({ code: '22012' })
    expect(left.closed).toBe(left.opened)
    expect(failing.closed).toBe(1)
  })
})
