/** to_char of numbers and to_number, by signature. */
import { EngineError, SQLSTATE } from '../../errors.js'
import {
  decimalFromBigInt,
  formatDecimal,
  roundDecimal,
  shiftDecimal,
} from '../../types/numbers/decimal.js'
import type { Decimal } from '../../types/numbers/decimal.js'
import { roundHalfEven } from './float-arithmetic.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { numberTemplate, type NumberTemplate } from './number-template.js'
import { constantText } from './pattern-matching.js'
import { readNumber } from './read-number.js'
import { rowWise, type WideInteger } from './row-wise.js'
import {
  fitted,
  fixedText,
  roman,
  scientific,
  scientificDouble,
  unwritable,
  writeNumber,
  type Prepared,
} from './write-number.js'

/** Digits that a type holds for sure. */
const DOUBLE_DIGITS = 15
const SINGLE_DIGITS = 6

const INT4_MAXIMUM = 2_147_483_647

function toChar<T>(
  prepare: (value: T, template: NumberTemplate) => Prepared,
): (value: T, text: string) => string {
  return (value, text) => {
    if (text === '') return ''
    const template = numberTemplate(text)
    return writeNumber(template, prepare(value, template))
  }
}

function whole(value: WideInteger, template: NumberTemplate): Prepared {
  const { before, after, shift } = template
  const digits = value.toString() + (after > 0 ? `.${'0'.repeat(after)}` : '')
  return fitted(digits, before + shift, after)
}

/** Written by itself: no sign stands beside it. */
function plain(digits: string): Prepared {
  return { digits, sign: '', before: 0, after: 0 }
}

function fromInt4(value: number, template: NumberTemplate): Prepared {
  if (template.isRoman) return roman(value)
  if (template.isScientific) return plain(scientificDouble(value, template.after))
  const factor = 10 ** template.shift
  // A factor beyond int4 is the least int4, and the product wraps around, there as here.
  return whole(
    template.shift === 0 ? value : Math.imul(value, factor > INT4_MAXIMUM ? -(2 ** 31) : factor),
    template,
  )
}

function fromInt8(value: WideInteger, template: NumberTemplate): Prepared {
  if (template.isRoman) return roman(Number(value))
  if (template.isScientific) {
    return plain(scientific(decimalFromBigInt(BigInt(value)), template.after))
  }
  if (template.shift === 0) return whole(value, template)
  const product = BigInt(value) * 10n ** BigInt(template.shift)
  if (template.shift > 18 || BigInt.asIntN(64, product) !== product) {
    throw new EngineError(SQLSTATE.numericValueOutOfRange, 'bigint out of range')
  }
  return whole(product, template)
}

function fromNumeric(value: Decimal, template: NumberTemplate): Prepared {
  const isFinite = value.kind === 'finite'
  if (template.isRoman) {
    return roman(isFinite ? Number(formatDecimal(roundDecimal(value, 0))) : INT4_MAXIMUM)
  }
  if (template.isScientific) {
    return isFinite ? plain(scientific(value, template.after)) : unwritable(template)
  }
  const { before, after, shift } = template
  const rounded = isFinite ? roundDecimal(shiftDecimal(value, shift), after) : value
  return fitted(formatDecimal(rounded), before + shift, after)
}

/** `multiply` rounds to the type's precision. */
function fromFloat(mostDigits: number, multiply: (a: number, b: number) => number) {
  return (value: number, template: NumberTemplate): Prepared => {
    if (template.isRoman) {
      const even = roundHalfEven(value)
      return roman(Math.abs(even) <= INT4_MAXIMUM ? even : INT4_MAXIMUM)
    }
    if (template.isScientific) {
      return Number.isFinite(value)
        ? plain(scientificDouble(value, template.after))
        : unwritable(template)
    }
    const { before, shift } = template
    const product = shift === 0 ? value : multiply(value, 10 ** shift)
    const integers = fixedText(Math.abs(product), 0).length
    const after = Math.max(Math.min(template.after, mostDigits - integers), 0)
    return fitted(fixedText(product, after), before + shift, after)
  }
}

/** Words of templates that PostgreSQL reads in ways of its own: roman numerals, and what V divides by. */
const FOREIGN_TO_READING = /rn|v|eeee/i

/** Templates that each row has its own of are left to PostgreSQL as well. */
const toNumber: GuardedKernel = {
  refuse: (call) => {
    const text = constantText(call.arguments[1])
    if (text === undefined) return 'to_number with a template that is not constant is not native'
    return FOREIGN_TO_READING.test(text) ? 'to_number with RN, V or EEEE is not native' : undefined
  },
  run: rowWise(['text', 'text'], 'numeric', readNumber),
}

/** Templates of numbers by signature. */
export const NUMBER_TEMPLATES: KernelTable = {
  'to_number(text,text)': toNumber,
  'to_char(int4,text)': rowWise(['int32', 'text'], 'text', toChar(fromInt4)),
  'to_char(int8,text)': rowWise(['int64', 'text'], 'text', toChar(fromInt8)),
  'to_char(numeric,text)': rowWise(['numeric', 'text'], 'text', toChar(fromNumeric)),
  'to_char(float8,text)': rowWise(
    ['float64', 'text'],
    'text',
    toChar(fromFloat(DOUBLE_DIGITS, (a, b) => a * b)),
  ),
  'to_char(float4,text)': rowWise(
    ['float64', 'text'],
    'text',
    toChar(fromFloat(SINGLE_DIGITS, (a, b) => Math.fround(a * Math.fround(b)))),
  ),
}
