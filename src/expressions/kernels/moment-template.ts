/** Templates that dates and times are read by (`DD Mon YYYY HH24:MI`): their fields, and the characters between. */

/** What a field counts in: days of months, weeks of ISO years, or neither. */
export type Calendar = 'gregorian' | 'iso' | undefined

/** A field of a template, named as it is spelled there. */
export interface TemplateField {
  readonly kind: 'field'
  readonly name: string
  readonly isNumber: boolean
  readonly calendar: Calendar
  /** FM before it: as many digits as there are. */
  readonly isBare: boolean
  /** TH after it. */
  readonly isOrdinal: boolean
}

/** What stands between fields. */
export interface TemplateCharacter {
  readonly kind: 'space' | 'separator' | 'character'
  readonly character: string
}

export type TemplateNode = TemplateField | TemplateCharacter

const GREGORIAN = 'DDD DD D MM W WW YYYY YYY YY Y Y,YYY'.split(' ')
const ISO = 'IDDD ID IW IYYY IYY IY I'.split(' ')
const OTHER_NUMBERS =
  'CC FF1 FF2 FF3 FF4 FF5 FF6 HH24 HH12 HH J MI MS Q SSSSS SSSS SS TZM US'.split(' ')
const WORDS = 'A.D. A.M. AD AM B.C. BC DAY DY FX OF P.M. PM TZH TZ'.split(' ')
const MONTHS = 'MONTH MON RM'.split(' ')
const CAPITALIZED: Readonly<Record<string, string>> = {
  ...{ Day: 'DAY', Dy: 'DY', Month: 'MONTH', Mon: 'MON' },
}

const calendars = new Map<string, Calendar>([
  ...[...GREGORIAN, ...MONTHS].map((name) => [name, 'gregorian'] as const),
  ...ISO.map((name) => [name, 'iso'] as const),
])
const numbers = new Set([...GREGORIAN, ...ISO, ...OTHER_NUMBERS])
const upper = [...numbers, ...WORDS, ...MONTHS]
const longestFirst = [
  ...upper,
  ...upper.map((name) => name.toLowerCase()),
  ...Object.keys(CAPITALIZED),
].sort((a, b) => b.length - a.length)

/** The field's name in capitals. */
export function fieldOf(name: string): string {
  return name.toUpperCase()
}

const cache = new Map<string, readonly TemplateNode[]>()

/** Takes a template apart. */
export function momentTemplate(text: string): readonly TemplateNode[] {
  let nodes = cache.get(text)
  if (nodes === undefined) {
    nodes = parse(text)
    if (cache.size > 500) cache.clear()
    cache.set(text, nodes)
  }
  return nodes
}

function parse(text: string): TemplateNode[] {
  const nodes: TemplateNode[] = []
  for (let at = 0; at < text.length;) {
    const prefix = /^(?:FM|fm|TM|tm)/.exec(text.slice(at))?.[0] ?? ''
    at += prefix.length
    if (at >= text.length) break
    const name = longestFirst.find((candidate) => text.startsWith(candidate, at))
    if (name !== undefined) {
      at += name.length
      const suffix = /^(?:TH|th|SP)/.exec(text.slice(at))?.[0] ?? ''
      at += suffix.length
      const field = fieldOf(name)
      nodes.push({
        ...{ kind: 'field', name, isNumber: numbers.has(field), calendar: calendars.get(field) },
        ...{ isBare: fieldOf(prefix) === 'FM', isOrdinal: fieldOf(suffix) === 'TH' },
      })
    } else if (text[at] === '"') {
      at++
      while (at < text.length && text[at] !== '"') {
        if (text[at] === '\\' && at + 1 < text.length) at++
        const character = characterAt(text, at)
        nodes.push({ kind: 'character', character })
        at += character.length
      }
      at++
    } else {
      if (text[at] === '\\' && text[at + 1] === '"') at++
      const character = characterAt(text, at)
      nodes.push({ kind: kindOf(character), character })
      at += character.length
    }
  }
  return nodes
}

function characterAt(text: string, at: number): string {
  return String.fromCodePoint(text.codePointAt(at)!)
}

function kindOf(character: string): TemplateCharacter['kind'] {
  if (isSeparator(character)) return 'separator'
  return isSpace(character) ? 'space' : 'character'
}

/** Printable ASCII that is neither letter nor digit. */
export function isSeparator(character: string): boolean {
  return /^[!-/:-@[-`{-~]$/.test(character)
}

export function isSpace(character: string): boolean {
  return /^[ \t-\r]$/.test(character)
}
