/** Asks the virtual catalog's PostgreSQL what a plan wants of it, right before the plan runs, and puts the rows into the plan. */
import { splitMessages } from '../analyzer/postgres/backend-messages.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { appendRow, resultFormat } from '../executor/local-postgres/protocol.js'
import { CATALOG_SOURCE } from '../expressions/catalog-functions.js'
import { evaluateConstant } from '../expressions/compile-expression.js'
import type { EvaluationContext } from '../expressions/evaluation-context.js'
import type { Expression } from '../expressions/expression.js'
import { mapPhysicalInputs } from '../planner/map-physical-inputs.js'
import { inputsOf, type PhysicalPlan, type RemoteQueryPlan } from '../planner/physical-plan.js'
import { somePart } from '../planner/expression-traversal.js'
import { createVectorBuilder } from '../types/vectors/vector-builder.js'
import { datumAt } from '../types/vectors/vector-ops.js'
import type { CatalogResult } from '../session/compiler/compiled-statement.js'

/** Runs one statement in the catalog's PostgreSQL, under the session's role and settings. */
export type AskCatalog = (
  sql: string,
  parameterTypes: readonly number[],
  values: readonly (Uint8Array | null)[],
  resultFormats: readonly number[],
) => Promise<CatalogResult>

const queries = new WeakMap<PhysicalPlan, readonly RemoteQueryPlan[]>()

/** The plan with rows in place of its catalog queries; the same plan where it has none. */
export async function fillCatalogQueries(
  plan: PhysicalPlan,
  evaluation: EvaluationContext,
  ask: AskCatalog,
): Promise<PhysicalPlan> {
  let found = queries.get(plan)
  if (found === undefined) {
    found = catalogQueries(plan)
    queries.set(plan, found)
  }
  if (found.length === 0) return plan
  const answers = new Map<PhysicalPlan, PhysicalPlan>()
  for (const query of found) answers.set(query, await answer(query, evaluation, ask))
  const fill = (node: PhysicalPlan): PhysicalPlan =>
    answers.get(node) ?? mapPhysicalInputs(node, fill)
  return fill(plan)
}

function catalogQueries(plan: PhysicalPlan): readonly RemoteQueryPlan[] {
  const own = plan.kind === 'remote-query' && plan.source === CATALOG_SOURCE ? [plan] : []
  return [...own, ...inputsOf(plan).flatMap(catalogQueries)]
}

async function answer(
  query: RemoteQueryPlan,
  evaluation: EvaluationContext,
  ask: AskCatalog,
): Promise<PhysicalPlan> {
  const { id, columns, estimatedRows, statement } = query
  const values = statement.parameters.map((parameter) => {
    const value = evaluateConstant(known(parameter, evaluation), evaluation)
    return value === null ? null : Buffer.from(value)
  })
  const formats = statement.columns.map(({ type }) => resultFormat(type))
  const types = statement.parameters.map(({ type }) => type.oid)
  const { frames, rows } = await ask(statement.text, types, values, formats)
  const builders = statement.columns.map(({ type }) => createVectorBuilder(type))
  for (const { body } of splitMessages(frames)) appendRow(body, builders, formats)
  const vectors = builders.map((builder) => builder.finish())
  return {
    kind: 'values',
    ...{ id, columns, estimatedRows },
    rows: Array.from({ length: rows }, (_, row) =>
      vectors.map((vector): Expression => ({
        kind: 'constant',
        value: datumAt(vector, row),
        type: vector.type,
      })),
    ),
  }
}

/** A parameter that stands for another row's value is not known yet. */
function known(parameter: Expression, { parameters }: EvaluationContext): Expression {
  const isLate = (part: Expression) => part.kind === 'parameter' && part.index > parameters.length
  if (!somePart(parameter, isLate)) return parameter
  throw new EngineError(
    SQLSTATE.featureNotSupported,
    'The catalog cannot be asked anew for each row of another source',
    { hint: 'Ask the catalog in a statement of its own, with the values as parameters' },
  )
}
