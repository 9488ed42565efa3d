/** The planning half: judges fragments by compiling them, and prints them as aggregation pipelines. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { columnsOf, type LogicalPlan } from '../../planner/logical-plan.js'
import { EXACT, type Judgement, type Pushdown, type RemoteStatement } from '../connector.js'
import { fingerprintOf, siteName } from '../site-name.js'
import { CAPABILITIES } from './capabilities.js'
import { acceptedKinds } from './bson-kinds.js'
import { compileValue } from './compile-expression.js'
import { compileMatch } from './compile-match.js'
import { connectionSettings } from './connection-settings.js'
import type { DocumentColumn } from './document-table.js'
import { isJsonObject, isTypedValue, type Json, type JsonObject } from './json.js'
import { columnOperand, columnTarget } from './operand.js'
import { isOpen } from './pipeline.js'
import { printPipeline } from './placeholder.js'
import { outputNames, printPlan } from './print-plan.js'
import { judgeByTrying, Refusal } from './refusal.js'
import type { Scope } from './scope.js'
import type { OutputField, StatementHandle } from './statement-handle.js'

/** Makes the planning half of a source. */
export function mongodbPushdown(source: SourceDefinition): Pushdown {
  const { address, database, readPreference, user, uri } = connectionSettings(source)
  return {
    // $lookup does not leave the database. The URI may name a user and options.
    site: siteName(source, { address, database, readPreference, user, uri: fingerprintOf(uri) }),
    maximumKeys: CAPABILITIES.keys.maximum,
    judgeExpression,
    judgeNode: (node) => judgeNode(node, source),
    print: (fragment) => printFragment(fragment, source),
  }
}

/** Judges an expression by its types; what the columns really are is judged with the node. */
function judgeExpression(expression: Expression, use: 'filter' | 'value' | 'sort'): Judgement {
  if (expression.kind === 'column' && use === 'value') return EXACT
  return judgeByTrying(() => {
    if (use === 'filter') compileMatch(expression, true, ANY_SCOPE)
    else compileValue(expression, ANY_SCOPE)
  })
}

/** Columns of any type, taken to be fields without surprises. */
const ANY_SCOPE: Scope = {
  bound: (expression) =>
    expression.kind === 'constant' ? { datum: expression.value } : { parameter: 0 },
  binding(_id, expression) {
    const kinds = acceptedKinds(expression.type, undefined, 'x')
    const column: DocumentColumn = {
      name: 'x',
      type: expression.type,
      role: 'field',
      path: 'x',
      onTypeError: 'fail',
      label: 'x',
      ...kinds,
    }
    const reading = { kinds: kinds.kinds, onTypeError: 'fail', label: 'x' } as const
    const target = columnTarget(column, 'x')
    return {
      ...(kinds.families.length === 0
        ? { refusal: kinds.reason ?? 'MongoDB does not have this type' }
        : { operand: columnOperand(column, 'x'), target }),
      nullTarget: target,
      straysAreNull: false,
      output: { kind: 'value', value: '$x', reading },
    }
  },
}

function judgeNode(node: LogicalPlan, source: SourceDefinition): Judgement {
  try {
    const { leftOut } = printPlan(node, source)
    return leftOut.length === 0
      ? EXACT
      : { support: node.kind === 'filter' ? 'superset' : 'none', reason: leftOut.join('; ') }
  } catch (error) {
    if (error instanceof Refusal) return { support: 'none', reason: error.message }
    throw error
  }
}

/** Prints a fragment. */
function printFragment(fragment: LogicalPlan, source: SourceDefinition): RemoteStatement {
  const pipeline = printPlan(fragment, source)
  const columns = columnsOf(fragment)
  const names = outputNames(columns)
  const projection: Record<string, Json> = {}
  const fields = columns.map((column, i): OutputField => {
    const { output } = pipeline.binding(column.id)
    const name = names[i]!
    if (output.kind === 'average') {
      projection[`${name}__sum`] = output.sum
      projection[`${name}__count`] = output.count
      return { kind: 'average', sum: `${name}__sum`, count: `${name}__count`, scale: output.scale }
    }
    projection[name] = projected(output.value)
    return { kind: 'value', name, reading: output.reading }
  })
  const stage: JsonObject = {
    $project: { ...('_id' in projection ? {} : { _id: 0 }), ...projection },
  }
  const stages = [...pipeline.stages, stage]
  const handle: StatementHandle = {
    collection: pipeline.collection,
    stages: stages as Json,
    fields,
  }
  return {
    text: `db.getCollection(${JSON.stringify(pipeline.collection)}).aggregate(${printPipeline(stages)})`,
    parameters: pipeline.parameters.list,
    columns,
    handle,
  }
}

/** A value as `$project` takes it: bare numbers and booleans would say whether a field is kept. */
function projected(value: Json): Json {
  if (typeof value === 'string' && value.startsWith('$')) return value
  if (isOpen(value)) return { $ifNull: [value, null] }
  return isTypedValue(value) || !isJsonObject(value) ? { $literal: value } : value
}
