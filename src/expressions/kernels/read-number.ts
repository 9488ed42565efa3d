/** Reads a text by the template of a number, as to_number does: byte by byte, each word of the template taking what it knows. */
import { numericInput } from '../../types/numbers/number-input.js'
import { parseDecimal, type Decimal } from '../../types/numbers/decimal.js'
import { numberTemplate, type NumberTemplate } from './number-template.js'

const at = (character: string): number => character.charCodeAt(0)
const [MINUS, PLUS, POINT, COMMA, SPACE, LESS] = [...'-+., <'].map(at)
const isDigit = (byte: number | undefined): boolean =>
  byte !== undefined && byte >= at('0') && byte <= at('9')
/** What a word that stands for other characters does not skip. */
const isData = (byte: number | undefined): boolean =>
  isDigit(byte) || byte === POINT || byte === COMMA || byte === PLUS || byte === MINUS

/** A number as far as it was read. */
class NumberReader {
  readonly #template: NumberTemplate
  readonly #bytes: Buffer
  #at = 0
  #sign: '' | '+' | '-' = ''
  /** Digits and the point. */
  #digits = ''
  #before = 0
  #after = 0
  #hasPoint = false

  constructor(template: NumberTemplate, text: string) {
    this.#template = template
    this.#bytes = Buffer.from(text)
  }

  read(): Decimal {
    for (const part of this.#template.parts) {
      if (this.#isOver) break
      if ('literal' in part) this.#skipCharacter()
      else this.#take(part.word)
    }
    const { before, shift } = this.#template
    // As numeric(precision, scale) is told: the number has the digits that were read, in the room that the template has.
    const typmod = (before + shift + this.#after) * 65_536 + this.#after + 4
    const digits = this.#digits.endsWith('.') ? this.#digits.slice(0, -1) : this.#digits
    return parseDecimal(numericInput(`${this.#sign || ' '}${digits}`, typmod))
  }

  get #isOver(): boolean {
    return this.#at >= this.#bytes.length
  }

  get #byte(): number | undefined {
    return this.#bytes[this.#at]
  }

  #take(word: string): void {
    switch (word) {
      case '9':
      case '0':
      case '.':
      case 'D':
        this.#takeDigit(word)
        this.#at++
        return
      case ',':
      case 'G':
        // FM takes separators for nothing.
        if (!this.#template.isBare && this.#byte === COMMA) this.#at++
        return
      case 'L':
        this.#skipOthers(1)
        return
      case 'TH':
        // No number with a point is an ordinal.
        if (!this.#template.hasPoint) this.#skipOthers(2)
        return
      case 'MI':
        this.#takeSign(this.#byte === MINUS)
        return
      case 'PL':
        this.#takeSign(this.#byte === PLUS)
        return
      case 'SG':
        this.#takeSign(this.#byte === MINUS || this.#byte === PLUS)
        return
      default:
        // FM, S and their like say something of the whole.
        return
    }
  }

  #takeSign(isThere: boolean): void {
    if (!isThere) {
      this.#skipOthers(1)
      return
    }
    this.#noteSign()
    this.#at++
  }

  /** A sign here is the number's. */
  #noteSign(): boolean {
    if (this.#byte === MINUS) this.#sign = '-'
    else if (this.#byte === PLUS) this.#sign = '+'
    else return false
    return true
  }

  /** Leaves the reader on the last byte it took. */
  #takeDigit(word: string): void {
    if (this.#byte === SPACE) this.#at++
    if (this.#isOver) return
    const { hasPoint, anchored, hasPlus, hasMinus } = this.#template
    const isFirst = this.#before + this.#after === 0
    if (this.#sign === '' && isFirst && (word === '9' || word === '0')) this.#signBefore()
    if (this.#isOver) return
    let isRead = false
    if (isDigit(this.#byte)) {
      if (this.#hasPoint && this.#after === this.#template.after) return
      this.#digits += String.fromCharCode(this.#byte!)
      if (this.#hasPoint) this.#after++
      else this.#before++
      isRead = true
    } else if (hasPoint && !this.#hasPoint && this.#byte === POINT) {
      this.#digits += '.'
      this.#hasPoint = true
      isRead = true
    }
    if (this.#sign !== '' || this.#before + this.#after === 0) return
    if (anchored !== 'none' && isRead) {
      const next = this.#bytes[this.#at + 1]
      if (next === undefined || isDigit(next)) return
      this.#at++
      if (!this.#noteSign()) this.#at--
    } else if (!isRead && anchored === 'none' && (hasPlus || hasMinus)) {
      this.#noteSign()
    }
  }

  #signBefore(): void {
    const { anchored, hasBrackets } = this.#template
    if (anchored === 'first') {
      if (this.#noteSign()) this.#at++
    } else if (this.#byte === MINUS || (hasBrackets && this.#byte === LESS)) {
      this.#sign = '-'
      this.#at++
    } else if (this.#byte === PLUS) {
      this.#sign = '+'
      this.#at++
    }
  }

  #skipOthers(count: number): void {
    for (let skipped = 0; skipped < count && !this.#isOver && !isData(this.#byte); skipped++) {
      this.#skipCharacter()
    }
  }

  #skipCharacter(): void {
    do this.#at++
    while (!this.#isOver && (this.#byte! & 0xc0) === 0x80)
  }
}

/** Reads a number; NULL by an empty template. */
export function readNumber(text: string, template: string): Decimal | null {
  return template === '' ? null : new NumberReader(numberTemplate(template), text).read()
}
