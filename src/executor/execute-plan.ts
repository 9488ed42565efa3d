/** Turns a physical plan into a running stream of batches: opens the operator of each node, and measures it. */
import { assertNever } from '../errors.js'
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { Batch } from './batch.js'
import type { ExecutionContext } from './execution.js'
import type { OperatorContext } from './operator-context.js'
import { apply } from './operators/apply.js'
import { bindJoin } from './operators/bind-join.js'
import { distinctOn } from './operators/distinct-on.js'
import { filter } from './operators/filter.js'
import { firstRows } from './operators/first-rows.js'
import { hashAggregate } from './operators/hash-aggregate.js'
import { hashJoin } from './operators/hash-join.js'
import { limit } from './operators/limit.js'
import { localPostgres } from './operators/local-postgres.js'
import { nestedLoopJoin } from './operators/nested-loop-join.js'
import { project } from './operators/project.js'
import { projectSet } from './operators/project-set.js'
import { recursiveUnion } from './operators/recursive-union.js'
import { remoteQuery } from './operators/remote-query.js'
import { setOperation } from './operators/set-operation.js'
import { shared, sharedReference } from './operators/shared.js'
import { shipJoin } from './operators/ship-join.js'
import { sort } from './operators/sort.js'
import { tableFunction } from './operators/table-function.js'
import { topN } from './operators/top-n.js'
import { unionAll } from './operators/union-all.js'
import { values } from './operators/values.js'
import { window } from './operators/window.js'
import { Pace } from './pace.js'

/**
 * Runs a plan. Result columns are `plan.columns` in order. Nothing starts before the first pull; leaving the loop
 * early, or aborting `context.signal`, stops every operator and every source.
 */
export async function* executePlan(
  plan: PhysicalPlan,
  context: ExecutionContext,
): AsyncGenerator<Batch> {
  const abort = new AbortController()
  const signal = AbortSignal.any([context.signal, abort.signal])
  const operatorContext: OperatorContext = {
    ...context,
    signal,
    pace: new Pace(signal),
    shared: new Map(),
    bindings: new Map(),
    ranges: new Map(),
    open: (node, own) => measured(node, own ?? operatorContext),
  }
  try {
    yield* measured(plan, operatorContext)
  } finally {
    abort.abort(new Error('The statement has ended'))
  }
}

/** Runs one node and keeps its record. Empty batches end here. */
async function* measured(plan: PhysicalPlan, context: OperatorContext): AsyncGenerator<Batch> {
  const record = context.statistics.of(plan.id)
  const isFirstRun = record.batches === 0 && record.milliseconds === 0
  const before = record.milliseconds
  const started = performance.now()
  context.signal.throwIfAborted()
  // A node opens its inputs under the context that it was opened with itself.
  const own: OperatorContext = { ...context, open: (node, other) => measured(node, other ?? own) }
  let isFirstBatch = isFirstRun
  try {
    for await (const batch of openOperator(plan, own)) {
      if (batch.length === 0) continue
      if (isFirstBatch) record.firstMilliseconds = performance.now() - started
      isFirstBatch = false
      record.rows += batch.length
      record.batches++
      yield batch
      context.signal.throwIfAborted()
    }
  } finally {
    record.milliseconds = before + (performance.now() - started)
  }
}

function openOperator(plan: PhysicalPlan, context: OperatorContext): AsyncIterable<Batch> {
  switch (plan.kind) {
    case 'remote-query':
      return remoteQuery(plan, context)
    case 'values':
      return values(plan, context)
    case 'table-function':
      return tableFunction(plan, context)
    case 'filter':
      return filter(plan, context)
    case 'project':
      return project(plan, context)
    case 'project-set':
      return projectSet(plan, context)
    case 'hash-join':
      return hashJoin(plan, context)
    case 'bind-join':
      return bindJoin(plan, context)
    case 'ship-join':
      return shipJoin(plan, context)
    case 'first-rows':
      return firstRows(plan, context)
    case 'nested-loop-join':
      return nestedLoopJoin(plan, context)
    case 'apply':
      return apply(plan, context)
    case 'hash-aggregate':
      return hashAggregate(plan, context)
    case 'window':
      return window(plan, context)
    case 'distinct-on':
      return distinctOn(plan, context)
    case 'sort':
      return sort(plan, context)
    case 'top-n':
      return topN(plan, context)
    case 'limit':
      return limit(plan, context)
    case 'union-all':
      return unionAll(plan, context)
    case 'set-operation':
      return setOperation(plan, context)
    case 'shared':
      return shared(plan, context)
    case 'shared-reference':
      return sharedReference(plan, context)
    case 'recursive-union':
      return recursiveUnion(plan, context)
    case 'local-postgres':
      return localPostgres(plan, context)
    default:
      return assertNever(plan)
  }
}
