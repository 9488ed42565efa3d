/**
 * Turns a subquery used as a value (a scalar subquery, EXISTS or IN below OR or in a select list, ARRAY(...)) into a join
 * that computes it for every row: a left join that allows one match for scalars, a mark join for truth values. Where a subquery
 * cannot have a second row, by its shape or by a declared key (`WHERE id = 7`), nothing is looked out for.
 *
 * Tempting and wrong: a plain left join for a scalar. A second row must be error 21000, not a duplicate; and below
 * CASE or COALESCE that error may only come from rows that take the branch, which is why the join's condition repeats
 * what guards it.
 */
import type { Column, Expression, SubqueryExpression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { isCorrelated } from '../decorrelate.js'
import {
  columnReference,
  conjunction,
  conjunctsOf,
  isTrue,
  mapArguments,
  negation,
  hasSubquery,
} from '../expression-traversal.js'
import { usesAny } from '../expression-properties.js'
import { ARRAY_OF_ARRAYS, ARRAY_OF_ELEMENTS } from '../known-functions.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { JoinNode, LogicalPlan, SortKey } from '../logical-plan.js'
import { expressionsOf, mapExpressions } from '../plan-traversal.js'
import { hasExactlyOneRow } from '../estimates/row-bounds.js'
import { hasNoSecondRow } from '../keys.js'
import { arrange } from './prune-columns.js'
import { addFilter } from './push-filter.js'
import type { Rule, RuleContext } from '../rewrite.js'

export const subqueryValueToJoin: Rule = {
  name: 'subquery-value-to-join',
  apply(node, context) {
    if (!expressionsOf(node).some(hasSubquery)) return undefined
    switch (node.kind) {
      case 'filter':
      case 'project':
      case 'project-set':
      case 'aggregate':
      case 'window':
      case 'distinct-on':
      case 'sort': {
        const extended = new Extension(node.input, context)
        const changed = mapExpressions(node, (expression) => extended.take(expression))
        return arrange({ ...changed, input: extended.plan } as LogicalPlan, columnsOf(node))
      }
      case 'join':
        return extendJoin(node, context)
      case 'values':
        return extendValues(node, context.ids)
      case 'table-function': {
        const extended = new Extension({ kind: 'values', columns: [], rows: [[]] }, context)
        const right = mapExpressions(node, (expression) => extended.take(expression))
        const left = extended.plan
        return arrange(
          { kind: 'join', joinType: 'inner', left, right, lateral: true },
          columnsOf(node),
        )
      }
      default:
        return undefined
    }
  },
}

type Known = Pick<RuleContext, 'ids' | 'estimator'>

/** A plan that grows a column for each subquery taken out of an expression over it. */
class Extension {
  plan: LogicalPlan
  readonly #context: Known

  constructor(plan: LogicalPlan, context: Known) {
    this.plan = plan
    this.#context = context
  }

  take(expression: Expression, guards: readonly Expression[] = []): Expression {
    if (!hasSubquery(expression)) return expression
    if (expression.kind === 'case') return this.#takeCase(expression, guards)
    if (expression.kind === 'coalesce') {
      const before: Expression[] = [...guards]
      const mapped = expression.arguments.map((argument) => {
        const taken = this.take(argument, [...before])
        before.push({ kind: 'is-null', argument: taken, negated: false, type: sqlType(OID.bool) })
        return taken
      })
      return { ...expression, arguments: mapped }
    }
    const mapped = mapArguments(expression, (argument) => {
      // The test of a quantified comparison is the join's; only its own subqueries come out first.
      return this.take(argument, guards)
    })
    return mapped.kind === 'subquery' ? this.#join(mapped, guards) : mapped
  }

  #takeCase(
    expression: Extract<Expression, { kind: 'case' }>,
    guards: readonly Expression[],
  ): Expression {
    const before: Expression[] = [...guards]
    const branches = expression.branches.map((branch) => {
      const condition = this.take(branch.condition, [...before])
      const result = this.take(branch.result, [...before, isTrue(condition)])
      before.push(negation(isTrue(condition)))
      return { condition, result }
    })
    return { ...expression, branches, otherwise: this.take(expression.otherwise, before) }
  }

  #join(subquery: SubqueryExpression, guards: readonly Expression[]): Expression {
    switch (subquery.subquery) {
      case 'exists':
        return isTrue(this.#mark(subquery.plan, undefined))
      case 'any':
        return this.#mark(subquery.plan, subquery.test)
      case 'all':
        return negation(this.#mark(subquery.plan, subquery.test && negation(subquery.test)))
      case 'array':
        return this.#array(subquery)
      case 'scalar':
        return this.#scalar(subquery.plan, guards)
    }
  }

  #base(right: LogicalPlan) {
    const left = this.plan
    const lateral = isCorrelated(right, columnIdsOf(left))
    return { kind: 'join', left, right, lateral } as const
  }

  #mark(plan: LogicalPlan, test: Expression | undefined): Expression {
    const mark: Column = { id: this.#context.ids.next(), name: 'found', type: sqlType(OID.bool) }
    this.plan = { ...this.#base(plan), joinType: 'mark', condition: test, mark }
    return columnReference(mark)
  }

  #scalar(plan: LogicalPlan, guards: readonly Expression[]): Expression {
    const column = columnsOf(plan)[0]!
    if (hasExactlyOneRow(plan)) {
      this.plan = { ...this.#base(plan), joinType: 'inner' }
    } else if (hasNoSecondRow(plan, this.#context.estimator.tableOf)) {
      this.plan = { ...this.#base(plan), joinType: 'left' }
    } else {
      const condition = conjunction(guards)
      this.plan = { ...this.#base(plan), joinType: 'left', atMostOne: true, condition }
    }
    return columnReference(column)
  }

  /**
   * ARRAY(...) is array_agg, but empty rather than NULL over nothing. Its order becomes the aggregate's own: rows that were sorted before
   * they are grouped need not come to their group in that order, least of all at a source.
   */
  #array(subquery: SubqueryExpression): Expression {
    const element = columnsOf(subquery.plan)[0]!
    const { input, value, orderBy } = inOrder(subquery.plan, element)
    const column: Column = { id: this.#context.ids.next(), name: 'array', type: subquery.type }
    const collected: LogicalPlan = {
      kind: 'aggregate',
      input,
      groups: [],
      aggregates: [
        {
          column,
          function: element.type.oid === subquery.type.oid ? ARRAY_OF_ARRAYS : ARRAY_OF_ELEMENTS,
          arguments: [value],
          star: false,
          distinct: false,
          orderBy,
          form: 'normal',
          directArguments: [],
          collation: 'binary',
        },
      ],
    }
    const empty: Expression = { kind: 'constant', value: '{}', type: subquery.type }
    const whole = this.#scalar(collected, [])
    return { kind: 'coalesce', arguments: [whole, empty], type: subquery.type }
  }
}

/** A subquery's rows without their sort, where it is on top, the value of each, and the keys they are sorted by. */
function inOrder(
  plan: LogicalPlan,
  element: Column,
): {
  readonly input: LogicalPlan
  readonly value: Expression
  readonly orderBy: readonly SortKey[]
} {
  let input = plan
  let value: Expression = columnReference(element)
  if (plan.kind === 'project' && !plan.expressions.some((item) => hasSubquery(item.expression))) {
    value = plan.expressions.find((item) => item.column.id === element.id)!.expression
    input = plan.input
  }
  if (input.kind === 'sort') return { input: input.input, value, orderBy: input.keys }
  if (input.kind === 'limit' && input.input.kind === 'sort') {
    return { input, value, orderBy: input.input.keys }
  }
  return { input: plan, value: columnReference(element), orderBy: [] }
}

/** A subquery in a join's condition becomes a column of the side whose columns it uses, or, of an inner join, a filter. */
function extendJoin(node: JoinNode, context: Known): LogicalPlan | undefined {
  const conjuncts = conjunctsOf(node.condition)
  if (node.joinType === 'inner') {
    const plain = conjuncts.filter((conjunct) => !hasSubquery(conjunct))
    return addFilter(
      { ...node, condition: conjunction(plain) },
      conjuncts.filter((conjunct) => hasSubquery(conjunct)),
    )
  }
  if (node.lateral) return undefined
  const left = new Extension(node.left, context)
  const right = new Extension(node.right, context)
  const leftIds = columnIdsOf(node.left)
  const rightIds = columnIdsOf(node.right)
  const takeParts = (expression: Expression): Expression => {
    if (!hasSubquery(expression)) return expression
    if (expression.kind === 'subquery') {
      if (!usesAny(expression, rightIds)) return left.take(expression)
      if (!usesAny(expression, leftIds)) return right.take(expression)
      return expression
    }
    return mapArguments(expression, takeParts)
  }
  const condition = conjunction(conjuncts.map(takeParts))
  if (left.plan === node.left && right.plan === node.right) return undefined
  return arrange({ ...node, left: left.plan, right: right.plan, condition }, columnsOf(node))
}

/** Rows with subqueries are projections of one empty row each, one after another. */
function extendValues(
  node: Extract<LogicalPlan, { kind: 'values' }>,
  ids: Known['ids'],
): LogicalPlan | undefined {
  const single = (row: readonly Expression[], columns: readonly Column[]): LogicalPlan => ({
    kind: 'project',
    input: { kind: 'values', columns: [], rows: [[]] },
    expressions: columns.map((column, index) => ({ column, expression: row[index]! })),
  })
  const [first, ...rest] = node.rows
  if (first === undefined) return undefined
  if (rest.length === 0) return single(first, node.columns)
  const fresh = () => node.columns.map((column) => ({ ...column, id: ids.next() }))
  let plan = single(first, fresh())
  rest.forEach((row, index) => {
    const columns = index === rest.length - 1 ? node.columns : fresh()
    const right = single(row, fresh())
    plan = { kind: 'set-operation', operation: 'union', all: true, left: plan, right, columns }
  })
  return plan
}
