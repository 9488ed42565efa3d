/** Which expressions mean in a warehouse exactly what they mean in PostgreSQL, by the rules of its SQL. */
import type { CallExpression, Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { EXACT, type Judgement } from '../connector.js'
import { comparisonOf } from '../sql/comparison-of.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import { none, type WarehouseRules } from './rules.js'

/** Judges an expression over columns of a fragment. */
export function judgeExpression(
  expression: Expression,
  use: 'filter' | 'value' | 'sort',
  rules: WarehouseRules,
): Judgement {
  if (use === 'sort' && !rules.comparable.has(expression.type.oid)) {
    return none(`${rules.product} does not sort this type as PostgreSQL does`)
  }
  return judge(expression, rules)
}

function judge(expression: Expression, rules: WarehouseRules): Judgement {
  const { product } = rules
  if (expression.kind === 'column') return EXACT
  if (isWithoutColumns(expression)) return judgeSent(expression, rules)
  switch (expression.kind) {
    case 'and':
    case 'or':
      return all(expression.arguments, rules)
    case 'not':
    case 'is-null':
    case 'boolean-test':
      return exactly(judge(expression.argument, rules))
    case 'relabel':
      return isText(expression.type.oid)
        ? judge(expression.argument, rules)
        : none(`A cast to a type that ${product} does not have`)
    case 'io-cast':
      return rules.ioCast(expression.argument.type, expression.type)
        ? exactly(judge(expression.argument, rules))
        : none(`${product} does not print this type as PostgreSQL does`)
    case 'distinct':
      return judgeComparison(
        expression.equality.name,
        expression.arguments,
        expression.collation,
        rules,
      )
    case 'array-comparison':
      return judgeList(expression, rules)
    case 'case':
      if (!rules.sameLook.has(expression.type.oid)) {
        return none(`The result of CASE may get other digits behind the point in ${product}`)
      }
      return exactly(
        all(
          [
            ...expression.branches.flatMap((branch) => [branch.condition, branch.result]),
            expression.otherwise,
          ],
          rules,
        ),
      )
    case 'coalesce':
      if (!rules.sameLook.has(expression.type.oid)) {
        return none(`The result of COALESCE may get other digits behind the point in ${product}`)
      }
      return exactly(all(expression.arguments, rules))
    case 'call':
      return judgeCall(expression, rules)
    default:
      return none(`${product} has no exact equal of this expression (${expression.kind})`)
  }
}

function isText(oid: number): boolean {
  return oid === OID.text || oid === OID.varchar
}

/** A value that is computed here and sent. */
function judgeSent(expression: Expression, rules: WarehouseRules): Judgement {
  if (expression.kind === 'constant' && expression.value === null) return EXACT
  const { type } = expression
  if (!rules.comparable.has(type.oid)) {
    return none(`Values of this type are not sent to ${rules.product}`)
  }
  const reason =
    expression.kind === 'constant' && expression.value !== null
      ? rules.whyNotConstant(expression.value, type)
      : undefined
  return reason === undefined ? EXACT : none(reason)
}

function judgeCall(call: CallExpression, rules: WarehouseRules): Judgement {
  const { function: fn, arguments: list } = call
  if (fn.schema !== 'pg_catalog') {
    return none(`Function ${fn.name} does not exist in ${rules.product}`)
  }
  if (comparisonOf(fn.name)) return judgeComparison(fn.name, list, call.collation, rules)
  if (fn.signature === 'textlike(text,text)' || fn.signature === 'textnlike(text,text)') {
    return judgeLike(call, rules)
  }
  const reason = whyUnlike(fn.name, rules.product) ?? rules.call(call)
  if (reason !== undefined) return none(reason)
  return exactly(all(rules.argumentsOf(call), rules))
}

/** Kinds of functions that differ in every database but PostgreSQL. */
function whyUnlike(name: string, product: string): string | undefined {
  if (name.startsWith('textregex') || name.startsWith('regexp')) {
    return `Regular expressions follow another grammar in ${product}`
  }
  if (['lower', 'upper', 'initcap'].includes(name)) {
    return `Upper and lower case follow other tables in ${product}`
  }
  return undefined
}

function judgeLike(call: CallExpression, rules: WarehouseRules): Judgement {
  const [subject, pattern] = call.arguments
  if (call.collation !== 'binary') {
    return none(`${rules.product} does not have the collation ${call.collation}`)
  }
  if (!subject || !pattern || !isWithoutColumns(pattern)) {
    return none('The pattern must be known before the statement is sent')
  }
  const inner = exactly(judge(subject, rules))
  if (inner.support !== 'exact') return inner
  if (pattern.kind !== 'constant') {
    // Sent with its escapes as the product has them; one that is malformed matches all there and fails here.
    return call.function.name === 'textlike'
      ? {
          support: 'superset',
          reason: 'A pattern known only later may end with an escape character',
        }
      : none('A pattern known only later may end with an escape character')
  }
  const ends = /\\*$/.exec(pattern.value ?? '')![0].length
  return ends % 2 === 0 ? inner : none('The pattern ends with an escape character')
}

function judgeComparison(
  name: string,
  operands: readonly Expression[],
  collation: string,
  rules: WarehouseRules,
): Judgement {
  const { product } = rules
  const comparison = comparisonOf(name)
  if (!comparison) return none(`Operator ${name} is not known to mean the same in ${product}`)
  if (comparison.family === 'text' && collation !== 'binary') {
    return none(`${product} does not have the collation ${collation}`)
  }
  if (operands.some((operand) => !rules.comparable.has(operand.type.oid))) {
    return none(`${product} does not compare this type as PostgreSQL does`)
  }
  const reason = rules.comparison(comparison, operands)
  return reason === undefined ? exactly(all(operands, rules)) : none(reason)
}

function judgeList(
  expression: Extract<Expression, { kind: 'array-comparison' }>,
  rules: WarehouseRules,
): Judgement {
  const { left, right, quantifier, operator } = expression
  const isList =
    (quantifier === 'any' && operator === '=') || (quantifier === 'all' && operator === '<>')
  if (!isList) return none(`Only = ANY and <> ALL are sent to ${rules.product}`)
  const element = rules.elements[right.type.oid]
  if (!isWithoutColumns(right) || element === undefined) {
    return none(`A list of this type is not sent to ${rules.product}`)
  }
  return judgeComparison(expression.function.name, [left], expression.collation, rules)
}

/** The weakest of several judgements. */
function all(list: readonly Expression[], rules: WarehouseRules): Judgement {
  let result: Judgement = EXACT
  for (const expression of list) {
    const judgement = judge(expression, rules)
    if (judgement.support === 'none') return judgement
    if (judgement.support === 'superset') result = judgement
  }
  return result
}

/** Inside anything but AND and OR, letting through too much is no help. */
function exactly(judgement: Judgement): Judgement {
  return judgement.support === 'superset' ? none(judgement.reason) : judgement
}
