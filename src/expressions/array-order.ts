/** Order of arrays, as array_cmp has it: element by element, then by count, then by shape. */
import { enumOf } from '../types/enum-types.js'
import { compareDecimal, parseDecimal } from '../types/numbers/decimal.js'
import { OID } from '../types/sql-type.js'
import type { ArrayValue } from '../types/array-text.js'

/** Compares two elements by their canonical texts. */
export type ElementOrder = (a: string, b: string) => number

/** Finds the order of an element type; undefined where texts do not tell it. */
export function elementOrderOf(elementOid: number): ElementOrder | undefined {
  switch (elementOid) {
    case OID.int2:
    case OID.int4:
    case OID.oid:
      return (a, b) => Number(a) - Number(b)
    case OID.int8:
      return (a, b) => {
        const [x, y] = [BigInt(a), BigInt(b)]
        return x < y ? -1 : x > y ? 1 : 0
      }
    case OID.numeric:
      return (a, b) => compareDecimal(parseDecimal(a), parseDecimal(b))
    case OID.text:
    case OID.varchar:
      return (a, b) => Buffer.compare(Buffer.from(a), Buffer.from(b))
    case OID.uuid:
    case OID.bool:
      return (a, b) => (a < b ? -1 : a > b ? 1 : 0)
    default: {
      const positions = enumOf(elementOid)?.positions
      return positions && ((a, b) => positions.get(a)! - positions.get(b)!)
    }
  }
}

/** Compares arrays; NULL elements equal each other and come after all others. */
export function compareArrays(a: ArrayValue, b: ArrayValue, order: ElementOrder): number {
  const common = Math.min(a.elements.length, b.elements.length)
  for (let k = 0; k < common; k++) {
    const [x, y] = [a.elements[k]!, b.elements[k]!]
    if (x === y) continue
    if (x === null) return 1
    if (y === null) return -1
    const difference = order(x, y)
    if (difference !== 0) return difference
  }
  if (a.elements.length !== b.elements.length) return a.elements.length - b.elements.length
  if (a.dimensions.length !== b.dimensions.length) return a.dimensions.length - b.dimensions.length
  for (const [k, size] of a.dimensions.entries()) {
    if (size !== b.dimensions[k]) return size - b.dimensions[k]!
  }
  for (const [k, low] of a.lowerBounds.entries()) {
    if (low !== b.lowerBounds[k]) return low - b.lowerBounds[k]!
  }
  return 0
}
