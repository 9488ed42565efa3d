/** Tells which expressions the engine evaluates itself; all others run in a PostgreSQL. */
import { assertNever } from '../errors.js'
import { formatTypeName, typeInfo } from '../types/type-registry.js'
import { isComparableNatively } from './compare.js'
import { canRelabel, whyNotIoCast } from './compile-cast.js'
import { whyNotSqlValue } from './compile-sql-value.js'
import type { Collation, Expression, FunctionReference } from './expression.js'
import { findKernel, isComparison } from './kernels/registry.js'

/** Collations that compare bytes. */
const BINARY: ReadonlySet<string> = new Set(['binary', 'C', 'POSIX', 'ucs_basic', 'pg_c_utf8'])

/** Says why an expression cannot be evaluated natively; undefined: it can. */
export function whyNotNative(expression: Expression): string | undefined {
  switch (expression.kind) {
    case 'column':
    case 'constant':
    case 'parameter':
      return undefined
    case 'sql-value':
      return whyNotSqlValue(expression.name)
    case 'call': {
      const kernel = findKernel(expression.function)
      // VARIADIC of an array parameter hands over the array itself; of "any" it stands for its elements.
      const isSpread =
        expression.variadic === true && !/,_\w+\)$/.test(expression.function.signature)
      if (kernel === undefined || isSpread) {
        return `function ${expression.function.signature} has no native kernel`
      }
      return (
        whyNotCollation(expression.function, expression.collation) ??
        kernel.refuse(expression) ??
        firstReason(expression.arguments)
      )
    }
    case 'and':
    case 'or':
    case 'coalesce':
      return firstReason(expression.arguments)
    case 'not':
    case 'boolean-test':
      return whyNotNative(expression.argument)
    case 'is-null':
      // A row is NULL when all its fields are: not the test of its own being there.
      if (typeInfo(expression.argument.type.oid).oid === 2249) return 'IS NULL of a row'
      return whyNotNative(expression.argument)
    case 'distinct':
    case 'null-if':
      return (
        whyNotFunction(expression.equality, expression.collation) ??
        firstReason(expression.arguments)
      )
    case 'min-max':
      if (!isComparableNatively(expression.type)) {
        return `type ${formatTypeName(expression.type)} has no native order`
      }
      if (!BINARY.has(expression.collation)) {
        return `collation ${expression.collation} is not native`
      }
      return firstReason(expression.arguments)
    case 'case':
      return firstReason([
        ...expression.branches.flatMap(({ condition, result }) => [condition, result]),
        expression.otherwise,
      ])
    case 'array-comparison': {
      const constant = expression.right.kind === 'constant' || expression.right.kind === 'parameter'
      if (typeInfo(expression.right.type.oid).elementOid === undefined) {
        return `type ${formatTypeName(expression.right.type)} is not a known array type`
      }
      // Operators that can fail must stop at the element that decides, in order.
      if (!constant && expression.right.kind !== 'array' && !isComparison(expression.function)) {
        return `${expression.operator} ${expression.quantifier} of a computed array is not native`
      }
      return (
        whyNotFunction(expression.function, expression.collation) ??
        firstReason([expression.left, expression.right])
      )
    }
    case 'row-comparison':
      for (const [k, field] of expression.left.entries()) {
        if (!isComparableNatively(field.type) || field.type.oid !== expression.right[k]?.type.oid) {
          return `type ${formatTypeName(field.type)} has no native order`
        }
      }
      if (!BINARY.has(expression.collation)) {
        return `collation ${expression.collation} is not native`
      }
      return firstReason([...expression.left, ...expression.right])
    case 'relabel':
      if (!canRelabel(expression.argument.type, expression.type)) {
        return `cast from ${formatTypeName(expression.argument.type)} to ${formatTypeName(expression.type)} has no native kernel`
      }
      return whyNotNative(expression.argument)
    case 'io-cast':
      return (
        whyNotIoCast(expression.argument.type, expression.type) ?? whyNotNative(expression.argument)
      )
    case 'array':
      return firstReason(expression.elements)
    case 'array-cast':
      return firstReason([expression.argument, expression.element])
    case 'subscript':
      if (expression.isSlice || typeInfo(expression.argument.type.oid).elementOid === undefined) {
        return 'subscript of this kind has no native kernel'
      }
      if (typeInfo(expression.argument.type.oid).elementOid !== expression.type.oid) {
        return 'subscript that selects a part of an array has no native kernel'
      }
      return firstReason([
        expression.argument,
        ...expression.upper.filter((upper) => upper !== null),
      ])
    case 'row':
      return 'a row constructor has no native kernel'
    case 'subquery':
      return 'a subquery is not an expression of the executor'
    default:
      return assertNever(expression)
  }
}

function firstReason(expressions: readonly Expression[]): string | undefined {
  for (const expression of expressions) {
    const reason = whyNotNative(expression)
    if (reason !== undefined) return reason
  }
  return undefined
}

function whyNotFunction(reference: FunctionReference, collation: Collation): string | undefined {
  if (findKernel(reference) === undefined) {
    return `function ${reference.signature} has no native kernel`
  }
  return whyNotCollation(reference, collation)
}

/** Order, patterns and case depend on the collation; what only moves bytes does not. */
function whyNotCollation(reference: FunctionReference, collation: Collation): string | undefined {
  if (collation === 'binary' || COLLATION_FREE.has(reference.name)) return undefined
  if (BINARY.has(collation) && isComparison(reference)) return undefined
  return `collation ${collation} is not native`
}

const COLLATION_FREE: ReadonlySet<string> = new Set([
  'textcat',
  'length',
  'char_length',
  'character_length',
  'octet_length',
  'substr',
  'substring',
  'left',
  'right',
  'btrim',
  'ltrim',
  'rtrim',
  'lpad',
  'rpad',
  'repeat',
  'reverse',
  'concat',
  'concat_ws',
])
