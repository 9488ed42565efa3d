/** Reads numbers and booleans as PostgreSQL's input functions do. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  absDecimal,
  applyNumericTypmod,
  compareDecimal,
  DECIMAL_INFINITY,
  DECIMAL_MINUS_INFINITY,
  DECIMAL_NAN,
  DECIMAL_ZERO,
  digitCount,
  formatDecimal,
  MAXIMUM_SCALE,
  parseDecimal,
  powerOfTen,
  shiftDecimal,
  type Decimal,
} from './decimal.js'
import { float4Text, float8Text } from './float-output.js'

/** Makes PostgreSQL's error for text that is no value of a type. */
export function syntaxError(type: string, text: string): EngineError {
  return new EngineError(
    SQLSTATE.invalidTextRepresentation,
    `invalid input syntax for type ${type}: "${text}"`,
  )
}

function outOfRange(type: string, text: string): EngineError {
  return new EngineError(
    SQLSTATE.numericValueOutOfRange,
    `value "${text}" is out of range for type ${type}`,
  )
}

const SPACE = '[ \\t\\n\\v\\f\\r]*'
const INTEGER = new RegExp(
  `^${SPACE}([+-]?)(?:(0[xX](?:_?[0-9a-fA-F])+)|(0[oO](?:_?[0-7])+)|(0[bB](?:_?[01])+)|([0-9](?:_?[0-9])*))${SPACE}$`,
)

/** Reads a whole number between two bounds; `type` is its SQL name. */
export function integerInput(text: string, type: string, low: bigint, high: bigint): string {
  const match = INTEGER.exec(text)
  if (match === null) throw syntaxError(type, text)
  const digits = (match[2] ?? match[3] ?? match[4] ?? match[5] ?? '').replaceAll('_', '')
  const size = BigInt(digits)
  const value = match[1] === '-' ? -size : size
  if (value < low || value > high) throw outOfRange(type, text)
  return value.toString()
}

/** Reads an oid: unsigned, though a negative number wraps around. */
export function oidInput(text: string): string {
  const match = new RegExp(`^${SPACE}([+-]?)(0[xX][0-9a-fA-F]+|[0-9]+)${SPACE}$`).exec(text)
  if (match === null) throw syntaxError('oid', text)
  // A leading zero means octal, as in C.
  const digits = match[2]!
  if (/^0[0-7]*[89]/.test(digits)) throw syntaxError('oid', text)
  const size = BigInt(/^0[0-7]+$/.test(digits) ? `0o${digits.slice(1)}` : digits)
  const value = match[1] === '-' ? -size : size
  if (value > 0xffffffffn || value < -0x80000000n) throw outOfRange('oid', text)
  return BigInt.asUintN(32, value).toString()
}

const FLOAT = new RegExp(
  `^${SPACE}([+-]?(?:[0-9]+\\.?[0-9]*|\\.[0-9]+)(?:[eE][+-]?[0-9]+)?)${SPACE}$`,
)
const HEX_FLOAT = new RegExp(
  `^${SPACE}([+-]?0[xX](?:[0-9a-fA-F]+\\.?[0-9a-fA-F]*|\\.[0-9a-fA-F]+)(?:[pP][+-]?[0-9]+)?)${SPACE}$`,
)
const SPECIAL = new RegExp(`^${SPACE}([+-]?)(nan|inf|infinity)${SPACE}$`, 'i')

/** Reads float8. */
export function float8Input(text: string): string {
  return float8Text(readFloat(text, 'double precision'))
}

/** Reads float4. */
export function float4Input(text: string): string {
  return float4Text(readFloat(text, 'real'))
}

function readFloat(text: string, type: 'double precision' | 'real'): number {
  const special = SPECIAL.exec(text)
  if (special !== null) {
    if (special[2]!.toLowerCase() === 'nan') return NaN
    return special[1] === '-' ? -Infinity : Infinity
  }
  const hex = HEX_FLOAT.exec(text)
  const digits = hex?.[1] ?? FLOAT.exec(text)?.[1]
  if (digits === undefined) throw syntaxError(type, text)
  const double = hex === null ? Number(digits) : hexFloat(digits)
  const value = type === 'real' ? singleOf(digits, double) : double
  const isZeroWritten = hex === null && !/[1-9]/.test(digits.replace(/e.*/i, ''))
  if (
    !Number.isFinite(value) ||
    (value === 0 && double !== 0) ||
    (value === 0 && !isZeroWritten && hex === null)
  ) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      `"${digits}" is out of range for type ${type}`,
    )
  }
  return value
}

function hexFloat(text: string): number {
  const match = /^([+-]?)0x([0-9a-f]*)\.?([0-9a-f]*)(?:p([+-]?[0-9]+))?$/i.exec(text)
  if (match === null) return NaN
  const [, sign, whole = '', fraction = '', exponent = '0'] = match
  const size = Number(BigInt(`0x${whole}${fraction}`))
  const value = size * 2 ** (Number(exponent) - fraction.length * 4)
  return sign === '-' ? -value : value
}

const singles = new Float32Array(1)
const singleBits = new Int32Array(singles.buffer)

/** Rounds the decimal text to single precision once; rounding its double again would err where that lies half way. */
function singleOf(digits: string, double: number): number {
  const single = Math.fround(double)
  if (single === double || single === 0) return single
  if (!Number.isFinite(single)) {
    // Half way between the largest single and the next power of two is already beyond, but not anything below.
    if (Math.abs(double) !== SINGLE_OVERFLOW) return single
    return isBeyond(digits, double) >= 0 ? single : Math.sign(double) * LARGEST_SINGLE
  }
  singles[0] = single
  singleBits[0] = singleBits[0]! + (Math.abs(double) > Math.abs(single) ? 1 : -1)
  const neighbour = singles[0]
  if (Math.abs(double - single) !== Math.abs(neighbour - double)) return single
  // Exactly half way as a double: see on which side the text really lies.
  const side = isBeyond(digits, double)
  if (side === 0) return single
  const isNeighbourLarger = Math.abs(neighbour) > Math.abs(single)
  return side > 0 === isNeighbourLarger ? neighbour : single
}

const LARGEST_SINGLE = 2 ** 128 - 2 ** 104
const SINGLE_OVERFLOW = 2 ** 128 - 2 ** 103

/** Compares the size written with the size of the double read from it: -1, 0 or 1. */
function isBeyond(digits: string, double: number): number {
  const written = absDecimal(
    parseDecimal(
      digits
        .replace('+', '')
        .replace(/^(-?)\./, '$10.')
        .replace(/\.(?=e|$)/i, ''),
    ),
  )
  return compareDecimal(written, parseDecimal(Math.abs(double).toPrecision(100)))
}

const DECIMAL = new RegExp(
  `^${SPACE}([+-]?)([0-9](?:_?[0-9])*)?(?:\\.([0-9](?:_?[0-9])*)?)?(?:[eE]([+-]?[0-9](?:_?[0-9])*))?${SPACE}$`,
)

/** Reads numeric and fits it into its modifier. */
export function numericInput(text: string, typmod: number): string {
  return formatDecimal(readDecimal(text, typmod))
}

function readDecimal(text: string, typmod: number): Decimal {
  const value = readUnlimited(text)
  if (value.kind !== 'finite' || typmod < 4) {
    if (value.scale > MAXIMUM_SCALE) throw numericOverflow()
    return applyNumericTypmod(
      value.scale < 0 ? shiftDecimal({ ...value, scale: 0 }, -value.scale) : value,
      typmod,
    )
  }
  return applyNumericTypmod(withinReach(value), typmod)
}

/** Far more digits than a modifier can ask for; beyond, only zero or overflow is left. */
const REACH = 3000

/** Brings a value near the range of modifiers, without changing what any of them makes of it. */
function withinReach({ kind, coefficient, scale }: Decimal): Decimal {
  if (coefficient === 0n || scale > digitCount(coefficient) + REACH) return DECIMAL_ZERO
  if (scale >= 0) return { kind, coefficient, scale }
  return { kind, coefficient: coefficient * powerOfTen(Math.min(-scale, REACH)), scale: 0 }
}

/** Reads any number; the scale is not bounded and may be negative. */
function readUnlimited(text: string): Decimal {
  const special = SPECIAL.exec(text)
  if (special !== null) {
    if (special[2]!.toLowerCase() !== 'nan') {
      return special[1] === '-' ? DECIMAL_MINUS_INFINITY : DECIMAL_INFINITY
    }
    if (special[1] === '') return DECIMAL_NAN
    throw syntaxError('numeric', text)
  }
  const match = DECIMAL.exec(text)
  if (match !== null && (match[2] !== undefined || match[3] !== undefined)) {
    const whole = (match[2] ?? '').replaceAll('_', '')
    const fraction = (match[3] ?? '').replaceAll('_', '')
    const sign = match[1] === '-' ? '-' : ''
    const exponent = Number((match[4] ?? '0').replaceAll('_', ''))
    if (Math.abs(exponent) >= 1_073_741_823) throw numericOverflow()
    const mantissa = parseDecimal(`${sign}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`)
    return { ...mantissa, scale: mantissa.scale - exponent }
  }
  const integer = INTEGER.exec(text)
  if (integer === null) throw syntaxError('numeric', text)
  const digits = (integer[2] ?? integer[3] ?? integer[4] ?? '').replaceAll('_', '')
  const size = BigInt(digits)
  return { kind: 'finite', coefficient: integer[1] === '-' ? -size : size, scale: 0 }
}

function numericOverflow(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'value overflows numeric format')
}

/** Reads bool: any unambiguous beginning of true, false, yes, no, on, off, or 1 and 0. */
export function boolInput(text: string): string {
  const word = text.replace(/^[ \t\n\v\f\r]+|[ \t\n\v\f\r]+$/g, '').toLowerCase()
  if (word !== '') {
    if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1') {
      return 't'
    }
    if ('false'.startsWith(word) || 'no'.startsWith(word) || word === '0') return 'f'
    if (word.length > 1 && 'off'.startsWith(word)) return 'f'
  }
  throw syntaxError('boolean', text)
}
