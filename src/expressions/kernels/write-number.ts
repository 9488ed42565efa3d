/**
 * to_char of numbers: a number's digits are laid into the digit positions of a template from left to right. What a number is (its
 * digits, its sign, how many positions before it stay empty) is computed by its type; laying out is the same for all.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { divideHalfAway, powerOfTen, type Decimal } from '../../types/numbers/decimal.js'
import type { NumberTemplate } from './number-template.js'

/** A number made ready for a template. */
export interface Prepared {
  /** Digits without sign, with as many after the point as are to be written. */
  readonly digits: string
  /** '' in roman and scientific notation. */
  readonly sign: '+' | '-' | ''
  /** Digit positions before the point in the template, V's included. */
  readonly before: number
  /** Digits after the point. */
  readonly after: number
}

/** Where digits run out, PostgreSQL writes the zero byte that ends its text. */
const END = '\0'

/** Lays a number out. */
export function writeNumber(template: NumberTemplate, number: Prepared): string {
  if (template.isScientific) return number.digits
  const text = new Layout(template, number).run()
  const end = text.indexOf(END)
  return end < 0 ? text : text.slice(0, end)
}

class Layout {
  readonly #template: NumberTemplate
  readonly #digits: string
  readonly #sign: string
  readonly #after: number
  readonly #hasZero: boolean
  readonly #zeroFrom: number
  readonly #hasPoint: boolean
  readonly #hasBrackets: boolean
  readonly #anchored: NumberTemplate['anchored']
  /** Positions that stay empty before the number. */
  readonly #empty: number
  /** The last digit after the point that is written although FM drops zeros. */
  readonly #last: number | undefined
  readonly #count: number
  #isSigned: boolean
  #out = ''
  #next = 0
  #position = 0
  /** The position just passed held a digit. */
  #isInside = false

  constructor(template: NumberTemplate, number: Prepared) {
    const { isRoman, isBare, hasPlus, hasMinus } = template
    this.#template = template
    this.#digits = number.digits
    this.#sign = number.sign
    this.#after = isRoman ? 0 : number.after
    this.#hasZero = !isRoman && template.zeroFrom !== undefined
    this.#zeroFrom = template.zeroFrom ?? 0
    this.#hasPoint = !isRoman && template.hasPoint
    const before = isRoman ? 0 : number.before
    const integers = number.digits.includes('.') ? number.digits.indexOf('.') : number.digits.length
    this.#empty = isRoman ? 0 : Math.max(before - integers, 0)
    let anchored = isRoman ? 'none' : template.anchored
    let hasBrackets = !isRoman && template.hasBrackets
    if (!isRoman && (hasPlus || hasMinus)) this.#isSigned = hasMinus
    else {
      if (number.sign !== '-' && isBare) hasBrackets = false
      this.#isSigned = number.sign === '+' && isBare && anchored === 'none'
      if (anchored === 'first' && before === template.anchoredAt) anchored = 'last'
    }
    this.#anchored = anchored
    this.#hasBrackets = hasBrackets
    this.#last = isBare && this.#hasPoint ? this.#lastRelevant() : undefined
    const isLonger = !this.#isSigned && this.#empty === 0
    this.#count = this.#after + before - 1 + (isLonger ? 1 : 0)
  }

  #lastRelevant(): number | undefined {
    const point = this.#digits.indexOf('.')
    if (point < 0) return undefined
    let last = point
    for (let at = point + 1; at < this.#digits.length; at++) if (this.#digits[at] !== '0') last = at
    const { zeroTo } = this.#template
    if (zeroTo <= this.#empty) return last
    return Math.max(last, Math.min(this.#digits.length - 1, zeroTo - this.#empty))
  }

  run(): string {
    for (const part of this.#template.parts) {
      if ('literal' in part) this.#out += part.literal
      else this.#word(part.word, part.isLower)
    }
    return this.#out
  }

  #word(word: string, isLower: boolean): void {
    const { isBare, isRoman } = this.#template
    switch (word) {
      case '9':
      case '0':
      case '.':
      case 'D':
        if (!isRoman) this.#digit(word)
        return
      case ',':
      case 'G':
        if (this.#isInside) this.#out += ','
        else if (!isBare) this.#out += ' '
        return
      case 'L':
        this.#out += ' '
        return
      case 'RN': {
        const numeral = isLower ? this.#digits.toLowerCase() : this.#digits
        this.#out += isBare ? numeral : numeral.padStart(15)
        return
      }
      case 'TH':
        if (isRoman || this.#digits.startsWith('#') || this.#sign === '-' || this.#hasPoint) return
        this.#out += ordinalSuffix(this.#digits, isLower)
        return
      case 'MI':
        if (this.#sign === '-') this.#out += '-'
        else if (!isBare) this.#out += ' '
        return
      case 'PL':
        if (this.#sign === '+') this.#out += '+'
        else if (!isBare) this.#out += ' '
        return
      case 'SG':
        this.#out += this.#sign === '' ? END : this.#sign
        return
      default:
        return
    }
  }

  /** A zero before the point that is not written. */
  #isHiddenZero(): boolean {
    return !this.#hasZero && this.#next === 0 && this.#digits.startsWith('0') && this.#after !== 0
  }

  #endsAtPoint(): boolean {
    return this.#last !== undefined && this.#digits[this.#last] === '.'
  }

  #digit(word: string): void {
    const { isBare } = this.#template
    const position = this.#position
    this.#isInside = false
    this.#signBefore()
    if (position < this.#empty && (!this.#hasZero || this.#zeroFrom > position)) {
      if (!isBare) this.#out += ' '
    } else if (position < this.#empty) {
      this.#out += '0'
      this.#isInside = true
    } else {
      if (this.#digits[this.#next] === '.') {
        if (!this.#endsAtPoint() || isBare) this.#out += '.'
      } else if (this.#last !== undefined && this.#next > this.#last && word !== '0') {
        // FM drops it.
      } else if (this.#isHiddenZero()) {
        if (!isBare) this.#out += ' '
        else if (this.#endsAtPoint()) this.#out += '0'
      } else {
        this.#out += this.#digits[this.#next] ?? END
        this.#isInside = true
      }
      if (this.#next < this.#digits.length) this.#next++
    }
    this.#signAfter()
    this.#position++
  }

  #signBefore(): void {
    const isDue =
      this.#position >= this.#empty || (this.#hasZero && this.#zeroFrom === this.#position)
    if (this.#isSigned || !isDue || (this.#isHiddenZero() && !this.#endsAtPoint())) return
    if (this.#anchored !== 'none') {
      if (this.#anchored !== 'first') return
      this.#out += this.#sign
    } else if (this.#hasBrackets) this.#out += this.#sign === '+' ? ' ' : '<'
    else if (this.#sign === '-') this.#out += '-'
    else if (!this.#template.isBare) this.#out += ' '
    this.#isSigned = true
  }

  #signAfter(): void {
    const isLast = this.#last !== undefined && this.#last === this.#next
    const end = isLast
      ? this.#position
      : this.#count + (this.#empty > 0 ? 1 : 0) + (this.#hasPoint ? 1 : 0)
    if (this.#position + 1 !== end) return
    if (this.#isSigned && this.#hasBrackets) this.#out += this.#sign === '+' ? ' ' : '>'
    else if (this.#anchored === 'last') this.#out += this.#sign
  }
}

function ordinalSuffix(digits: string, isLower: boolean): string {
  const last = digits.slice(-1)
  if (!/\d/.test(last)) {
    throw new EngineError(SQLSTATE.invalidTextRepresentation, `"${digits}" is not a number`)
  }
  const isTeen = digits.length > 1 && digits.at(-2) === '1'
  const suffix = (!isTeen && { '1': 'ST', '2': 'ND', '3': 'RD' }[last]) || 'TH'
  return isLower ? suffix.toLowerCase() : suffix
}

/** A number whose digits are given, fitted into the template: `#` where it has more digits before the point than there is room. */
export function fitted(text: string, before: number, after: number): Prepared {
  const sign = text.startsWith('-') ? '-' : '+'
  const digits = text.replace(/^-/, '')
  const integers = digits.includes('.') ? digits.indexOf('.') : digits.length
  if (integers <= before) return { digits, sign, before, after }
  return { digits: `${'#'.repeat(before)}.${'#'.repeat(after)}`, sign, before, after }
}

const HUNDREDS = ['', 'C', 'CC', 'CCC', 'CD', 'D', 'DC', 'DCC', 'DCCC', 'CM']
const TENS = ['', 'X', 'XX', 'XXX', 'XL', 'L', 'LX', 'LXX', 'LXXX', 'XC']
const ONES = ['', 'I', 'II', 'III', 'IV', 'V', 'VI', 'VII', 'VIII', 'IX']

/** A whole number in roman numerals; what has none becomes 15 number signs. */
export function roman(value: number): Prepared {
  const isWritable = value >= 1 && value <= 3999
  const digits = isWritable
    ? 'M'.repeat(Math.floor(value / 1000)) +
      HUNDREDS[Math.floor(value / 100) % 10]! +
      TENS[Math.floor(value / 10) % 10]! +
      ONES[value % 10]!
    : '#'.repeat(15)
  return { digits, sign: '', before: 0, after: 0 }
}

/** What EEEE makes of values that have no digits. */
export function unwritable({ before, after }: NumberTemplate): Prepared {
  const digits = Array.from({ length: before + after + 6 }, () => '#')
  digits[0] = ' '
  digits[before + 1] = '.'
  return { digits: digits.join(''), sign: '', before, after }
}

/** A numeric as EEEE writes it. */
export function scientific(value: Decimal, after: number): string {
  const size = value.coefficient < 0n ? -value.coefficient : value.coefficient
  const exponent = size === 0n ? 0 : size.toString().length - 1 - value.scale
  const dropped = value.scale + exponent - after
  const digits =
    dropped <= 0 ? size * powerOfTen(-dropped) : divideHalfAway(size, powerOfTen(dropped))
  return (value.coefficient < 0n ? '-' : ' ') + pointed(digits, after) + exponentText(exponent)
}

/** A double with that many digits after the point, rounded from its exact value, half to even. */
export function fixedText(value: number, after: number): string {
  if (!Number.isFinite(value)) return String(value)
  const isNegative = value < 0 || Object.is(value, -0)
  const { numerator, denominator } = exactly(Math.abs(value))
  const digits = divideHalfEven(numerator * powerOfTen(after), denominator)
  return (isNegative ? '-' : '') + pointed(digits, after)
}

/** A finite double as EEEE writes it. */
export function scientificDouble(value: number, after: number): string {
  const isNegative = value < 0 || Object.is(value, -0)
  const size = Math.abs(value)
  let exponent = size === 0 ? 0 : Number(size.toExponential().split('e')[1])
  const { numerator, denominator } = exactly(size)
  const roundedAt = (power: number): bigint => {
    const shift = after - power
    return shift >= 0
      ? divideHalfEven(numerator * powerOfTen(shift), denominator)
      : divideHalfEven(numerator, denominator * powerOfTen(-shift))
  }
  let digits = roundedAt(exponent)
  if (digits.toString().length > after + 1) digits = roundedAt(++exponent)
  return (isNegative ? '-' : ' ') + pointed(digits, after) + exponentText(exponent)
}

function exponentText(exponent: number): string {
  return `e${exponent < 0 ? '-' : '+'}${String(Math.abs(exponent)).padStart(2, '0')}`
}

function pointed(digits: bigint, after: number): string {
  if (after === 0) return digits.toString()
  const text = digits.toString().padStart(after + 1, '0')
  return `${text.slice(0, -after)}.${text.slice(-after)}`
}

/** A double as the fraction that it is. */
function exactly(value: number): { readonly numerator: bigint; readonly denominator: bigint } {
  let numerator = value
  let exponent = 0
  while (!Number.isInteger(numerator)) {
    numerator *= 2
    exponent++
  }
  return { numerator: BigInt(numerator), denominator: 1n << BigInt(exponent) }
}

function divideHalfEven(dividend: bigint, divisor: bigint): bigint {
  const quotient = dividend / divisor
  const twice = (dividend % divisor) * 2n
  if (twice < divisor || (twice === divisor && quotient % 2n === 0n)) return quotient
  return quotient + 1n
}
