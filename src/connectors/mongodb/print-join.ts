/** Joins within one database as `$lookup`: one probe of an index for each document of the left side. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunctsOf, somePart } from '../../planner/expression-traversal.js'
import { columnsOf, type JoinNode, type LogicalPlan } from '../../planner/logical-plan.js'
import { visitPlans } from '../../planner/walk-plans.js'
import { compileTruth } from './compile-expression.js'
import { every, type Json } from './json.js'
import { normalValue, type Operand } from './operand.js'
import { Pipeline } from './pipeline.js'
import { scannedTable } from './print-scan.js'
import { refuse } from './refusal.js'
import type { Binding, Scope } from './scope.js'

/** Beyond so many rows on the left, probing one by one is slower than reading both sides. */
const LOOKED_UP_ROWS = 100_000

/** Prints a join; the left side is in the pipeline already. `print` prints a plan into a pipeline, under a prefix. */
export function printJoin(
  node: JoinNode,
  pipeline: Pipeline,
  source: SourceDefinition,
  print: (plan: LogicalPlan, pipeline: Pipeline, prefix: string) => void,
): void {
  const { joinType } = node
  if (node.lateral) refuse('LATERAL is not sent to MongoDB')
  if (node.nullAware === true) refuse('NOT IN with NULLs is not sent to MongoDB')
  if (node.atMostOne === true) refuse('The check for one row at most is done here')
  if (joinType !== 'inner' && joinType !== 'left' && joinType !== 'semi' && joinType !== 'anti') {
    refuse(`MongoDB has no ${joinType} join`)
  }
  const table = rightTable(node, source)
  checkSize(node.left, source)
  const inner = new Pipeline(table.collection, pipeline.parameters)
  print(node.right, inner, '')
  const variables: Record<string, Json> = {}
  const condition = compileCondition(node, pipeline, inner, variables)
  const isFilter = joinType === 'semi' || joinType === 'anti'
  const as = pipeline.helper()
  const stages = [{ $match: { $expr: condition } }, ...inner.stages]
  pipeline.append({
    $lookup: {
      from: table.collection,
      let: variables,
      pipeline: isFilter ? [...stages, { $limit: 1 }, { $project: { _id: 1 } }] : stages,
      as,
    },
  })
  if (isFilter) {
    pipeline.append({ $match: { [as]: joinType === 'semi' ? { $ne: [] } : { $eq: [] } } })
    return
  }
  pipeline.append({ $unwind: { path: `$${as}`, preserveNullAndEmptyArrays: joinType === 'left' } })
  const outer = new Pipeline(table.collection, pipeline.parameters)
  print(node.right, outer, as)
  for (const [id, binding] of outer.bindings) pipeline.bindings.set(id, binding)
}

/** The right side: one collection, filtered and with columns passed on. */
function rightTable(node: JoinNode, source: SourceDefinition) {
  let scan: Extract<LogicalPlan, { kind: 'scan' }> | undefined
  visitPlans(node.right, (part) => {
    switch (part.kind) {
      case 'scan':
        scan = part
        return
      case 'filter':
      case 'view':
        return
      case 'project':
        if (part.expressions.every(({ expression }) => expression.kind === 'column')) return
        break
      default:
        break
    }
    refuse('The inner side of a join in MongoDB is one collection, filtered at most')
  })
  if (scan === undefined) return refuse('The inner side of a join in MongoDB is one collection')
  const table = scannedTable(scan, source)
  if (table.array !== undefined || table.stages.length > 0) {
    refuse('The inner side of a join in MongoDB is a collection as it is')
  }
  return table
}

function checkSize(left: LogicalPlan, source: SourceDefinition): void {
  let isBounded = false
  let rows: number | undefined
  visitPlans(left, (part) => {
    if (part.kind === 'limit' && part.limit?.kind === 'constant') isBounded = true
    if (part.kind !== 'scan') return
    const known = locateTable(source, part)?.table.statistics.rows
    rows = Math.max(rows ?? 0, known ?? Infinity)
  })
  if (!isBounded && (rows === undefined || rows > LOOKED_UP_ROWS)) {
    refuse('MongoDB joins document by document, which is slower than joining so many rows here')
  }
}

function compileCondition(
  node: JoinNode,
  outer: Pipeline,
  inner: Pipeline,
  variables: Record<string, Json>,
): Json {
  const rightIds = new Set(columnsOf(node.right).map((column) => column.id))
  const scope: Scope = {
    bound: (expression) => outer.bound(expression),
    binding: (id) => (rightIds.has(id) ? inner.binding(id) : variable(id, outer, variables)),
  }
  const conjuncts = conjunctsOf(node.condition)
  if (!conjuncts.some((conjunct) => isProbe(conjunct, rightIds, inner))) {
    refuse('No index of the inner collection serves the join: run discover if there is one')
  }
  return every(conjuncts.map((conjunct) => compileTruth(conjunct, true, scope)))
}

/** An equality of an indexed field of the inner side and something of the outer. */
function isProbe(conjunct: Expression, rightIds: ReadonlySet<ColumnId>, inner: Pipeline): boolean {
  if (conjunct.kind !== 'call' || !/eq$/.test(conjunct.function.name)) return false
  const isRight = (side: Expression): boolean =>
    somePart(side, (part) => part.kind === 'column' && rightIds.has(part.id))
  const [left, right] = conjunct.arguments
  if (left === undefined || right === undefined || isRight(left) === isRight(right)) return false
  const side = isRight(left) ? left : right
  const other = side === left ? right : left
  const origin = side.kind === 'relabel' ? side.argument : side
  if (origin.kind !== 'column' || !somePart(other, (part) => part.kind === 'column')) return false
  const { isIndexed, target } = inner.binding(origin.id)
  return isIndexed === true && target?.families.length === 1
}

/** A column of the outer side, as a variable of the inner pipeline. */
function variable(id: ColumnId, outer: Pipeline, variables: Record<string, Json>): Binding {
  const binding = outer.binding(id)
  const { operand } = binding
  if (operand === undefined) return binding
  const name = `c${id}`
  variables[name] = normalValue(operand)
  const value = `$$${name}`
  const inside: Operand = {
    family: operand.family,
    value,
    present: operand.present.length === 0 ? [] : [{ $ne: [value, null] }],
    absent: null,
    isNullable: true,
  }
  return {
    operand: inside,
    straysAreNull: false,
    output: { kind: 'value', value, reading: { kinds: [], onTypeError: 'fail', label: name } },
  }
}
