/** Which plan nodes MySQL does exactly, given what the catalog knows of the columns in them. */
import type { ColumnDefinition, SourceDefinition } from '../../catalog/catalog.js'
import type { Expression } from '../../expressions/expression.js'
import { argumentsOf, conjunctsOf, somePart } from '../../planner/expression-traversal.js'
import { columnsOf } from '../../planner/logical-plan.js'
import type { AggregateCall, JoinNode, LogicalPlan } from '../../planner/logical-plan.js'
import { expressionsOf } from '../../planner/plan-traversal.js'
import { OID } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { displacedQuery } from '../displaced-query.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import type { ColumnFacts } from '../sql/column-facts.js'
import { comparisonOf } from '../sql/comparison-of.js'
import { connectionSettings, SORTED_BYTES } from './connection-settings.js'
import { comparesAs, widestText } from './native-types.js'
import { fragmentFacts, judgeShippedRows } from './row-fields.js'

const none = (reason: string, remedy?: string): Judgement => ({
  support: 'none',
  reason,
  ...(remedy === undefined ? {} : { remedy }),
})

/** Types that group, sort and compare alike. */
const KEYS = new Set<number>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.date,
  OID.timestamp,
  OID.timestamptz,
])
const TEXTS = new Set<number>([OID.text, OID.varchar, OID.bpchar, OID.bytea])
/**
 * What a sum's argument may have so that 10^18 rows of it fit into 65 digits. No server lives to add up as many; MySQL's own type of the
 * sum, 22 digits more than its argument has, is cut at 65.
 */
const SUMMED = { precision: 47, scale: 30 } as const
const FLOATS = new Set<number>([OID.float4, OID.float8])

/** Judges a node whose inputs are in the fragment. */
export function judgeNode(node: LogicalPlan, source: SourceDefinition): Judgement {
  const displaced = displacedQuery(source, node, (owner) => connectionSettings(owner).database)
  if (displaced)
    return none(`Table ${displaced.name} is a statement that runs in its own source's database`)
  const facts = fragmentFacts(node, source)
  const mismatch = mismatchedColumn(node, facts)
  if (mismatch) return mismatch
  switch (node.kind) {
    case 'scan':
    case 'view':
    case 'filter':
      return EXACT
    case 'project':
      return EXACT
    case 'join':
      return judgeJoin(node, facts)
    case 'aggregate': {
      if (node.groupingSets) return none('MySQL has no grouping sets')
      for (const group of node.groups) {
        const judgement = judgeKey(group.expression, facts, 'group')
        if (judgement.support !== 'exact') return judgement
      }
      for (const aggregate of node.aggregates) {
        const judgement = judgeAggregate(aggregate, facts)
        if (judgement.support !== 'exact') return judgement
      }
      return EXACT
    }
    case 'distinct':
      for (const column of columnsOf(node)) {
        const judgement = judgeKey({ kind: 'column', ...column }, facts, 'group')
        if (judgement.support !== 'exact') return judgement
      }
      return EXACT
    case 'sort':
      for (const key of node.keys) {
        if (key.collation !== 'binary')
          return none(`MySQL does not have the collation ${key.collation}`)
        const judgement = judgeKey(key.expression, facts, 'sort')
        if (judgement.support !== 'exact') return judgement
      }
      return EXACT
    case 'limit':
      if (node.withTies) return none('MySQL has no WITH TIES')
      for (const count of [node.limit, node.offset]) {
        if (
          count &&
          count.kind !== 'parameter' &&
          (count.kind !== 'constant' || count.value === null)
        ) {
          return none('The limit must be a number or a parameter')
        }
      }
      return EXACT
    case 'set-operation':
      return judgeUnion(node, facts)
    case 'table-function':
      return judgeShippedRows(node, source.server)
    case 'values':
    case 'project-set':
    case 'window':
    case 'distinct-on':
    case 'with':
    case 'cte-reference':
    case 'recursive-union':
    case 'opaque-query':
      return none(`${node.kind} is not pushed to MySQL`)
  }
}

/** A column whose catalog type is not what MySQL compares by may be read, but not computed with. */
function mismatchedColumn(node: LogicalPlan, facts: ColumnFacts): Judgement | undefined {
  const passedOn = node.kind === 'project' ? node.expressions.map((e) => e.expression) : []
  const computed = expressionsOf(node).filter(
    (expression) => expression.kind !== 'column' || !passedOn.includes(expression),
  )
  for (const expression of computed) {
    let found: ColumnDefinition | undefined
    somePart(expression, (part) => {
      if (part.kind !== 'column') return false
      const column = facts.get(part.id)
      const isOdd = column?.native !== undefined && !comparesAs(column.native, part.type.oid)
      // NULL is NULL in every type.
      if (isOdd) found = column
      return isOdd
    })
    if (found) {
      return none(
        `Column ${found.name} is ${found.native} at the source, which does not compare as ${found.type}`,
      )
    }
  }
  return undefined
}

function judgeKey(expression: Expression, facts: ColumnFacts, use: 'group' | 'sort'): Judgement {
  const { oid } = expression.type
  if (KEYS.has(oid)) return EXACT
  if (FLOATS.has(oid)) {
    return use === 'sort'
      ? EXACT
      : none('Zero and minus zero are one group here and may be two in MySQL')
  }
  if (!TEXTS.has(oid)) return none('MySQL does not group or sort this type as PostgreSQL does')
  const origin = expression.kind === 'relabel' ? expression.argument : expression
  const column = origin.kind === 'column' ? facts.get(origin.id) : undefined
  if (column?.native === undefined) {
    return none(
      'The width of the text is unknown, so it is not known whether MySQL sorts it whole',
      'run `tributary discover` for this source',
    )
  }
  const width = widestText(column.native)
  return width !== undefined && width <= SORTED_BYTES
    ? EXACT
    : none(
        `MySQL sorts and groups only the first ${SORTED_BYTES} bytes of a text, and ${column.name} may be longer`,
        `declare a shorter type for ${column.name} at the source`,
      )
}

function judgeAggregate(call: AggregateCall, facts: ColumnFacts): Judgement {
  const { function: fn } = call
  if (call.form !== 'normal' || call.orderBy.length > 0) {
    return none(`Aggregate ${fn.name} with an order is not pushed to MySQL`)
  }
  if (call.star) return EXACT
  const argument = call.arguments[0]
  if (!argument || call.arguments.length > 1)
    return none(`Aggregate ${fn.name} is not known to MySQL`)
  const { oid } = argument.type
  if (call.distinct) {
    const key = judgeKey(argument, facts, 'group')
    if (key.support !== 'exact') return key
  }
  switch (fn.name) {
    case 'count':
      return EXACT
    case 'min':
    case 'max':
      if (KEYS.has(oid) || FLOATS.has(oid)) return EXACT
      if (oid === OID.text || oid === OID.varchar) {
        return call.collation === 'binary'
          ? EXACT
          : none(`MySQL does not have the collation ${call.collation}`)
      }
      return none(`MySQL does not order this type as PostgreSQL does`)
    case 'sum': {
      if (oid === OID.int2 || oid === OID.int4 || oid === OID.int8) return EXACT
      if (FLOATS.has(oid)) return none('The sum of floating-point numbers depends on their order')
      const shape = oid === OID.numeric ? decimalShape(argument) : undefined
      return shape && fitsDecimal(shape, SUMMED)
        ? EXACT
        : none('The digits of the sum are not known to fit into a DECIMAL of MySQL')
    }
    case 'bool_and':
    case 'every':
    case 'bool_or':
      return EXACT
    case 'avg':
      return none('MySQL gives an average other digits behind the point than PostgreSQL')
    default:
      return none(`Aggregate ${fn.name} is not known to mean the same in MySQL`)
  }
}

function judgeJoin(node: JoinNode, facts: ColumnFacts): Judgement {
  if (node.lateral) return none('LATERAL is not pushed to MySQL')
  if (node.nullAware === true) return none('NOT IN with NULLs is not pushed to MySQL')
  if (node.atMostOne === true)
    return none('MySQL does not check that a subquery gives one row at most')
  if (node.joinType === 'full') return none('MySQL has no FULL JOIN')
  if (node.joinType === 'mark') return none('The three-valued mark is not pushed to MySQL')
  for (const conjunct of conjunctsOf(node.condition)) {
    if (conjunct.kind !== 'call' || comparisonOf(conjunct.function.name)?.family !== 'text')
      continue
    const sides = argumentsOf(conjunct)
    if (sides.every((side) => usesColumn(side)) && !sharedCollation(sides, facts)) {
      return none(
        'Texts of different or unknown collations join without an index in MySQL',
        'give both columns one collation at the source, and run `tributary discover`',
      )
    }
  }
  return EXACT
}

function usesColumn(expression: Expression): boolean {
  return somePart(expression, (part) => part.kind === 'column')
}

/** The collation of text columns that all have the same one. */
export function sharedCollation(
  sides: readonly Expression[],
  facts: ColumnFacts,
): string | undefined {
  const collations = sides.map((side) => {
    const origin = side.kind === 'relabel' ? side.argument : side
    return origin.kind === 'column' ? facts.get(origin.id)?.collation : undefined
  })
  return collations.every((c) => c === collations[0]) ? collations[0] : undefined
}

function judgeUnion(
  node: Extract<LogicalPlan, { kind: 'set-operation' }>,
  facts: ColumnFacts,
): Judgement {
  if (node.operation !== 'union' || !node.all) return none('Only UNION ALL is pushed to MySQL')
  const [left, right] = [columnsOf(node.left), columnsOf(node.right)]
  for (let i = 0; i < left.length; i++) {
    const a = left[i]!
    const b = right[i]!
    if (a.type.typmod !== b.type.typmod) {
      return none(
        'The branches of the UNION have types of different width, which MySQL would make one',
      )
    }
    if (!TEXTS.has(a.type.oid) && !KEYS.has(a.type.oid) && !FLOATS.has(a.type.oid)) {
      return none('A UNION of this type is not pushed to MySQL')
    }
    if (a.type.oid === OID.numeric && a.type.typmod < 0) {
      return none('The digits behind the point would become alike in a UNION in MySQL')
    }
    if (a.type.oid === OID.bpchar) return none('A UNION of this type is not pushed to MySQL')
    const isText = a.type.oid === OID.text || a.type.oid === OID.varchar
    const both = [a, b].map((column): Expression => ({ kind: 'column', ...column }))
    if (isText && sharedCollation(both, facts) === undefined) {
      return none('Texts of different or unknown collations cannot be in one UNION in MySQL')
    }
  }
  return EXACT
}
