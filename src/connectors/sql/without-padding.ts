/**
 * Comparisons of char(n) as comparisons of text: PostgreSQL compares char(n) by its bytes without trailing blanks, so `a = b` of char(n) is
 * `text(a) = text(b)`, where text(char) takes the blanks off. A source that has no type with this rule then needs to know only what
 * text(char) is there. Values known now lose their blanks now. Only under the binary collation; a parameter is left as it is,
 * as is everything that is no comparison.
 */
import type { Expression, FunctionReference } from '../../expressions/expression.js'
import { rewriteExpression } from '../../planner/expression-traversal.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { mapExpressions, mapInputs } from '../../planner/plan-traversal.js'
import { OID, sqlType } from '../../types/sql-type.js'

/** text(char): the value without its trailing blanks. */
export const UNPADDED = 'text(bpchar)'

function builtIn(oid: number, name: string, parameters: string): FunctionReference {
  const signature = `${name}(${parameters})`
  return { oid, name, signature, schema: 'pg_catalog', volatility: 'immutable', strict: true }
}

const TEXT = sqlType(OID.text)
const TO_TEXT = builtIn(401, 'text', 'bpchar')
const COMPARISONS: ReadonlyMap<string, FunctionReference> = new Map([
  ['bpchareq', builtIn(67, 'texteq', 'text,text')],
  ['bpcharne', builtIn(157, 'textne', 'text,text')],
  ['bpcharlt', builtIn(740, 'text_lt', 'text,text')],
  ['bpcharle', builtIn(741, 'text_le', 'text,text')],
  ['bpchargt', builtIn(742, 'text_gt', 'text,text')],
  ['bpcharge', builtIn(743, 'text_ge', 'text,text')],
])

/** The fragment with its comparisons of char(n) as such of text. */
export function planWithoutPadding(plan: LogicalPlan): LogicalPlan {
  return mapExpressions(mapInputs(plan, planWithoutPadding), withoutPadding)
}

/** The expression with its comparisons of char(n) as such of text. */
export function withoutPadding(expression: Expression): Expression {
  return rewriteExpression(expression, unpadOne)
}

function unpadOne(part: Expression): Expression {
  switch (part.kind) {
    case 'call': {
      const comparison = comparisonFor(part.function, part.collation)
      const list = comparison && unpadAll(part.arguments)
      return list ? { ...part, function: comparison, arguments: list } : part
    }
    case 'distinct': {
      const equality = comparisonFor(part.equality, part.collation)
      const list = equality && unpadAll(part.arguments)
      return list ? { ...part, equality, arguments: [list[0]!, list[1]!] } : part
    }
    case 'array-comparison': {
      const comparison = comparisonFor(part.function, part.collation)
      const { right } = part
      if (comparison === undefined || right.kind !== 'array' || right.multidimensional) return part
      const list = unpadAll([part.left, ...right.elements])
      if (list === undefined) return part
      const [left, ...elements] = list
      const array = { ...right, elements, elementType: TEXT, type: sqlType(OID.textArray) }
      return { ...part, function: comparison, left: left!, right: array }
    }
    default:
      return part
  }
}

function comparisonFor(
  { schema, name }: FunctionReference,
  collation: string,
): FunctionReference | undefined {
  return schema === 'pg_catalog' && collation === 'binary' ? COMPARISONS.get(name) : undefined
}

function unpadAll(list: readonly Expression[]): readonly Expression[] | undefined {
  const texts = list.map(unpad)
  return texts.every((text) => text !== undefined) ? texts : undefined
}

function unpad(value: Expression): Expression | undefined {
  if (value.kind === 'constant') {
    return { kind: 'constant', value: value.value?.replace(/ +$/, '') ?? null, type: TEXT }
  }
  if (value.kind !== 'column') return undefined
  return {
    kind: 'call',
    function: TO_TEXT,
    arguments: [value],
    type: TEXT,
    collation: 'binary',
    form: 'implicit-cast',
  }
}
