/** A set of values to look rows up in: the heart of IN (...) with many constants. */
import { formatDecimal } from '../types/numbers/decimal.js'
import { OID, type SqlType } from '../types/sql-type.js'
import { decimalAt } from '../types/vectors/vector-ops.js'
import type {
  BytesVector,
  Float64Vector,
  Int64Vector,
  NumericVector,
  Vector,
} from '../types/vectors/vector.js'
import { endWithoutBlanks } from './compare.js'
import { asBuffer } from './kernels/row-wise.js'

export interface Membership {
  /** An element is NULL: what is not found is unknown. */
  readonly hasNull: boolean
  /** Sets `result[i]` to 1 for each row found; NULL rows are left at 0. */
  find(vector: Vector, result: Uint8Array): void
}

type Key = number | bigint | string

/** Builds the set of `elements` for lookups by vectors of `type`; undefined when the type has no such keys. */
export function createMembership(type: SqlType, elements: Vector): Membership | undefined {
  const keyOfElement = keyReader(elements, elements.type)
  if (keyOfElement === undefined) return undefined
  const keys = new Set<Key>()
  let hasNull = false
  for (let i = 0; i < elements.length; i++) {
    if (elements.nulls !== undefined && elements.nulls[i] === 1) hasNull = true
    else keys.add(keyOfElement(i))
  }
  if (elements.lane === 'bool' || elements.lane === 'interval') return undefined
  return {
    hasNull,
    find: (vector, result) => {
      const key = keyReader(vector, type)
      if (key === undefined) return
      const { nulls } = vector
      for (let i = 0; i < result.length; i++) {
        if (nulls !== undefined && nulls[i] === 1) continue
        if (keys.has(key(i))) result[i] = 1
      }
    },
  }
}

/** Reads keys that are equal exactly when the values are. */
function keyReader(vector: Vector, type: SqlType): ((i: number) => Key) | undefined {
  switch (vector.lane) {
    case 'int32': {
      const { values } = vector
      return (i) => values[i] as number
    }
    case 'int64': {
      const { values, exact } = vector as Int64Vector
      if (exact === undefined) return (i) => values[i] as number
      return (i) => {
        const wide = exact[i] as bigint
        const narrow = Number(wide)
        return Number.isSafeInteger(narrow) ? narrow : wide
      }
    }
    case 'float64': {
      // A Set finds NaN by NaN and 0 by -0, as PostgreSQL's equality does.
      const { values } = vector as Float64Vector
      return (i) => values[i] as number
    }
    case 'numeric': {
      const numeric = vector as NumericVector
      return (i) => {
        const text = formatDecimal(decimalAt(numeric, i))
        return text.includes('.') ? text.replace(/\.?0+$/, '').replace(/^-0$/, '0') : text
      }
    }
    case 'bytes': {
      if (
        ![OID.text, OID.varchar, OID.name, OID.bytea, OID.uuid, OID.bpchar].includes(type.oid as 25)
      ) {
        return undefined
      }
      const { offsets, data } = vector as BytesVector
      const buffer = asBuffer(data)
      const isPadded = type.oid === OID.bpchar
      return (i) => {
        const start = offsets[i] as number
        const end = offsets[i + 1] as number
        return buffer.toString('latin1', start, isPadded ? endWithoutBlanks(data, start, end) : end)
      }
    }
    case 'bool':
    case 'interval':
      return undefined
  }
}
