/** Arithmetic of numeric: in doubles while every value is an exact whole number there, else in exact decimals. */
import {
  absDecimal,
  addDecimal,
  ceilDecimal,
  decimal,
  divDecimal,
  divideDecimal,
  floorDecimal,
  moduloDecimal,
  multiplyDecimal,
  negateDecimal,
  roundDecimal,
  signOf,
  subtractDecimal,
  truncateDecimal,
  DECIMAL_NAN,
  type Decimal,
} from '../../types/numbers/decimal.js'
import type { NumericVector } from '../../types/vectors/vector.js'
import { rescale } from './comparisons.js'
import { greatestCommonDivisor } from './integer-arithmetic.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

type Operation = 'add' | 'sub' | 'mul'

function fastArithmetic(operation: Operation, exact: Kernel): Kernel {
  return (inputs, call) => {
    const [a, b] = inputs as [NumericVector, NumericVector]
    if (a.exact !== undefined || b.exact !== undefined) return exact(inputs, call)
    const limit = Number.MAX_SAFE_INTEGER
    const unscaled = new Float64Array(call.length)
    if (operation === 'mul') {
      const x = a.unscaled
      const y = b.unscaled
      for (let i = 0; i < unscaled.length; i++) {
        const value = (x[i] as number) * (y[i] as number)
        if (value > limit || value < -limit) return exact(inputs, call)
        unscaled[i] = value + 0
      }
      const scale = a.scale + b.scale
      return {
        lane: 'numeric',
        type: call.type,
        length: call.length,
        unscaled,
        scale,
        nulls: call.nulls,
      }
    }
    const scale = Math.max(a.scale, b.scale)
    const x = rescale(a.unscaled, scale - a.scale)
    const y = rescale(b.unscaled, scale - b.scale)
    if (x === undefined || y === undefined) return exact(inputs, call)
    const sign = operation === 'add' ? 1 : -1
    for (let i = 0; i < unscaled.length; i++) {
      const value = (x[i] as number) + sign * (y[i] as number)
      if (value > limit || value < -limit) return exact(inputs, call)
      unscaled[i] = value + 0
    }
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

const remainder = rowWise(['numeric', 'numeric'], 'numeric', moduloDecimal)
const absolute = rowWise(['numeric'], 'numeric', absDecimal)
const ceiling = rowWise(['numeric'], 'numeric', ceilDecimal)

/** Keeps a requested number of decimals within what numeric stores. */
function clampScale(scale: number): number {
  return Math.max(-131072, Math.min(scale, 16383))
}

function displayScaleOf(a: Decimal, b: Decimal): number {
  return Math.max(a.scale, b.scale)
}

function unscaledPair(a: Decimal, b: Decimal): [bigint, bigint, number] {
  const scale = displayScaleOf(a, b)
  return [
    a.coefficient * 10n ** BigInt(scale - a.scale),
    b.coefficient * 10n ** BigInt(scale - b.scale),
    scale,
  ]
}

const notFinite = (a: Decimal, b: Decimal): boolean => a.kind !== 'finite' || b.kind !== 'finite'

/** Numeric arithmetic by signature. */
export const NUMERIC_ARITHMETIC: KernelTable = {
  'numeric_add(numeric,numeric)': fastArithmetic(
    'add',
    rowWise(['numeric', 'numeric'], 'numeric', addDecimal),
  ),
  'numeric_sub(numeric,numeric)': fastArithmetic(
    'sub',
    rowWise(['numeric', 'numeric'], 'numeric', subtractDecimal),
  ),
  'numeric_mul(numeric,numeric)': fastArithmetic(
    'mul',
    rowWise(['numeric', 'numeric'], 'numeric', multiplyDecimal),
  ),
  'numeric_div(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', divideDecimal),
  'numeric_mod(numeric,numeric)': remainder,
  'mod(numeric,numeric)': remainder,
  'div(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', divDecimal),
  'numeric_uminus(numeric)': rowWise(['numeric'], 'numeric', negateDecimal),
  'numeric_uplus(numeric)': rowWise(['numeric'], 'numeric', (a) => a),
  'numeric_abs(numeric)': absolute,
  'abs(numeric)': absolute,
  'sign(numeric)': rowWise(['numeric'], 'numeric', (a) =>
    a.kind === 'nan' ? DECIMAL_NAN : decimal(BigInt(signOf(a)), 0),
  ),
  'ceil(numeric)': ceiling,
  'ceiling(numeric)': ceiling,
  'floor(numeric)': rowWise(['numeric'], 'numeric', floorDecimal),
  'round(numeric,int4)': rowWise(['numeric', 'int32'], 'numeric', (a, scale) =>
    roundDecimal(a, clampScale(scale)),
  ),
  'round(numeric)': rowWise(['numeric'], 'numeric', (a) => roundDecimal(a, 0)),
  'trunc(numeric,int4)': rowWise(['numeric', 'int32'], 'numeric', (a, scale) =>
    truncateDecimal(a, clampScale(scale)),
  ),
  'trunc(numeric)': rowWise(['numeric'], 'numeric', (a) => truncateDecimal(a, 0)),
  'scale(numeric)': rowWise(['numeric'], 'int32', (a) => (a.kind === 'finite' ? a.scale : null)),
  'min_scale(numeric)': rowWise(['numeric'], 'int32', (a) =>
    a.kind === 'finite' ? trimmed(a).scale : null,
  ),
  'trim_scale(numeric)': rowWise(['numeric'], 'numeric', (a) =>
    a.kind === 'finite' ? trimmed(a) : a,
  ),
  'gcd(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', (a, b) => {
    if (notFinite(a, b)) return DECIMAL_NAN
    const [x, y, scale] = unscaledPair(a, b)
    return decimal(greatestCommonDivisor(x, y), scale)
  }),
  'lcm(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', (a, b) => {
    if (notFinite(a, b)) return DECIMAL_NAN
    const [x, y, scale] = unscaledPair(a, b)
    if (x === 0n || y === 0n) return decimal(0n, scale)
    const multiple = (x / greatestCommonDivisor(x, y)) * y
    return decimal(multiple < 0n ? -multiple : multiple, scale)
  }),
}

/** Drops zeros at the end of the fraction. */
function trimmed(value: Decimal): Decimal {
  let { coefficient, scale } = value
  while (scale > 0 && coefficient % 10n === 0n) {
    coefficient /= 10n
    scale--
  }
  return decimal(coefficient, scale)
}
