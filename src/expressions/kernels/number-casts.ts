/** Casts among bool, integers, floats and numeric. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  applyNumericTypmod,
  decimal,
  decimalFromFloat4,
  decimalFromFloat8,
  decimalToNumber,
  formatDecimal,
  roundDecimal,
  type Decimal,
} from '../../types/numbers/decimal.js'
import { numericTypmod } from '../../types/type-registry.js'
import type { Int32Vector, Int64Vector, NumericVector } from '../../types/vectors/vector.js'
import { floatOverflow, floatUnderflow, outOfRange } from './arithmetic-errors.js'
import { float64Vector, int64Vector } from './build-vector.js'
import { rescale } from './comparisons.js'
import { roundHalfEven } from './float-arithmetic.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise, rowWiseWith, type WideInteger } from './row-wise.js'

const NAMES = { 2: 'smallint', 4: 'integer', 8: 'bigint' } as const
const KINDS = { 2: 'int32', 4: 'int32', 8: 'int64' } as const

/** Brings a whole number into an integer type; 22003 when it does not fit. */
function fitInteger(value: WideInteger, width: 2 | 4 | 8): number {
  const limit = 2 ** (width * 8 - 1)
  if (width === 8) {
    const wide = BigInt(value)
    if (wide !== BigInt.asIntN(64, wide)) throw outOfRange('bigint')
    // The int64 writer takes bigints too.
    return value as number
  }
  if (value >= limit || value < -limit) throw outOfRange(NAMES[width])
  return Number(value)
}

function fromFloat(width: 2 | 4 | 8): Kernel {
  const limit = 2 ** (width * 8 - 1)
  return rowWise(['float64'], KINDS[width], (a) => {
    const rounded = roundHalfEven(a) + 0
    if (!(rounded >= -limit && rounded < limit)) throw outOfRange(NAMES[width])
    return (Number.isSafeInteger(rounded) ? rounded : BigInt(rounded)) as number
  })
}

function fromNumeric(width: 2 | 4 | 8): Kernel {
  return rowWise(['numeric'], KINDS[width], (a) => {
    if (a.kind !== 'finite') {
      const what = a.kind === 'nan' ? 'NaN' : 'infinity'
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `cannot convert ${what} to ${NAMES[width]}`,
      )
    }
    return fitInteger(roundDecimal(a, 0).coefficient, width)
  })
}

const widen: Kernel = ([input], call) => {
  const { values } = input as Int32Vector
  return int64Vector(call.type, Float64Array.from(values), call.nulls)
}

const integerToFloat8: Kernel = ([input], call) => {
  const { values, exact } = input as Int64Vector
  const result =
    exact === undefined ? Float64Array.from(values) : Float64Array.from(exact, (v) => Number(v))
  return float64Vector(call.type, result, call.nulls)
}

const integerToNumeric: Kernel = ([input], call) => {
  const vector = input as Int64Vector
  if (vector.exact === undefined) {
    const unscaled = Float64Array.from(vector.values)
    return {
      lane: 'numeric',
      type: call.type,
      length: call.length,
      unscaled,
      scale: 0,
      nulls: call.nulls,
    }
  }
  return rowWise(['int64'], 'numeric', (a) => decimal(BigInt(a), 0))([input as Int64Vector], call)
}

/**
 * Rounds an exact value, given as a double and its exact sign of difference from it, to single precision. Going
 * through the double alone would round twice; that differs only where the double lies midway between two singles.
 */
function singleOf(double: number, compareExactToDouble: () => number): number {
  const single = Math.fround(double)
  if (single === double || !Number.isFinite(single)) return single
  const other = neighbour(single, double > single)
  if ((single + other) / 2 !== double) return single
  const side = compareExactToDouble()
  if (side === 0) return single
  return side > 0 ? Math.max(single, other) : Math.min(single, other)
}

function neighbour(single: number, up: boolean): number {
  const view = new DataView(new ArrayBuffer(4))
  view.setFloat32(0, single)
  const bits = view.getUint32(0)
  const awayFromZero = up === single > 0
  view.setUint32(0, single === 0 ? 1 : awayFromZero ? bits + 1 : bits - 1)
  return single === 0 && !up ? -view.getFloat32(0) : view.getFloat32(0)
}

const int8ToFloat4 = rowWise(['int64'], 'float64', (a) => {
  if (typeof a === 'number') return Math.fround(a)
  const double = Number(a)
  return singleOf(double, () => {
    const difference = a - BigInt(double)
    return difference > 0n ? 1 : difference < 0n ? -1 : 0
  })
})

const numericToFloat4 = rowWise(['numeric'], 'float64', (a) => {
  if (a.kind !== 'finite') return decimalToNumber(a)
  const text = formatDecimal(a)
  const double = Number(text)
  const single = Number.isFinite(double)
    ? singleOf(double, () => compareToDouble(a, double))
    : double
  if (!Number.isFinite(single) || (single === 0 && a.coefficient !== 0n)) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `"${text}" is out of range for type real`,
    )
  }
  return single
})

/** Compares a decimal with the exact value of a double. */
function compareToDouble(a: Decimal, double: number): number {
  // double = mantissa * 2^exponent with a whole mantissa.
  let mantissa = double
  let exponent = 0
  while (!Number.isInteger(mantissa)) {
    mantissa *= 2
    exponent--
  }
  const left = a.coefficient * 2n ** BigInt(-exponent)
  const right = BigInt(mantissa) * 10n ** BigInt(a.scale)
  return left > right ? 1 : left < right ? -1 : 0
}

const float8ToFloat4 = rowWise(['float64'], 'float64', (a) => {
  const single = Math.fround(a)
  if (Math.abs(single) === Infinity && Number.isFinite(a)) throw floatOverflow()
  if (single === 0 && a !== 0) throw floatUnderflow()
  return single
})

const numericLengthExact = rowWiseWith(['numeric', 'int32'], 'numeric', () => applyNumericTypmod)

/** numeric(p,s): in doubles while only the scale grows and the precision is kept. */
const numericLength: Kernel = (inputs, call) => {
  const [input, modifier] = inputs as [NumericVector, Int32Vector]
  if (input.exact === undefined && call.constant[1] === true && call.length > 0) {
    const typmod = modifier.values[0] as number
    if (typmod >= 4) {
      const { precision, scale } = numericTypmod(typmod)
      const limit = 10 ** precision
      if (scale >= input.scale && precision <= 15) {
        const unscaled = rescale(input.unscaled, scale - input.scale)
        if (unscaled?.every((value) => value < limit && value > -limit) === true) {
          return {
            lane: 'numeric',
            type: call.type,
            length: call.length,
            unscaled,
            scale,
            nulls: call.nulls,
          }
        }
      }
    }
  }
  return numericLengthExact(inputs, call)
}

const table: Record<string, Kernel> = {
  'int8(int2)': widen,
  'int8(int4)': widen,
  'int4(int2)': rowWise(['int32'], 'int32', (a) => a),
  'int4(int8)': rowWise(['int64'], 'int32', (a) => fitInteger(a, 4)),
  'int2(int8)': rowWise(['int64'], 'int32', (a) => fitInteger(a, 2)),
  'int2(int4)': rowWise(['int32'], 'int32', (a) => fitInteger(a, 2)),
  'int4(bool)': rowWise(['bool'], 'int32', (a) => (a ? 1 : 0)),
  'bool(int4)': rowWise(['int32'], 'bool', (a) => a !== 0),
  'int8(oid)': rowWise(['int64'], 'int64', (a) => a),
  'oid(int8)': rowWise(['int64'], 'int64', (a) => {
    if (a < 0 || a > 4294967295)
      throw new EngineError(SQLSTATE.numericValueOutOfRange, 'OID out of range')
    return a
  }),
  'float4(int8)': int8ToFloat4,
  'float4(numeric)': numericToFloat4,
  'float8(numeric)': rowWise(['numeric'], 'float64', decimalToNumber),
  'float8(float4)': rowWise(['float64'], 'float64', (a) => a),
  'float4(float8)': float8ToFloat4,
  'numeric(float8)': rowWise(['float64'], 'numeric', decimalFromFloat8),
  'numeric(float4)': rowWise(['float64'], 'numeric', decimalFromFloat4),
  'numeric(numeric,int4)': numericLength,
}
for (const width of [2, 4, 8] as const) {
  table[`int${width}(float8)`] = fromFloat(width)
  table[`int${width}(float4)`] = fromFloat(width)
  table[`int${width}(numeric)`] = fromNumeric(width)
  table[`float8(int${width})`] = integerToFloat8
  table[`numeric(int${width})`] = integerToNumeric
}
for (const width of [2, 4]) {
  table[`float4(int${width})`] = rowWise(['int32'], 'float64', (a) => Math.fround(a))
}

/** Casts among numbers by signature. */
export const NUMBER_CASTS: KernelTable = table
