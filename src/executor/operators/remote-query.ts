/**
 * Remote Query: one statement at a source. Opened on the first pull, so that a branch nobody reads costs nothing; the
 * next batch is fetched while the one before is worked on.
 *
 * Below a bind join it asks for the rows of the keys handed down: in one statement, or in several that run side by side when
 * one cannot carry them all. Without any key there is nothing to ask. Keys that are too many may have ends between which all rows lie.
 */
import { evaluateConstant } from '../../expressions/compile-expression.js'
import { mostKeysSent, STATEMENTS_AT_ONCE } from '../../planner/estimates/cost.js'
import type {
  BoundStatement,
  RangeStatement,
  RemoteQueryPlan,
} from '../../planner/physical-plan.js'
import type { RemoteStatement } from '../../connectors/connector.js'
import { formatArray } from '../../types/array-text.js'
import type { Datum } from '../../types/sql-type.js'
import { BATCH_ROWS } from '../batch.js'
import { CallTiming } from '../call-timing.js'
import type { Batch } from '../batch.js'
import type { OperatorContext } from '../operator-context.js'
import { startReading } from '../read-ahead.js'
import type { StartedInput } from '../read-ahead.js'

/** Runs the node's statement at its source. */
export async function* remoteQuery(
  plan: RemoteQueryPlan,
  context: OperatorContext,
): AsyncGenerator<Batch> {
  const bound = boundStatement(plan, context)
  const range = bound === undefined ? rangeStatement(plan, context) : undefined
  if (range !== undefined) {
    yield* ask(plan, range.statement, withRange(range, context), context)
    return
  }
  if (bound === undefined) {
    yield* ask(plan, plan.statement, context.evaluation.parameters, context)
    const record = context.statistics.of(plan.id)
    record.isWhole = record.remoteCalls === 1
    return
  }
  const requests = parametersOf(bound, context)
  const started: StartedInput[] = []
  const startNext = (): void => {
    const parameters = requests[started.length]
    if (parameters !== undefined) started.push(ask(plan, bound.statement, parameters, context))
  }
  try {
    while (started.length < Math.min(STATEMENTS_AT_ONCE, requests.length)) startNext()
    for (let index = 0; index < requests.length; index++) {
      yield* started[index]!
      startNext()
    }
  } finally {
    await Promise.all(started.map((input) => input.close()))
  }
}

function ask(
  plan: RemoteQueryPlan,
  statement: RemoteStatement,
  parameters: readonly Datum[],
  context: OperatorContext,
): StartedInput {
  const evaluation = { ...context.evaluation, parameters }
  const values = statement.parameters.map((p) => evaluateConstant(p, evaluation))
  const record = context.statistics.of(plan.id)
  record.remoteCalls++
  const abort = new AbortController()
  const timing = new CallTiming(record)
  const rows = context.source(plan.source, plan.neighbours).scan(statement, values, {
    signal: AbortSignal.any([context.signal, abort.signal]),
    batchRows: BATCH_ROWS,
    onBytes: (bytes) => timing.received(bytes),
    settings: context.evaluation.settings,
  })
  const input = startReading(rows, abort)
  const taken = timing.reading(input, (batch) => batch.length)
  return { close: input.close, [Symbol.asyncIterator]: () => taken }
}

/** The statement that takes most of the keys at hand; undefined: none does. */
function boundStatement(
  plan: RemoteQueryPlan,
  { bindings }: OperatorContext,
): BoundStatement | undefined {
  return plan.bound?.findLast((candidate) =>
    candidate.bindings.every((binding, index) => {
      const keys = bindings.get(binding)
      if (keys === undefined) return false
      const isSpread = index === 0 && candidate.isExact
      const { maximumKeys } = candidate
      return keys.length <= (isSpread ? mostKeysSent(maximumKeys) : maximumKeys)
    }),
  )
}

/** A statement for the rows between the ends of keys at hand. */
function rangeStatement(plan: RemoteQueryPlan, { ranges }: OperatorContext) {
  return plan.ranges?.find(({ first }) => ranges.has(first))
}

function withRange({ first }: RangeStatement, context: OperatorContext): Datum[] {
  const parameters = [...context.evaluation.parameters]
  while (parameters.length < first + 1) parameters.push(null)
  const ends = context.ranges.get(first)
  parameters[first - 1] = ends?.[0] ?? null
  parameters[first] = ends?.[1] ?? null
  return parameters
}

/** The parameters of each execution: the first binding's keys in portions, all others whole. */
function parametersOf(bound: BoundStatement, context: OperatorContext): Datum[][] {
  const [first, ...others] = bound.bindings
  const keysOf = (binding: number) => context.bindings.get(binding) ?? []
  if (bound.bindings.some((binding) => keysOf(binding).length === 0)) return []
  const base = [...context.evaluation.parameters]
  const put = (parameters: Datum[], binding: number, keys: readonly string[]): void => {
    while (parameters.length < binding) parameters.push(null)
    parameters[binding - 1] = arrayOf(keys)
  }
  for (const binding of others) put(base, binding, keysOf(binding))
  const keys = keysOf(first!)
  const requests: Datum[][] = []
  for (let at = 0; at < keys.length; at += bound.maximumKeys) {
    const parameters = [...base]
    put(parameters, first!, keys.slice(at, at + bound.maximumKeys))
    requests.push(parameters)
  }
  return requests
}

function arrayOf(elements: readonly string[]): string {
  return formatArray({ elements, dimensions: [elements.length], lowerBounds: [1] })
}
