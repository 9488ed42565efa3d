/** Which plan nodes a warehouse does exactly, given what the catalog knows of the columns in them. */
import type { ColumnDefinition, SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { asEquality, usesAny, usesOnly } from '../../planner/expression-properties.js'
import { conjunctsOf, somePart } from '../../planner/expression-traversal.js'
import { columnIdsOf, columnsOf } from '../../planner/logical-plan.js'
import type { AggregateCall, JoinNode, LogicalPlan } from '../../planner/logical-plan.js'
import { expressionsOf } from '../../planner/plan-traversal.js'
import { OID } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { displacedQuery } from '../displaced-query.js'
import { columnFacts, type ColumnFacts } from '../sql/column-facts.js'
import { none, type WarehouseRules } from './rules.js'

/** Judges a node whose inputs are in the fragment. */
export function judgeNode(
  node: LogicalPlan,
  source: SourceDefinition,
  rules: WarehouseRules,
  placeOf: (source: SourceDefinition) => string,
): Judgement {
  const { product } = rules
  const displaced = displacedQuery(source, node, placeOf)
  if (displaced)
    return none(`Table ${displaced.name} is a statement that runs in its own source's connection`)
  const odd = oddColumn(node, columnFacts(node, source), rules)
  if (odd) return odd
  switch (node.kind) {
    case 'scan':
    case 'view':
    case 'filter':
    case 'project':
      return EXACT
    case 'join':
      return judgeJoin(node, rules)
    case 'aggregate': {
      if (node.groupingSets) return none(`Grouping sets are not sent to ${product}`)
      for (const { expression } of node.groups) {
        const key = judgeKey(expression, rules)
        if (key.support !== 'exact') return key
      }
      for (const call of node.aggregates) {
        const judgement = judgeAggregate(call, rules)
        if (judgement.support !== 'exact') return judgement
      }
      return EXACT
    }
    case 'distinct':
      return judgeColumns(node, rules)
    case 'sort': {
      const collated = node.keys.find((key) => key.collation !== 'binary')
      return collated ? none(`${product} does not have the collation ${collated.collation}`) : EXACT
    }
    case 'limit':
      if (node.withTies) return none(`WITH TIES is not sent to ${product}`)
      for (const count of [node.limit, node.offset]) {
        if (count && (count.kind !== 'constant' || count.value === null)) {
          return none(`Only a limit that is a number is sent to ${product}`)
        }
      }
      return EXACT
    case 'set-operation':
      return judgeSetOperation(node, rules)
    case 'values':
    case 'table-function':
    case 'project-set':
    case 'window':
    case 'distinct-on':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'opaque-query':
      return none(`${node.kind} is not sent to ${product}`)
  }
}

function judgeJoin(node: JoinNode, rules: WarehouseRules): Judgement {
  const { product } = rules
  if (node.lateral) return none(`LATERAL is not sent to ${product}`)
  if (node.nullAware === true) return none(`NOT IN with NULLs is not sent to ${product}`)
  if (node.atMostOne === true) return none('The check for one row at most is done here')
  if (node.joinType === 'mark') return none(`The three-valued mark is not sent to ${product}`)
  if (node.joinType === 'inner' || !rules.outerJoinsNeedEquality) return EXACT
  const [left, right] = [columnIdsOf(node.left), columnIdsOf(node.right)]
  const hasKey = conjunctsOf(node.condition).some((conjunct) => {
    const sides = asEquality(conjunct)?.arguments
    if (sides === undefined) return false
    const [a, b] = sides
    return (
      (usesOnly(a, left) && usesAny(a, left) && usesOnly(b, right) && usesAny(b, right)) ||
      (usesOnly(a, right) && usesAny(a, right) && usesOnly(b, left) && usesAny(b, left))
    )
  })
  return hasKey ? EXACT : none(`${product} joins so only by an equality of both sides`)
}

function judgeKey(expression: Expression, rules: WarehouseRules): Judgement {
  const { oid } = expression.type
  if (oid === OID.float4 || oid === OID.float8) {
    return none('Which of 0 and -0 stands for a group is not said')
  }
  return rules.comparable.has(oid)
    ? EXACT
    : none(`${rules.product} does not group this type as PostgreSQL does`)
}

function judgeColumns(node: LogicalPlan, rules: WarehouseRules): Judgement {
  for (const column of columnsOf(node)) {
    const key = judgeKey({ kind: 'column', ...column }, rules)
    if (key.support !== 'exact') return key
  }
  return EXACT
}

function judgeAggregate(call: AggregateCall, rules: WarehouseRules): Judgement {
  const { function: fn } = call
  if (call.form !== 'normal' || call.orderBy.length > 0) {
    return none(`Aggregate ${fn.name} with an order is not sent to ${rules.product}`)
  }
  if (call.star) return EXACT
  const [argument] = call.arguments
  if (!argument || call.arguments.length > 1 || fn.schema !== 'pg_catalog') {
    return none(`Aggregate ${fn.name} is not known to mean the same in ${rules.product}`)
  }
  if (call.distinct) {
    const key = judgeKey(argument, rules)
    if (key.support !== 'exact') return key
  }
  const reason = rules.aggregate(call)
  return reason === undefined ? EXACT : none(reason)
}

function judgeSetOperation(
  node: Extract<LogicalPlan, { kind: 'set-operation' }>,
  rules: WarehouseRules,
): Judgement {
  const isUnionAll = node.operation === 'union' && node.all
  if (!isUnionAll && (node.all || !rules.setOperations.has(node.operation))) {
    const word = `${node.operation.toUpperCase()}${node.all ? ' ALL' : ''}`
    return none(`${word} is not sent to ${rules.product}`)
  }
  const [left, right] = [columnsOf(node.left), columnsOf(node.right)]
  for (let i = 0; i < left.length; i++) {
    const [a, b] = [left[i]!.type, right[i]!.type]
    if (a.oid === OID.numeric && (a.typmod < 0 || a.typmod !== b.typmod)) {
      return none(`The digits behind the point would become alike in ${rules.product}`)
    }
    if (!rules.comparable.has(a.oid)) {
      return none(`A ${node.operation.toUpperCase()} of this type is not sent to ${rules.product}`)
    }
  }
  return isUnionAll ? EXACT : judgeColumns(node, rules)
}

/** A column that is something else at the source than the catalog calls it may be read, but not computed with. */
function oddColumn(
  node: LogicalPlan,
  facts: ColumnFacts,
  rules: WarehouseRules,
): Judgement | undefined {
  const passedOn = new Set<Expression>(
    node.kind === 'project' ? node.expressions.map((item) => item.expression) : [],
  )
  const isOdd = (column: ColumnDefinition | undefined, oid: number): boolean =>
    column?.native !== undefined && !rules.comparesAs(column.native, oid)
  const reason = (column: ColumnDefinition): Judgement =>
    none(
      `Column ${column.name} is ${column.native} at the source, which does not compare as ${column.type}`,
    )
  // Grouping, DISTINCT and set operations compare whole columns.
  if (node.kind === 'distinct' || node.kind === 'set-operation') {
    for (const column of columnsOf(node.kind === 'distinct' ? node : node.left)) {
      const fact = facts.get(column.id)
      if (isOdd(fact, column.type.oid)) return reason(fact!)
    }
  }
  for (const expression of expressionsOf(node)) {
    if (expression.kind === 'column' && passedOn.has(expression)) continue
    let found: ColumnDefinition | undefined
    somePart(expression, (part) => {
      const column = part.kind === 'column' ? facts.get(part.id) : undefined
      if (part.kind === 'is-null' && part.argument.kind === 'column') return false
      if (part.kind === 'column' && isOdd(column, part.type.oid)) found = column
      return found !== undefined
    })
    if (found) return reason(found)
  }
  return undefined
}
