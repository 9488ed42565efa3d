/**
 * Powers, logarithms and trigonometry. Of doubles their last digit is the mathematics library's; PostgreSQL's own
 * answers differ from platform to platform there.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  expDecimal,
  lnDecimal,
  log10Decimal,
  logDecimal,
  powerDecimal,
  sqrtDecimal,
} from '../../types/numbers/decimal-functions.js'
import { datumWise } from './datum-wise.js'
import type { Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

function outOfRange(message: string): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, message)
}

/** Checks what a function of finite doubles gave: neither infinite nor vanished, unless it may be. */
function checked(value: number, isExact: boolean, mayVanish: boolean): number {
  if (!isExact) return value
  if (value === Infinity || value === -Infinity) throw outOfRange('value out of range: overflow')
  if (value === 0 && !mayVanish) throw outOfRange('value out of range: underflow')
  return value
}

const of1 = (apply: (x: number) => number): Kernel => rowWise(['float64'], 'float64', apply)

const exp = of1((x) => checked(Math.exp(x), Number.isFinite(x), false))

function logarithm(apply: (x: number) => number): Kernel {
  return of1((x) => {
    if (x === 0) throw new EngineError('2201E', 'cannot take logarithm of zero')
    if (x < 0) throw new EngineError('2201E', 'cannot take logarithm of a negative number')
    return apply(x)
  })
}

const power = rowWise(['float64', 'float64'], 'float64', (x, y) => {
  if (Number.isNaN(x)) return y === 0 ? 1 : x
  if (Number.isNaN(y)) return x === 1 ? 1 : y
  if (x === 0 && y < 0) {
    throw new EngineError('2201F', 'zero raised to a negative power is undefined')
  }
  if (x < 0 && !Number.isInteger(y) && Number.isFinite(y)) {
    throw new EngineError(
      '2201F',
      'a negative number raised to a non-integer power yields a complex result',
    )
  }
  // JavaScript has no answer for 1 to an infinite power.
  if (!Number.isFinite(y) && Math.abs(x) === 1) return 1
  return checked(Math.pow(x, y), Number.isFinite(x) && Number.isFinite(y), x === 0)
})

function bounded(apply: (x: number) => number, low: number, high: number): Kernel {
  return of1((x) => {
    if (x < low || x > high) throw outOfRange('input is out of range')
    return apply(x)
  })
}

/** Functions of angles have no answer at infinity. */
const ofAngle = (apply: (x: number) => number): Kernel =>
  bounded(apply, -Number.MAX_VALUE, Number.MAX_VALUE)

const numPresent = (count: (isNull: boolean) => boolean): Kernel =>
  datumWise(
    () =>
      (...cells) =>
        String(cells.filter((cell) => count(cell === null)).length),
  )

/** Functions by signature. */
export const NUMBER_FUNCTIONS: KernelTable = {
  'exp(float8)': exp,
  'dexp(float8)': exp,
  'ln(float8)': logarithm(Math.log),
  'dlog1(float8)': logarithm(Math.log),
  'log(float8)': logarithm(Math.log10),
  'log10(float8)': logarithm(Math.log10),
  'dlog10(float8)': logarithm(Math.log10),
  'power(float8,float8)': power,
  'pow(float8,float8)': power,
  'dpow(float8,float8)': power,
  'cbrt(float8)': of1(Math.cbrt),
  'dcbrt(float8)': of1(Math.cbrt),
  'sin(float8)': ofAngle(Math.sin),
  'cos(float8)': ofAngle(Math.cos),
  'tan(float8)': ofAngle(Math.tan),
  'cot(float8)': ofAngle((x) => 1 / Math.tan(x)),
  'asin(float8)': bounded(Math.asin, -1, 1),
  'acos(float8)': bounded(Math.acos, -1, 1),
  'atan(float8)': of1(Math.atan),
  'atan2(float8,float8)': rowWise(['float64', 'float64'], 'float64', Math.atan2),
  'degrees(float8)': of1((x) => checked(x / (Math.PI / 180), Number.isFinite(x), x === 0)),
  'radians(float8)': of1((x) => checked(x * (Math.PI / 180), Number.isFinite(x), x === 0)),
  'sqrt(numeric)': rowWise(['numeric'], 'numeric', sqrtDecimal),
  'numeric_sqrt(numeric)': rowWise(['numeric'], 'numeric', sqrtDecimal),
  'exp(numeric)': rowWise(['numeric'], 'numeric', expDecimal),
  'numeric_exp(numeric)': rowWise(['numeric'], 'numeric', expDecimal),
  'ln(numeric)': rowWise(['numeric'], 'numeric', lnDecimal),
  'numeric_ln(numeric)': rowWise(['numeric'], 'numeric', lnDecimal),
  'log(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', logDecimal),
  'numeric_log(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', logDecimal),
  'log(numeric)': rowWise(['numeric'], 'numeric', log10Decimal),
  'log10(numeric)': rowWise(['numeric'], 'numeric', log10Decimal),
  'power(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', powerDecimal),
  'pow(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', powerDecimal),
  'numeric_power(numeric,numeric)': rowWise(['numeric', 'numeric'], 'numeric', powerDecimal),
  'num_nulls(any)': numPresent((isNull) => isNull),
  'num_nonnulls(any)': numPresent((isNull) => !isNull),
}
