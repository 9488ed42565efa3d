/** Prints fragments as pipelines, node by node. What MongoDB does not do exactly is refused. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Column } from '../../expressions/expression.js'
import { columnReference, conjunctsOf } from '../../planner/expression-traversal.js'
import {
  columnsOf,
  type LimitNode,
  type LogicalPlan,
  type SortNode,
} from '../../planner/logical-plan.js'
import { mapInputs } from '../../planner/plan-traversal.js'
import { checkCollation, compileValue } from './compile-expression.js'
import { compileMatch } from './compile-match.js'
import { NOT_A_NUMBER } from './encode-value.js'
import { allOf, type Json, type JsonObject } from './json.js'
import { normalValue } from './operand.js'
import { Pipeline } from './pipeline.js'
import { place, type Use } from './placeholder.js'
import { computedBinding, printAggregate, printDistinct } from './print-aggregate.js'
import { printJoin } from './print-join.js'
import { printScan, scannedTable } from './print-scan.js'
import { judgeByTrying, Refusal, refuse } from './refusal.js'
import type { Binding } from './scope.js'

/** Prints a fragment without its final projection. */
export function printPlan(given: LogicalPlan, source: SourceDefinition): Pipeline {
  const plan = withProbedSides(given, source)
  const pipeline = new Pipeline(collectionOf(plan, source), { list: [], helpers: 0 })
  printNode(plan, pipeline, source, '')
  return pipeline
}

/** An inner join whose right side has no index to probe is turned around where its left side has one. */
function withProbedSides(plan: LogicalPlan, source: SourceDefinition): LogicalPlan {
  const node = mapInputs(plan, (input) => withProbedSides(input, source))
  if (node.kind !== 'join' || node.joinType !== 'inner' || node.lateral) return node
  const turned = { ...node, left: node.right, right: node.left }
  return !isPrinted(node, source) && isPrinted(turned, source) ? turned : node
}

function isPrinted(plan: LogicalPlan, source: SourceDefinition): boolean {
  const pipeline = new Pipeline('', { list: [], helpers: 0 })
  return judgeByTrying(() => printNode(plan, pipeline, source, '')).support === 'exact'
}

/** The collection a fragment starts with: that of its leftmost scan. */
function collectionOf(plan: LogicalPlan, source: SourceDefinition): string {
  if (plan.kind === 'scan') return scannedTable(plan, source).collection
  if (plan.kind === 'join') return collectionOf(plan.left, source)
  if ('input' in plan) return collectionOf(plan.input, source)
  return refuse(`${plan.kind} is not sent to MongoDB`)
}

function printNode(
  node: LogicalPlan,
  pipeline: Pipeline,
  source: SourceDefinition,
  prefix: string,
): void {
  switch (node.kind) {
    case 'scan':
      printScan(node, scannedTable(node, source), pipeline, prefix)
      return
    case 'view':
      printNode(node.input, pipeline, source, prefix)
      return
    case 'filter':
      printNode(node.input, pipeline, source, prefix)
      printFilter(node.condition, pipeline)
      return
    case 'project': {
      printNode(node.input, pipeline, source, prefix)
      const bindings = node.expressions.map(({ column, expression }) => {
        const binding: Binding =
          expression.kind === 'column'
            ? pipeline.binding(expression.id)
            : computedBinding(compileValue(expression, pipeline), undefined)
        return [column.id, binding] as const
      })
      pipeline.rebind(bindings)
      return
    }
    case 'aggregate':
      printNode(node.input, pipeline, source, prefix)
      printAggregate(node, pipeline)
      return
    case 'distinct': {
      printNode(node.input, pipeline, source, prefix)
      const columns = columnsOf(node)
      printDistinct(
        columns.map((column) => ({ column, expression: columnReference(column) })),
        pipeline,
      )
      return
    }
    case 'sort':
      printNode(node.input, pipeline, source, prefix)
      printSort(node, pipeline)
      return
    case 'limit':
      printNode(node.input, pipeline, source, prefix)
      printLimit(node, pipeline)
      return
    case 'join':
      printNode(node.left, pipeline, source, prefix)
      printJoin(node, pipeline, source, (plan, inner, under) =>
        printNode(plan, inner, source, under),
      )
      checkDocuments(node.left, pipeline)
      return
    case 'values':
    case 'table-function':
    case 'project-set':
    case 'window':
    case 'distinct-on':
    case 'set-operation':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'opaque-query':
      refuse(`${node.kind} is not sent to MongoDB`)
  }
}

/** Sends what conjuncts it can; the others are left out and checked by the engine. */
function printFilter(condition: Parameters<typeof conjunctsOf>[0], pipeline: Pipeline): void {
  const matches: JsonObject[] = []
  for (const conjunct of conjunctsOf(condition)) {
    try {
      matches.push(compileMatch(conjunct, true, pipeline))
    } catch (error) {
      if (!(error instanceof Refusal)) throw error
      pipeline.leftOut.push(error.message)
    }
  }
  const match = allOf(matches)
  if (Object.keys(match).length > 0) pipeline.append({ $match: match })
}

/**
 * NULL sorts last in PostgreSQL and first in MongoDB, NaN last and first among numbers: where that matters, keys of their own
 * say which rows have one. Keys are fields made for the purpose, for right-typed values only.
 */
function printSort(node: SortNode, pipeline: Pipeline): void {
  const fields: Record<string, Json> = {}
  const flags: Record<string, Json> = {}
  const order: Record<string, Json> = {}
  for (const key of node.keys) {
    checkCollation(key.expression, key.collation)
    const operand = compileValue(key.expression, pipeline)
    const direction = key.descending ? -1 : 1
    const isNullable = operand.present.length > 0
    const name = pipeline.helper()
    fields[name] = normalValue(operand)
    if (isNullable && key.nullsFirst === key.descending) {
      flags[`${name}n`] = { $eq: [`$${name}`, null] }
      order[`${name}n`] = key.nullsFirst ? -1 : 1
    }
    if (operand.family === 'float' || operand.family === 'numeric') {
      flags[`${name}x`] = { $eq: [`$${name}`, NOT_A_NUMBER] }
      order[`${name}x`] = direction
    }
    order[name] = direction
  }
  checkDocuments(node.input, pipeline)
  pipeline.append({ $set: fields })
  if (Object.keys(flags).length > 0) pipeline.append({ $set: flags })
  pipeline.append({ $sort: order })
}

/** Fields of our own would show in a whole document. */
function checkDocuments(input: LogicalPlan, pipeline: Pipeline): void {
  for (const column of columnsOf(input)) {
    const output = pipeline.bindings.get(column.id)?.output
    if (output?.kind === 'value' && output.value === '$$ROOT') {
      refuse('The whole document is not read together with a sort or join in MongoDB')
    }
  }
}

function printLimit(node: LimitNode, pipeline: Pipeline): void {
  if (node.withTies) refuse('MongoDB has no WITH TIES')
  for (const [use, count] of [
    ['skip', node.offset],
    ['limit', node.limit],
  ] as const) {
    // prettier-ignore
    if (count === undefined) continue
    if (count.kind !== 'constant' && count.kind !== 'parameter') {
      refuse('The limit must be a number or a parameter')
    }
    const stage = place({ use } satisfies Use, pipeline.bound(count))
    if (stage !== null) pipeline.append(stage as JsonObject)
  }
}

/** A field name for each output column, as like its own as field names may be. */
export function outputNames(columns: readonly Column[]): string[] {
  const taken = new Set<string>()
  return columns.map((column) => {
    const base = column.name.replaceAll(/[^A-Za-z0-9_]/g, '_') || 'column'
    let name = base
    for (let i = 2; taken.has(name); i++) name = `${base}_${i}`
    taken.add(name)
    return name
  })
}
