/**
 * Translates the part of PostgreSQL's regular expressions that means the same in JavaScript. Everything in doubt is
 * refused: back references, look-around, embedded options but a leading (?i), escapes beyond the common ones, malformed patterns.
 * Whether a text matches does not depend on greediness or on the order of alternatives; where a match begins and
 * ends does, so replacing admits only patterns in which nothing can compete: one quantifier at most, over the only character there is;
 * groups that are not repeated; alternatives that are equally long.
 */
import { ALPHANUMERIC_RANGES, lowerOf, upperOf } from './letter-case.js'

export type RegexUse = 'match' | 'match-insensitive' | 'replace' | 'replace-insensitive'

const SPACES = '\\t-\\r \\u0085\\u00a0\\u1680\\u2000-\\u200a\\u2028\\u2029\\u202f\\u205f\\u3000'
const DIGITS = '0-9'
let wordClass: string | undefined

/** \w is letters, digits and underscore of PostgreSQL's Unicode. */
function words(): string {
  wordClass ??=
    '_' + ALPHANUMERIC_RANGES.map(([first, last]) => `${unit(first)}-${unit(last)}`).join('')
  return wordClass
}

function unit(code: number): string {
  return `\\u{${code.toString(16)}}`
}

interface Piece {
  readonly source: string
  /** How often it can repeat without end, counting what is inside. */
  readonly unbounded: number
}

const cache = new Map<string, RegExp | null>()

/** Translates a pattern, or says by undefined that it is not ours. */
export function translateRegex(pattern: string, use: RegexUse): RegExp | undefined {
  const key = `${use} ${pattern}`
  let regex = cache.get(key)
  if (regex === undefined) {
    const source = new Translation(pattern, use).run()
    regex = source === undefined ? null : new RegExp(source, 'su')
    if (cache.size > 1000) cache.clear()
    cache.set(key, regex)
  }
  return regex ?? undefined
}

class Refusal extends Error {}

class Translation {
  readonly #pattern: readonly string[]
  /** Where a match begins and ends counts, and so do its groups. */
  readonly #isReplace: boolean
  #isInsensitive: boolean
  #at = 0
  /** Alternatives of different length, or with more to them than characters. */
  #uneven = false
  #quantified = 0
  #atoms = 0
  #groups = 0
  #anchors = 0

  constructor(pattern: string, use: RegexUse) {
    this.#pattern = Array.from(pattern)
    this.#isReplace = use === 'replace' || use === 'replace-insensitive'
    this.#isInsensitive = use === 'match-insensitive' || use === 'replace-insensitive'
  }

  run(): string | undefined {
    try {
      if (this.#pattern.slice(0, 4).join('') === '(?i)') {
        this.#isInsensitive = true
        this.#at = 4
      }
      // `***` at the start and other `(?x)` change the rules; both fail below on their first character.
      const piece = this.#alternation(0)
      if (this.#at < this.#pattern.length || piece.unbounded > 4) return undefined
      if (this.#isReplace) {
        const competes = this.#uneven || (this.#quantified > 0 && this.#atoms > 1)
        if (competes || this.#atoms === 0) return undefined
      }
      return piece.source
    } catch (error) {
      if (error instanceof Refusal) return undefined
      throw error
    }
  }

  #peek(): string | undefined {
    return this.#pattern[this.#at]
  }

  #next(): string {
    const character = this.#pattern[this.#at++]
    if (character === undefined) throw new Refusal()
    return character
  }

  #alternation(depth: number): Piece {
    if (depth > 20) throw new Refusal()
    const marks = (): number => this.#groups + this.#anchors + this.#quantified
    const before = marks()
    const lengths = new Set<number>()
    const branch = (): Piece => {
      const atoms = this.#atoms
      const piece = this.#branch(depth)
      lengths.add(this.#atoms - atoms)
      return piece
    }
    const branches = [branch()]
    while (this.#peek() === '|') {
      this.#at++
      branches.push(branch())
    }
    if (branches.length > 1 && (lengths.size > 1 || marks() > before)) this.#uneven = true
    return {
      source: branches.map((branch) => branch.source).join('|'),
      unbounded: branches.reduce((sum, branch) => sum + branch.unbounded, 0),
    }
  }

  #branch(depth: number): Piece {
    let source = ''
    let unbounded = 0
    let count = 0
    for (;;) {
      const character = this.#peek()
      if (character === undefined || character === '|' || character === ')') break
      count++
      if (character === '^' || character === '$') {
        this.#at++
        // A quantifier after an anchor is an error there.
        if (/[*+?{]/.test(this.#peek() ?? '')) throw new Refusal()
        this.#anchors++
        source += character
        continue
      }
      const atom = this.#atom(depth)
      const [quantifier, endless] = this.#quantifier()
      if (endless && atom.unbounded > 0) throw new Refusal()
      source += atom.source + quantifier
      unbounded += atom.unbounded + (endless ? 1 : 0)
    }
    if (count === 0) throw new Refusal()
    return { source, unbounded }
  }

  #atom(depth: number): Piece {
    const character = this.#next()
    if (character !== '(') this.#atoms++
    switch (character) {
      case '(': {
        const isCapturing = this.#peek() !== '?'
        if (!isCapturing) {
          this.#at++
          if (this.#next() !== ':') throw new Refusal()
        }
        this.#groups++
        const inner = this.#alternation(depth + 1)
        if (this.#next() !== ')') throw new Refusal()
        if (this.#isReplace && /[*+?{]/.test(this.#peek() ?? '')) throw new Refusal()
        const open = isCapturing && this.#isReplace ? '(' : '(?:'
        return { source: `${open}${inner.source})`, unbounded: inner.unbounded }
      }
      case '[':
        return { source: this.#bracket(), unbounded: 0 }
      case '.':
        return { source: '.', unbounded: 0 }
      case '\\':
        return { source: this.#escape(false), unbounded: 0 }
      case '*':
      case '+':
      case '?':
      case '{':
      case '}':
      case ']':
        throw new Refusal()
      default:
        return { source: this.#literal(character), unbounded: 0 }
    }
  }

  #literal(character: string): string {
    const code = character.codePointAt(0) as number
    if (!this.#isInsensitive) return unit(code)
    const variants = new Set([code, lowerOf(code), upperOf(code)])
    return variants.size === 1 ? unit(code) : `[${[...variants].map(unit).join('')}]`
  }

  #escape(inBracket: boolean): string {
    const character = this.#next()
    switch (character) {
      case 'd':
        return inBracket ? DIGITS : `[${DIGITS}]`
      case 's':
        return inBracket ? SPACES : `[${SPACES}]`
      case 'w':
        return inBracket ? words() : `[${words()}]`
      case 'D':
        if (inBracket) throw new Refusal()
        return `[^${DIGITS}]`
      case 'S':
        if (inBracket) throw new Refusal()
        return `[^${SPACES}]`
      case 'W':
        if (inBracket) throw new Refusal()
        return `[^${words()}]`
      case 't':
        return '\\t'
      case 'n':
        return '\\n'
      case 'r':
        return '\\r'
      default:
        // Only punctuation stands for itself; letters and digits have meanings of their own.
        if (!/^[!-/:-@[-`{-~ ]$/.test(character)) throw new Refusal()
        return unit(character.codePointAt(0) as number)
    }
  }

  #bracket(): string {
    let source = '['
    if (this.#peek() === '^') {
      this.#at++
      source += '^'
    }
    let isFirst = true
    for (;;) {
      const character = this.#next()
      if (character === ']' && !isFirst) break
      isFirst = false
      if (character === '[') {
        source += this.#namedClass()
        continue
      }
      if (character === '\\') {
        source += this.#escape(true)
        if (this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']') throw new Refusal()
        continue
      }
      if (this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']') {
        if (character === '-') throw new Refusal()
        this.#at++
        source += this.#range(character, this.#next())
        continue
      }
      const code = character.codePointAt(0) as number
      const variants = this.#isInsensitive ? [code, lowerOf(code), upperOf(code)] : [code]
      source += variants.map(unit).join('')
    }
    return `${source}]`
  }

  #range(first: string, last: string): string {
    if (last === '[' || last === ']' || last === '\\' || last === '-') throw new Refusal()
    const from = first.codePointAt(0) as number
    const to = last.codePointAt(0) as number
    if (from > to) throw new Refusal()
    if (!this.#isInsensitive) return `${unit(from)}-${unit(to)}`
    if (to > 127) throw new Refusal()
    let source = ''
    for (let code = from; code <= to; code++) {
      source += [code, lowerOf(code), upperOf(code)].map(unit).join('')
    }
    return source
  }

  #namedClass(): string {
    const end = this.#pattern.indexOf(']', this.#at)
    const name = this.#pattern.slice(this.#at, end + 1).join('')
    this.#at = end + 1
    if (this.#peek() === '-' && this.#pattern[this.#at + 1] !== ']') throw new Refusal()
    switch (name) {
      case ':digit:]':
        return DIGITS
      case ':space:]':
        return SPACES
      case ':alnum:]':
        return words().slice(1)
      default:
        throw new Refusal()
    }
  }

  /** Reads a quantifier; the flag says that it has no upper end. */
  #quantifier(): readonly [source: string, endless: boolean] {
    let source = ''
    let endless = false
    const character = this.#peek()
    if (character === '*' || character === '+' || character === '?') {
      this.#at++
      source = character
      endless = character !== '?'
    } else if (character === '{') {
      const end = this.#pattern.indexOf('}', this.#at)
      const bounds = /^\{(\d{1,3})(,(\d{1,3})?)?\}$/.exec(
        this.#pattern.slice(this.#at, end + 1).join(''),
      )
      if (bounds === null) throw new Refusal()
      const low = Number(bounds[1])
      const high = bounds[3] === undefined ? low : Number(bounds[3])
      // {0} makes an atom that matches nothing; rare, and not worth a doubt.
      if (low > 255 || high > 255 || high < low || high === 0) throw new Refusal()
      endless = bounds[2] !== undefined && bounds[3] === undefined
      source = bounds[0]
      this.#at = end + 1
    } else {
      return ['', false]
    }
    this.#quantified++
    if (/[*+?{]/.test(this.#peek() ?? '')) throw new Refusal()
    return [source, endless]
  }
}
