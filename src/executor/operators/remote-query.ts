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
    yield* ask(plan, range.statement, requestOf(range, context), context)
    return
  }
  if (bound === undefined) {
    const { parameters: values } = context.evaluation
    yield* ask(plan, plan.statement, { values, keys: 0, bytes: 0 }, context)
    const record = context.statistics.of(plan.id)
    record.isWhole = record.remoteCalls === 1
    return
  }
  const requests = requestsOf(bound, context)
  const started: StartedInput[] = []
  const startNext = (): void => {
    const request = requests[started.length]
    if (request !== undefined) started.push(ask(plan, bound.statement, request, context))
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
  request: Request,
  context: OperatorContext,
): StartedInput {
  const evaluation = { ...context.evaluation, parameters: request.values }
  const values = statement.parameters.map((p) => evaluateConstant(p, evaluation))
  const record = context.statistics.of(plan.id)
  record.remoteCalls++
  if (request.keys > 0) {
    record.keysSent = (record.keysSent ?? 0) + request.keys
    record.bytesSent = (record.bytesSent ?? 0) + request.bytes
  }
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

function requestOf({ first }: RangeStatement, context: OperatorContext): Request {
  const values = [...context.evaluation.parameters]
  while (values.length < first + 1) values.push(null)
  const ends = context.ranges.get(first) ?? []
  values.splice(first - 1, ends.length, ...ends)
  return {
    values,
    keys: ends.length,
    bytes: ends.reduce((sum, end) => sum + Buffer.byteLength(end), 0),
  }
}

/** The values of one execution. */
interface Request {
  readonly values: readonly Datum[]
  /** Keys among them, and their bytes. */
  readonly keys: number
  readonly bytes: number
}

/** The parameters of each execution: the first binding's keys in portions, all others whole. */
function requestsOf(bound: BoundStatement, context: OperatorContext): Request[] {
  const [first, ...others] = bound.bindings
  const keysOf = (binding: number) => context.bindings.get(binding) ?? []
  if (bound.bindings.some((binding) => keysOf(binding).length === 0)) return []
  const put = (request: Request, binding: number, keys: readonly string[]): Request => {
    const values = [...request.values]
    while (values.length < binding) values.push(null)
    const text = arrayOf(keys)
    values[binding - 1] = text
    return {
      values,
      keys: request.keys + keys.length,
      bytes: request.bytes + Buffer.byteLength(text),
    }
  }
  const base = others.reduce<Request>(
    (request, binding) => put(request, binding, keysOf(binding)),
    { values: context.evaluation.parameters, keys: 0, bytes: 0 },
  )
  const keys = keysOf(first!)
  const requests: Request[] = []
  for (let at = 0; at < keys.length; at += bound.maximumKeys) {
    requests.push(put(base, first!, keys.slice(at, at + bound.maximumKeys)))
  }
  return requests
}

function arrayOf(elements: readonly string[]): string {
  return formatArray({ elements, dimensions: [elements.length], lowerBounds: [1] })
}
