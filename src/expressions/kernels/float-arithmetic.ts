/** Arithmetic of float4, float8 and their mixtures; overflow and underflow are errors as in PostgreSQL. */
import { EngineError } from '../../errors.js'
import { divisionByZero, floatOverflow, floatUnderflow } from './arithmetic-errors.js'
import { float64Vector } from './build-vector.js'
import type { Float64Vector } from '../../types/vectors/vector.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

type Operation = 'pl' | 'mi' | 'mul' | 'div'

const COMPUTE: Readonly<Record<Operation, (a: number, b: number, single: boolean) => number>> = {
  pl: (a, b, single) => additive(a, b, fit(a + b, single)),
  mi: (a, b, single) => additive(a, b, fit(a - b, single)),
  mul: (a, b, single) => {
    const value = fit(a * b, single)
    if (Math.abs(value) === Infinity && Number.isFinite(a) && Number.isFinite(b)) {
      throw floatOverflow()
    }
    if (value === 0 && a !== 0 && b !== 0) throw floatUnderflow()
    return value
  },
  div: (a, b, single) => {
    if (b === 0 && !Number.isNaN(a)) throw divisionByZero()
    const value = fit(a / b, single)
    if (Math.abs(value) === Infinity && Number.isFinite(a)) throw floatOverflow()
    if (value === 0 && a !== 0 && Math.abs(b) !== Infinity) throw floatUnderflow()
    return value
  },
}

// Rounding a double result of two singles once more gives the same as computing in single precision.
function fit(value: number, single: boolean): number {
  return single ? Math.fround(value) : value
}

function additive(a: number, b: number, value: number): number {
  if (Math.abs(value) === Infinity && Number.isFinite(a) && Number.isFinite(b)) {
    throw floatOverflow()
  }
  return value
}

function arithmetic(operation: Operation, single: boolean): Kernel {
  const compute = COMPUTE[operation]
  return (inputs, call) => {
    const a = (inputs[0] as Float64Vector).values
    const b = (inputs[1] as Float64Vector).values
    const { length, nulls } = call
    const result = new Float64Array(length)
    let suspect = single
    if (!single) {
      // Finite, non-zero results cannot be errors: only a batch that has others is looked at again.
      switch (operation) {
        case 'pl':
          for (let i = 0; i < length; i++) result[i] = (a[i] as number) + (b[i] as number)
          break
        case 'mi':
          for (let i = 0; i < length; i++) result[i] = (a[i] as number) - (b[i] as number)
          break
        case 'mul':
          for (let i = 0; i < length; i++) result[i] = (a[i] as number) * (b[i] as number)
          break
        case 'div':
          for (let i = 0; i < length; i++) result[i] = (a[i] as number) / (b[i] as number)
          break
      }
      for (let i = 0; i < length; i++) {
        const value = result[i] as number
        if (value === 0 || value - value !== 0) suspect = true
      }
    }
    if (suspect) {
      for (let i = 0; i < length; i++) {
        if (nulls !== undefined && nulls[i] === 1) continue
        result[i] = compute(a[i] as number, b[i] as number, single)
      }
    }
    return float64Vector(call.type, result, nulls)
  }
}

/** Rounds to the nearest whole number, halves to the even one, keeping the sign of zero. */
export function roundHalfEven(value: number): number {
  if (Math.abs(value) >= 4503599627370496 || value !== value) return value
  const magnitude = Math.abs(value)
  const floor = Math.floor(magnitude)
  const rest = magnitude - floor
  const rounded = rest < 0.5 || (rest === 0.5 && floor % 2 === 0) ? floor : floor + 1
  return value < 0 || Object.is(value, -0) ? -rounded : rounded
}

const squareRoot = rowWise(['float64'], 'float64', (a) => {
  if (a < 0) throw new EngineError('2201F', 'cannot take square root of a negative number')
  return Math.sqrt(a)
})

const table: Record<string, Kernel> = {
  'ceil(float8)': rowWise(['float64'], 'float64', Math.ceil),
  'ceiling(float8)': rowWise(['float64'], 'float64', Math.ceil),
  'floor(float8)': rowWise(['float64'], 'float64', Math.floor),
  'trunc(float8)': rowWise(['float64'], 'float64', Math.trunc),
  'round(float8)': rowWise(['float64'], 'float64', roundHalfEven),
  'dtrunc(float8)': rowWise(['float64'], 'float64', Math.trunc),
  'dround(float8)': rowWise(['float64'], 'float64', roundHalfEven),
  'sign(float8)': rowWise(['float64'], 'float64', (a) => (a > 0 ? 1 : a < 0 ? -1 : 0)),
  'sqrt(float8)': squareRoot,
  'dsqrt(float8)': squareRoot,
  'pi()': rowWise([], 'float64', () => Math.PI),
}

for (const operation of ['pl', 'mi', 'mul', 'div'] as const) {
  for (const left of [4, 8] as const) {
    for (const right of [4, 8] as const) {
      const name = left === right ? `float${left}` : `float${left}${right}`
      const single = left === 4 && right === 4
      table[`${name}${operation}(float${left},float${right})`] = arithmetic(operation, single)
    }
  }
}
for (const type of ['float4', 'float8']) {
  table[`${type}um(${type})`] = rowWise(['float64'], 'float64', (a) => -a)
  table[`${type}up(${type})`] = rowWise(['float64'], 'float64', (a) => a)
  table[`${type}abs(${type})`] = rowWise(['float64'], 'float64', Math.abs)
  table[`abs(${type})`] = rowWise(['float64'], 'float64', Math.abs)
}

/** Float arithmetic by signature. Functions whose last digit depends on the C library are left out. */
export const FLOAT_ARITHMETIC: KernelTable = table
