/**
 * left op ANY/ALL (array), IN lists above all. Equality with a constant list is a lookup in a set; other operators
 * run their kernel element by element over the rows that are still open; arrays that differ per row are unfolded
 * into one long comparison.
 */
import { datumAt, gather, vectorFromDatums } from '../types/vectors/vector-ops.js'
import { sqlType, type Datum } from '../types/sql-type.js'
import type { BoolVector, Vector } from '../types/vectors/vector.js'
import type { Batch } from '../executor/batch.js'
import { arrayDelimiter, parseArray } from '../types/array-text.js'
import { typeInfo } from '../types/type-registry.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { compileFunction, type BoundFunction } from './compile-call.js'
import { createMembership, type Membership } from './membership.js'
import type { ArrayComparisonExpression } from './expression.js'
import { boolVector } from './kernels/build-vector.js'
import { cellReader } from './kernels/row-wise.js'
import { allRows } from './narrow-batch.js'

/** Below this many elements comparing one by one is faster than looking up. */
const SET_THRESHOLD = 4

/** Compiles a comparison with the elements of an array. */
export function compileArrayComparison(
  expression: ArrayComparisonExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const left = compiler.compile(expression.left)
  const { right } = expression
  if (right.kind === 'array' && !right.multidimensional) {
    const elements = right.elements.map((element) => compiler.compile(element))
    if (!elements.every((element) => element.isConstant)) {
      return compareWithElements(expression, compiler, left, elements)
    }
  }
  const array = compiler.compile(right)
  return array.isConstant
    ? compareWithConstant(expression, compiler, left, array)
    : compareWithColumn(expression, compiler, left, array)
}

interface Outcome {
  readonly values: Uint8Array
  nulls: Uint8Array | undefined
}

/** ANY starts at false and is decided by true; ALL the other way round. */
function decisiveValue(expression: ArrayComparisonExpression): 0 | 1 {
  return expression.quantifier === 'any' ? 1 : 0
}

function markNull(outcome: Outcome, row: number): void {
  outcome.nulls ??= new Uint8Array(outcome.values.length)
  outcome.nulls[row] = 1
}

/** Compares with one element after the other; rows leave once they are decided. */
function compareInTurn(
  decisive: 0 | 1,
  left: Vector,
  elements: readonly Vector[],
  compare: BoundFunction,
): Outcome {
  const { length } = left
  const outcome: Outcome = { values: new Uint8Array(length).fill(1 - decisive), nulls: undefined }
  let open = allRows(length)
  for (const element of elements) {
    if (open.length === 0) break
    const whole = open.length === length
    const result = compare(
      whole ? [left, element] : [gather(left, open), gather(element, open)],
      open.length,
    ) as BoolVector
    const remaining = new Int32Array(open.length)
    let count = 0
    for (let k = 0; k < open.length; k++) {
      const row = open[k] as number
      if (result.nulls !== undefined && result.nulls[k] === 1) {
        markNull(outcome, row)
        remaining[count++] = row
      } else if (result.values[k] === decisive) {
        outcome.values[row] = decisive
        if (outcome.nulls !== undefined) outcome.nulls[row] = 0
      } else {
        remaining[count++] = row
      }
    }
    open = remaining.subarray(0, count)
  }
  return outcome
}

function compareWithElements(
  expression: ArrayComparisonExpression,
  compiler: ExpressionCompiler,
  left: CompiledExpression,
  elements: readonly CompiledExpression[],
): CompiledExpression {
  const decisive = decisiveValue(expression)
  const compare = compileFunction(expression.function, compiler.context, [
    left,
    { isConstant: false },
  ])
  return {
    type: expression.type,
    isConstant: false,
    evaluate: (batch) => {
      const values = left.evaluate(batch)
      // The array is built before it is compared: every element is computed for every row.
      const vectors = elements.map((element) => element.evaluate(batch))
      const outcome = compareInTurn(decisive, values, vectors, compare)
      return boolVector(expression.type, outcome.values, outcome.nulls)
    },
  }
}

function compareWithConstant(
  expression: ArrayComparisonExpression,
  compiler: ExpressionCompiler,
  left: CompiledExpression,
  array: CompiledExpression,
): CompiledExpression {
  const decisive = decisiveValue(expression)
  const { type } = expression
  const compare = compileFunction(expression.function, compiler.context, [left, array])
  let elements: readonly Datum[] | null | undefined
  let membership: Membership | undefined
  const elementOid = typeInfo(array.type.oid).elementOid
  const prepare = (): void => {
    const text = datumAt(array.evaluate({ length: 1, columns: [] }), 0)
    elements =
      text === null || elementOid === undefined
        ? null
        : parseArray(text, arrayDelimiter(elementOid)).elements
    const isLookup =
      expression.quantifier === 'any' ? expression.operator === '=' : expression.operator === '<>'
    if (elements === null || !isLookup || elements.length < SET_THRESHOLD) return
    membership = createMembership(
      left.type,
      vectorFromDatums(sqlType(elementOid as number), elements),
    )
  }
  const evaluate = (batch: Batch): Vector => {
    const values = left.evaluate(batch)
    const { length } = batch
    if (length === 0) return boolVector(type, new Uint8Array(0), undefined)
    if (elements === undefined) prepare()
    if (elements === null || elements === undefined) {
      return boolVector(type, new Uint8Array(length), new Uint8Array(length).fill(1))
    }
    if (membership !== undefined) {
      return lookUp(expression, values, membership)
    }
    if (elements.length === 0) {
      return boolVector(type, new Uint8Array(length).fill(1 - decisive), undefined)
    }
    const elementType = sqlType(elementOid as number)
    const all = new Int32Array(length)
    const vectors = elements.map((element) => gather(vectorFromDatums(elementType, [element]), all))
    const outcome = compareInTurn(decisive, values, vectors, compare)
    return boolVector(type, outcome.values, outcome.nulls)
  }
  return { type, isConstant: left.isConstant, evaluate }
}

/** = ANY (or <> ALL, its negation) by looking each row up. */
function lookUp(
  expression: ArrayComparisonExpression,
  left: Vector,
  membership: Membership,
): Vector {
  const result = new Uint8Array(left.length)
  membership.find(left, result)
  let { nulls } = left
  if (membership.hasNull) {
    const marked = nulls?.slice() ?? new Uint8Array(left.length)
    for (let i = 0; i < result.length; i++) if (result[i] === 0) marked[i] = 1
    nulls = marked
  }
  if (expression.quantifier === 'all') {
    for (let i = 0; i < result.length; i++) result[i] = (result[i] as number) ^ 1
  }
  return boolVector(expression.type, result, nulls)
}

function compareWithColumn(
  expression: ArrayComparisonExpression,
  compiler: ExpressionCompiler,
  left: CompiledExpression,
  array: CompiledExpression,
): CompiledExpression {
  const decisive = decisiveValue(expression)
  const { type } = expression
  const elementOid = typeInfo(array.type.oid).elementOid as number
  const elementType = sqlType(elementOid)
  const compare = compileFunction(expression.function, compiler.context, [
    { isConstant: false },
    { isConstant: false },
  ])
  return {
    type,
    isConstant: false,
    evaluate: (batch) => {
      const values = left.evaluate(batch)
      const arrays = array.evaluate(batch)
      const read = cellReader('text', arrays)
      const owners: number[] = []
      const unfolded: Datum[] = []
      const outcome: Outcome = {
        values: new Uint8Array(batch.length).fill(1 - decisive),
        nulls: undefined,
      }
      for (let row = 0; row < batch.length; row++) {
        if (arrays.nulls !== undefined && arrays.nulls[row] === 1) {
          markNull(outcome, row)
          continue
        }
        for (const element of parseArray(read(row), arrayDelimiter(elementOid)).elements) {
          owners.push(row)
          unfolded.push(element)
        }
      }
      const result = compare(
        [gather(values, Int32Array.from(owners)), vectorFromDatums(elementType, unfolded)],
        owners.length,
      ) as BoolVector
      for (let k = 0; k < owners.length; k++) {
        const row = owners[k] as number
        if (outcome.values[row] === decisive) continue
        if (result.nulls !== undefined && result.nulls[k] === 1) {
          markNull(outcome, row)
        } else if (result.values[k] === decisive) {
          outcome.values[row] = decisive
          if (outcome.nulls !== undefined) outcome.nulls[row] = 0
        }
      }
      return boolVector(type, outcome.values, outcome.nulls)
    },
  }
}
