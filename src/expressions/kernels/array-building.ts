/** Functions that make arrays or search them: array_append, ||, array_remove, array_position and their like. */
import { EngineError } from '../../errors.js'
import type { Datum } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'
import type { CallExpression } from '../expression.js'
import {
  arrayDelimiter,
  type ArrayValue,
  formatArray,
  listArray,
  parseArray,
} from '../../types/array-text.js'
import { elementOrderOf, type ElementOrder } from '../array-order.js'
import { isPrintable } from '../printable-types.js'
import { datumWise } from './datum-wise.js'
import type { GuardedKernel, KernelTable } from './kernel.js'

const EMPTY: ArrayValue = { dimensions: [], lowerBounds: [], elements: [] }

interface Elements {
  read(text: Datum): ArrayValue
  print(array: ArrayValue): string
  equal(a: Datum, b: Datum): boolean
  readonly order: ElementOrder
}

/** A function of arrays whose elements have a known order. */
function ofElements(
  arrayAt: number,
  apply: (elements: Elements, cells: readonly Datum[]) => Datum,
): GuardedKernel {
  return {
    refuse: (call: CallExpression) => {
      const type = call.arguments[arrayAt]?.type.oid ?? 0
      const element = typeInfo(type).elementOid
      return element !== undefined && elementOrderOf(element) !== undefined && isPrintable(type)
        ? undefined
        : `${call.function.name} of ${typeInfo(type).sqlName} has no native kernel`
    },
    run: datumWise((_, inputs) => {
      const element = typeInfo(inputs[arrayAt]!.type.oid).elementOid!
      const delimiter = arrayDelimiter(element)
      const order = elementOrderOf(element)!
      const elements: Elements = {
        order,
        read: (text) => (text === null ? EMPTY : parseArray(text, delimiter)),
        print: (array) => formatArray(array, delimiter),
        equal: (a, b) => (a === null || b === null ? a === b : order(a, b) === 0),
      }
      return (...cells) => apply(elements, cells)
    }),
  }
}

function refuseDimensions(message: string, state = '0A000'): EngineError {
  return new EngineError(state, message)
}

function oneDimensional(array: ArrayValue, message: string, state?: string): void {
  if (array.dimensions.length > 1) throw refuseDimensions(message, state)
}

const NOT_ONE = 'argument must be empty or one-dimensional array'

function append({ read, print }: Elements, text: Datum, element: Datum): string {
  const array = read(text)
  oneDimensional(array, NOT_ONE, '22000')
  const elements = [...array.elements, element]
  const low = array.lowerBounds[0] ?? 1
  return print({ dimensions: [elements.length], lowerBounds: [low], elements })
}

function prepend({ read, print }: Elements, element: Datum, text: Datum): string {
  const array = read(text)
  oneDimensional(array, NOT_ONE, '22000')
  const elements = [element, ...array.elements]
  // The first element keeps its number: PostgreSQL shifts the bounds back to where they were.
  const low = array.lowerBounds[0] ?? 1
  return print({ dimensions: [elements.length], lowerBounds: [low], elements })
}

function concatenate({ read, print }: Elements, left: Datum, right: Datum): Datum {
  if (left === null || right === null) return left ?? right
  const [a, b] = [read(left), read(right)]
  if (a.elements.length === 0) return right
  if (b.elements.length === 0) return left
  const inner = (array: ArrayValue, from: number): string => array.dimensions.slice(from).join()
  const [outer, added] = [a.dimensions.length, b.dimensions.length]
  const isAppending = outer === added && inner(a, 1) === inner(b, 1)
  const isLonger = outer === added + 1 && inner(a, 1) === inner(b, 0)
  const isShorter = added === outer + 1 && inner(b, 1) === inner(a, 0)
  if (!isAppending && !isLonger && !isShorter) {
    throw new EngineError('2202E', 'cannot concatenate incompatible arrays')
  }
  const shape = isShorter ? b : a
  const other = isShorter ? a : b
  const first = shape.dimensions[0]! + (isAppending ? other.dimensions[0]! : 1)
  return print({
    dimensions: [first, ...shape.dimensions.slice(1)],
    lowerBounds: shape.lowerBounds,
    elements: [...a.elements, ...b.elements],
  })
}

function remove({ read, print, equal }: Elements, text: Datum, wanted: Datum): Datum {
  if (text === null) return null
  const array = read(text)
  oneDimensional(array, 'removing elements from multidimensional arrays is not supported')
  const elements = array.elements.filter((element) => !equal(element, wanted))
  if (elements.length === array.elements.length) return text
  if (elements.length === 0) return print(EMPTY)
  return print({ ...array, dimensions: [elements.length], elements })
}

function positions(
  { read, equal }: Elements,
  text: string,
  wanted: Datum,
  message: string,
): number[] {
  const array = read(text)
  oneDimensional(array, message)
  const low = array.lowerBounds[0] ?? 1
  return array.elements.flatMap((element, k) => (equal(element, wanted) ? [low + k] : []))
}

const SEARCH = 'searching for elements in multidimensional arrays is not supported'

/** Array functions by signature. */
export const ARRAY_BUILDING: KernelTable = {
  'array_append(anycompatiblearray,anycompatible)': ofElements(0, (of, [array, element]) =>
    append(of, array!, element!),
  ),
  'array_prepend(anycompatible,anycompatiblearray)': ofElements(1, (of, [element, array]) =>
    prepend(of, element!, array!),
  ),
  'array_cat(anycompatiblearray,anycompatiblearray)': ofElements(0, (of, [a, b]) =>
    concatenate(of, a!, b!),
  ),
  'array_remove(anycompatiblearray,anycompatible)': ofElements(0, (of, [array, element]) =>
    remove(of, array!, element!),
  ),
  'array_replace(anycompatiblearray,anycompatible,anycompatible)': ofElements(
    0,
    (of, [text, from, to]) => {
      if (text === null) return null
      const array = of.read(text!)
      const elements = array.elements.map((element) => (of.equal(element, from!) ? to! : element))
      return of.print({ ...array, elements })
    },
  ),
  'array_position(anycompatiblearray,anycompatible)': ofElements(0, (of, [array, wanted]) =>
    array === null ? null : (positions(of, array!, wanted!, SEARCH)[0]?.toString() ?? null),
  ),
  'array_positions(anycompatiblearray,anycompatible)': ofElements(0, (of, [array, wanted]) =>
    array === null ? null : of.print(listArray(positions(of, array!, wanted!, SEARCH).map(String))),
  ),
  'array_to_string(anyarray,text,text)': ofElements(0, (of, [array, separator, nullText]) => {
    if (array === null || separator === null) return null
    return of
      .read(array!)
      .elements.flatMap((element) => element ?? nullText ?? [])
      .join(separator)
  }),
}
