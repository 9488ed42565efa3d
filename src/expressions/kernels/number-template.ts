/** Templates of numbers (`FM999G990D00S`): the words they are made of, and what they say of the number as a whole. */
import { EngineError, SQLSTATE } from '../../errors.js'

/** Two-letter words come before the letters they begin with. */
const WORDS = ['EEEE', 'FM', 'MI', 'PL', 'PR', 'RN', 'SG', 'SP', 'TH'] as const
const LETTERS = ['B', 'D', 'G', 'L', 'S', 'V'] as const
const SIGNS = [',', '.', '0', '9'] as const

export type TemplateWord = (typeof WORDS | typeof LETTERS | typeof SIGNS)[number]

/** A word of the template, or a character that stands for itself. */
export type TemplatePart =
  { readonly word: TemplateWord; readonly isLower: boolean } | { readonly literal: string }

/** A template taken apart. */
export interface NumberTemplate {
  readonly parts: readonly TemplatePart[]
  /** Digit positions before the point, and after it. */
  readonly before: number
  readonly after: number
  /** Digit positions after V: the number is multiplied by that power of ten. */
  readonly shift: number
  /** Digit positions before the first 0; undefined where no 0 stands before the point. */
  readonly zeroFrom: number | undefined
  /** Digit positions up to the last 0, counted from the left. */
  readonly zeroTo: number
  /** S: the sign is written at the number's beginning or end. */
  readonly anchored: 'none' | 'first' | 'last'
  /** Digit positions before an S that stands before the point. */
  readonly anchoredAt: number
  readonly hasPoint: boolean
  /** PR: negative numbers in angle brackets. */
  readonly hasBrackets: boolean
  readonly hasMinus: boolean
  readonly hasPlus: boolean
  /** FM: nothing is filled up. */
  readonly isBare: boolean
  readonly isRoman: boolean
  readonly isScientific: boolean
}

type Building = { -readonly [K in keyof NumberTemplate]: NumberTemplate[K] } & {
  parts: TemplatePart[]
  isBlank: boolean
}

const cache = new Map<string, NumberTemplate>()

/** Takes a template apart; 42601 where its words do not go together. */
export function numberTemplate(text: string): NumberTemplate {
  let template = cache.get(text)
  if (template === undefined) {
    template = parse(text)
    if (cache.size > 500) cache.clear()
    cache.set(text, template)
  }
  return template
}

function parse(text: string): NumberTemplate {
  const template: Building = {
    ...{ parts: [], before: 0, after: 0, shift: 0, zeroFrom: undefined, zeroTo: 0 },
    ...{ anchored: 'none', anchoredAt: 0, hasPoint: false, hasBrackets: false, isBlank: false },
    ...{ hasMinus: false, hasPlus: false, isBare: false, isRoman: false, isScientific: false },
  }
  const characters = Array.from(text)
  let hasShift = false
  for (let at = 0; at < characters.length;) {
    const found = wordAt(characters, at)
    if (found !== undefined) {
      if (found.word === 'V') hasShift = true
      require(template, found.word, hasShift)
      enter(template, found.word, hasShift)
      if (template.isRoman) requireRomanAlone(template, hasShift)
      template.parts.push(found)
      at += found.word.length
    } else if (characters[at] === '"') {
      at++
      while (at < characters.length && characters[at] !== '"') {
        if (characters[at] === '\\' && at + 1 < characters.length) at++
        template.parts.push({ literal: characters[at++]! })
      }
      at++
    } else {
      if (characters[at] === '\\' && characters[at + 1] === '"') at++
      template.parts.push({ literal: characters[at++]! })
    }
  }
  return template
}

function wordAt(
  characters: readonly string[],
  at: number,
): { readonly word: TemplateWord; readonly isLower: boolean } | undefined {
  for (const word of [...WORDS, ...LETTERS, ...SIGNS]) {
    const here = characters.slice(at, at + word.length).join('')
    if (here === word) return { word, isLower: false }
    if (here === word.toLowerCase()) return { word, isLower: true }
  }
  return undefined
}

/** Refuses words that do not go with those before them. */
function require(template: Building, word: TemplateWord, hasShift: boolean): void {
  const { hasPoint, hasBrackets, hasMinus, hasPlus, anchored, isScientific } = template
  const isAnchored = anchored !== 'none'
  if (isScientific && word !== 'EEEE') throw malformed('"EEEE" must be the last pattern used')
  switch (word) {
    case '9':
    case '0':
      if (hasBrackets) throw malformed(`"${word}" must be ahead of "PR"`)
      return
    case 'D':
    case '.':
      if (hasPoint) throw malformed('multiple decimal points')
      if (hasShift) throw malformed('cannot use "V" and decimal point together')
      return
    case 'V':
      if (hasPoint) throw malformed('cannot use "V" and decimal point together')
      return
    case 'S':
      if (isAnchored) throw malformed('cannot use "S" twice')
      if (hasPlus || hasMinus || hasBrackets) {
        throw malformed('cannot use "S" and "PL"/"MI"/"SG"/"PR" together')
      }
      return
    case 'MI':
    case 'PL':
    case 'SG':
      if (isAnchored) throw malformed(`cannot use "S" and "${word}" together`)
      return
    case 'PR':
      if (isAnchored || hasPlus || hasMinus) {
        throw malformed('cannot use "PR" and "S"/"PL"/"MI"/"SG" together')
      }
      return
    case 'RN':
      if (template.isRoman) throw malformed('cannot use "RN" twice')
      return
    case 'EEEE':
      if (isScientific) throw malformed('cannot use "EEEE" twice')
      if (
        [template.isBlank, template.isBare, isAnchored, hasBrackets].some(Boolean) ||
        [hasMinus, hasPlus, template.isRoman, hasShift].some(Boolean)
      ) {
        throw malformed(
          '"EEEE" is incompatible with other formats',
          '"EEEE" may only be used together with digit and decimal point patterns.',
        )
      }
      return
    default:
      return
  }
}

/** Digits, separators and ordinals do no harm beside roman numerals. */
function requireRomanAlone(template: Building, hasShift: boolean): void {
  const { zeroFrom, isBlank, hasPoint, anchored, hasBrackets, hasMinus, hasPlus } = template
  const others = [
    isBlank,
    hasPoint,
    hasBrackets,
    hasMinus,
    hasPlus,
    template.isScientific,
    hasShift,
  ]
  if (!others.some(Boolean) && zeroFrom === undefined && anchored === 'none') return
  throw malformed(
    '"RN" is incompatible with other formats',
    '"RN" may only be used together with "FM".',
  )
}

function enter(template: Building, word: TemplateWord, hasShift: boolean): void {
  switch (word) {
    case '9':
      if (hasShift) template.shift++
      else if (template.hasPoint) template.after++
      else template.before++
      return
    case '0':
      if (!template.hasPoint) template.zeroFrom ??= template.before
      if (template.hasPoint) template.after++
      else template.before++
      template.zeroTo = template.before + template.after
      return
    case 'B':
      if (template.before + template.after === 0) template.isBlank = true
      return
    case 'D':
    case '.':
      template.hasPoint = true
      return
    case 'FM':
      template.isBare = true
      return
    case 'S':
      template.anchored = template.hasPoint ? 'last' : 'first'
      if (!template.hasPoint) template.anchoredAt = template.before
      return
    case 'MI':
      template.hasMinus = true
      return
    case 'PL':
      template.hasPlus = true
      return
    case 'SG':
      template.hasMinus = true
      template.hasPlus = true
      return
    case 'PR':
      template.hasBrackets = true
      return
    case 'RN':
      template.isRoman = true
      return
    case 'EEEE':
      template.isScientific = true
      return
    default:
      return
  }
}

function malformed(message: string, detail?: string): EngineError {
  return new EngineError(SQLSTATE.syntaxError, message, detail === undefined ? {} : { detail })
}
