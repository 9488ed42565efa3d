/** ARRAY[...], subscripts and casts of arrays, over PostgreSQL's text form of array values. */
import type { Batch } from '../executor/batch.js'
import { EngineError } from '../errors.js'
import { sqlType, type Datum } from '../types/sql-type.js'
import { datumAt, vectorFromDatums } from '../types/vectors/vector-ops.js'
import {
  arrayDelimiter,
  type ArrayValue,
  formatArray,
  listArray,
  parseArray,
} from '../types/array-text.js'
import { typeInfo } from '../types/type-registry.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import type { ArrayCastExpression, ArrayExpression, SubscriptExpression } from './expression.js'

/** Compiles ARRAY[...]. Array text is canonical, so elements are printed canonically. */
export function compileArray(
  expression: ArrayExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const elements = expression.elements.map((element) => compiler.compile(element))
  const { type } = expression
  const delimiter = arrayDelimiter(expression.elementType.oid)
  return {
    type,
    isConstant: elements.every((element) => element.isConstant),
    evaluate: (batch) => {
      const vectors = elements.map((element) => element.evaluate(batch))
      const rows: Datum[] = []
      for (let i = 0; i < batch.length; i++) {
        const values = vectors.map((vector) => datumAt(vector, i))
        const array = expression.multidimensional
          ? stackArrays(values, delimiter)
          : listArray(values)
        rows.push(formatArray(array, delimiter))
      }
      return vectorFromDatums(type, rows)
    },
  }
}

/** Makes arrays of one shape the items of a new first dimension. */
function stackArrays(values: readonly Datum[], delimiter: string): ArrayValue {
  const parts = values
    .filter((value) => value !== null)
    .map((value) => parseArray(value, delimiter))
  const filled = parts.filter((part) => part.elements.length > 0)
  const [first] = filled
  if (first === undefined) return listArray([])
  const sameShape = filled.every(
    (part) =>
      part.dimensions.join() === first.dimensions.join() &&
      part.lowerBounds.join() === first.lowerBounds.join(),
  )
  if (!sameShape || filled.length !== values.length) {
    throw new EngineError(
      '2202E',
      'multidimensional arrays must have array expressions with matching dimensions',
    )
  }
  return {
    dimensions: [filled.length, ...first.dimensions],
    lowerBounds: [1, ...first.lowerBounds],
    elements: filled.flatMap((part) => part.elements),
  }
}

/** Compiles array[i] (and array[i][j]); slices are not native. */
export function compileSubscript(
  expression: SubscriptExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const array = compiler.compile(expression.argument)
  const subscripts = expression.upper.map((upper) => compiler.compile(upper as never))
  const { type } = expression
  const delimiter = arrayDelimiter(typeInfo(array.type.oid).elementOid ?? 0)
  return {
    type,
    isConstant: array.isConstant && subscripts.every((subscript) => subscript.isConstant),
    evaluate: (batch) => {
      const arrays = array.evaluate(batch)
      const indices = subscripts.map((subscript) => subscript.evaluate(batch))
      const rows: Datum[] = []
      for (let i = 0; i < batch.length; i++) {
        const text = datumAt(arrays, i)
        const position = indices.map((index) => datumAt(index, i))
        rows.push(
          text === null || position.includes(null)
            ? null
            : elementAt(parseArray(text, delimiter), position.map(Number)),
        )
      }
      return vectorFromDatums(type, rows)
    },
  }
}

function elementAt(array: ArrayValue, position: readonly number[]): Datum {
  const { dimensions, lowerBounds, elements } = array
  if (position.length !== dimensions.length) return null
  let offset = 0
  for (const [k, index] of position.entries()) {
    const relative = index - (lowerBounds[k] as number)
    if (relative < 0 || relative >= (dimensions[k] as number)) return null
    offset = offset * (dimensions[k] as number) + relative
  }
  return elements[offset] ?? null
}

/** Compiles a cast of an array's elements: all elements of a batch are cast as one column. */
export function compileArrayCast(
  expression: ArrayCastExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const array = compiler.compile(expression.argument)
  const { type } = expression
  const fromElement = typeInfo(array.type.oid).elementOid ?? 0
  const toElement = typeInfo(type.oid).elementOid ?? 0
  const column = { id: expression.placeholder, name: 'element', type: sqlType(fromElement) }
  const cast = compiler.compileOver(expression.element, [column])
  const evaluate = (batch: Batch): ReturnType<CompiledExpression['evaluate']> => {
    const arrays = array.evaluate(batch)
    const parsed: (ArrayValue | null)[] = []
    const elements: Datum[] = []
    for (let i = 0; i < batch.length; i++) {
      const text = datumAt(arrays, i)
      const value = text === null ? null : parseArray(text, arrayDelimiter(fromElement))
      parsed.push(value)
      if (value !== null) elements.push(...value.elements)
    }
    const input = vectorFromDatums(column.type, elements)
    const output = cast.evaluate({ length: elements.length, columns: [input] })
    let at = 0
    const rows = parsed.map((value) => {
      if (value === null) return null
      const converted = value.elements.map(() => datumAt(output, at++))
      return formatArray({ ...value, elements: converted }, arrayDelimiter(toElement))
    })
    return vectorFromDatums(type, rows)
  }
  return { type, isConstant: array.isConstant, evaluate }
}
