/** Function calls, operators and comparisons, with the procedure behind each. */
import type {
  CallExpression,
  Collation,
  Expression,
  FunctionReference,
} from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import type { Datum, SqlType } from '../../types/sql-type.js'
import { arrayDelimiter, formatArray, listArray } from '../../types/array-text.js'
import type { ExpressionBuilder } from './build-expression.js'
import { forbidden } from '../forbidden-functions.js'
import type { ProcedureFacts } from '../postgres-facts.js'
import type { BuildContext } from './build-context.js'
import { booleanOf, integerOf, integersOf, nodesOf, readTree, TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** By CoercionForm: call, explicit cast, implicit cast, SQL syntax. */
const FORMS = ['function', 'cast', 'implicit-cast', 'function'] as const

/** By RowCompareType (a btree strategy number). */
const ROW_OPERATORS = { 1: '<', 2: '<=', 4: '>=', 5: '>' } as const

/** Looks up a function an ordinary role may call; others fail as PostgreSQL would at execution. */
export function callableProcedure(oid: number, context: BuildContext): ProcedureFacts {
  const procedure = context.facts.procedure(oid)
  if (context.facts.forbidden.has(oid)) throw forbidden(procedure.reference.name)
  return procedure
}

/** Turns a FuncExpr into a call: named arguments in order, omitted ones filled in. */
export function buildFunctionCall(node: TreeNode, builder: ExpressionBuilder): CallExpression {
  const procedure = callableProcedure(integerOf(node, 'funcid'), builder.context)
  const form = FORMS[integerOf(node, 'funcformat')] ?? 'function'
  const parts = builder.buildAll(completeArguments(node, procedure))
  return {
    kind: 'call',
    function: procedure.reference,
    arguments: parts,
    type: callType(node, parts, form),
    collation: callCollation(node, procedure.reference, builder),
    form,
    ...(booleanOf(node, 'funcvariadic') ? { variadic: true } : {}),
  }
}

/** Functions that ask the collation what a letter is, and which letters are the same but for case. */
const LETTER_FUNCTION = /^(upper|lower|initcap|casefold|regexp_|substring|.*(regex|iclike|icnlike))/

/** Collation C sorts like the default one, but knows ASCII letters only; where that matters it keeps its name. */
function callCollation(
  node: TreeNode,
  reference: FunctionReference,
  builder: ExpressionBuilder,
): Collation {
  const { facts } = builder.context
  const oid = integerOf(node, 'inputcollid')
  return facts.knowsAsciiOnly(oid) && LETTER_FUNCTION.test(reference.name)
    ? 'C'
    : facts.collation(oid)
}

/** A cast function that takes a modifier as its second argument gives its result that modifier. */
function callType(
  node: TreeNode,
  parts: readonly Expression[],
  form: CallExpression['form'],
): SqlType {
  const oid = integerOf(node, 'funcresulttype')
  const modifier = parts[1]
  const isLengthCoercion =
    (form === 'cast' || form === 'implicit-cast') &&
    (parts.length === 2 || parts.length === 3) &&
    modifier?.kind === 'constant' &&
    modifier.type.oid === OID.int4 &&
    modifier.value !== null
  return sqlType(oid, isLengthCoercion ? Number(modifier.value) : -1)
}

function completeArguments(node: TreeNode, procedure: ProcedureFacts): readonly TreeNode[] {
  const given = nodesOf(node, 'args')
  const count = procedure.argumentTypes.length
  const isNamed = given.some((argument) => argument.tag === 'NAMEDARGEXPR')
  if (!isNamed && (given.length >= count || procedure.defaults === undefined)) return given
  const complete: (TreeNode | undefined)[] = Array.from({ length: count })
  const defaults = readTree(procedure.defaults ?? '()')
  const values = Array.isArray(defaults) ? (defaults as readonly unknown[]) : []
  values.forEach((value, index) => {
    if (value instanceof TreeNode) complete[count - values.length + index] = value
  })
  given.forEach((argument, index) => {
    const position = argument.tag === 'NAMEDARGEXPR' ? integerOf(argument, 'argnumber') : index
    complete[position] = argument
  })
  return complete.map((argument) => {
    if (argument === undefined) throw new Unreadable(`arguments of ${procedure.reference.name}`)
    return argument
  })
}

/** Turns an OpExpr into a call of the operator's function. */
export function buildOperatorCall(node: TreeNode, builder: ExpressionBuilder): CallExpression {
  const { facts } = builder.context
  const reference = equalityOf(node, builder)
  return {
    kind: 'call',
    function: reference,
    arguments: builder.buildAll(nodesOf(node, 'args')),
    type: sqlType(integerOf(node, 'opresulttype')),
    collation: callCollation(node, reference, builder),
    form: 'operator',
    operator: facts.operator(integerOf(node, 'opno')).name,
  }
}

/** Gives the function behind a node's `opno`. */
export function equalityOf(node: TreeNode, builder: ExpressionBuilder): FunctionReference {
  return operatorFunction(integerOf(node, 'opno'), builder)
}

function operatorFunction(operator: number, builder: ExpressionBuilder): FunctionReference {
  const { procedure } = builder.context.facts.operator(operator)
  return callableProcedure(procedure, builder.context).reference
}

/** Turns `left op ANY|ALL (array)`, and IN lists, into an array comparison. */
export function buildArrayComparison(node: TreeNode, builder: ExpressionBuilder): Expression {
  const [left, right] = builder.buildAll(nodesOf(node, 'args'))
  if (left === undefined || right === undefined) throw new Unreadable('an array comparison')
  const { facts } = builder.context
  return {
    kind: 'array-comparison',
    function: equalityOf(node, builder),
    operator: facts.operator(integerOf(node, 'opno')).name,
    quantifier: booleanOf(node, 'useOr') ? 'any' : 'all',
    left,
    right: asOneConstant(right),
    collation: facts.collation(integerOf(node, 'inputcollid')),
    type: sqlType(OID.bool),
  }
}

/** From so many constants on a list is one array: a plan, and a statement's parameters, are no place for each. */
const LONG_LIST = 1000

/** Makes a long list of constants one constant array. */
function asOneConstant(list: Expression): Expression {
  if (list.kind !== 'array' || list.multidimensional || list.elements.length < LONG_LIST) {
    return list
  }
  const values: Datum[] = []
  for (const element of list.elements) {
    if (element.kind !== 'constant') return list
    values.push(element.value)
  }
  const { oid } = list.elementType
  return {
    kind: 'constant',
    value: formatArray(listArray(values), arrayDelimiter(oid)),
    type: list.type,
  }
}

/** Turns (a, b) < (c, d) into a row comparison. */
export function buildRowComparison(node: TreeNode, builder: ExpressionBuilder): Expression {
  const operator = ROW_OPERATORS[integerOf(node, 'cmptype') as keyof typeof ROW_OPERATORS]
  const collations = integersOf(node, 'inputcollids').map((oid) =>
    builder.context.facts.collation(oid),
  )
  const [collation = 'binary'] = collations.filter((name) => name !== 'binary')
  const mixed = collations.some((name) => name !== collation && name !== 'binary')
  if (operator === undefined || mixed) throw new Unreadable('a row comparison')
  return {
    kind: 'row-comparison',
    operator,
    functions: integersOf(node, 'opnos').map((oid) => operatorFunction(oid, builder)),
    left: builder.buildAll(nodesOf(node, 'largs')),
    right: builder.buildAll(nodesOf(node, 'rargs')),
    collation,
    type: sqlType(OID.bool),
  }
}
