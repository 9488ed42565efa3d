/** Splits date and time input into fields, and knows the words PostgreSQL accepts in it. */

export type FieldKind = 'number' | 'date' | 'time' | 'zone' | 'string' | 'special'

/** One field of the input, in lower case. */
export interface DatetimeField {
  readonly kind: FieldKind
  readonly text: string
}

/** What a word means. */
export type Word =
  | { readonly kind: 'month'; readonly month: number }
  | { readonly kind: 'weekday' }
  | { readonly kind: 'era'; readonly isBefore: boolean }
  | { readonly kind: 'meridiem'; readonly isAfternoon: boolean }
  | { readonly kind: 'ignore' }
  | { readonly kind: 'julian' }
  | { readonly kind: 'unit' }
  | { readonly kind: 'iso-time' }
  | { readonly kind: 'daylight-modifier' }
  | { readonly kind: 'reserved'; readonly name: ReservedWord }

export type ReservedWord =
  'now' | 'today' | 'tomorrow' | 'yesterday' | 'epoch' | 'infinity' | '-infinity' | 'allballs'

const MONTH_NAMES = [
  ...['january', 'february', 'march', 'april', 'may', 'june', 'july'],
  ...['august', 'september', 'october', 'november', 'december'],
]

const WORDS = new Map<string, Word>()
MONTH_NAMES.forEach((name, index) => {
  WORDS.set(name, { kind: 'month', month: index + 1 })
  WORDS.set(name.slice(0, 3), { kind: 'month', month: index + 1 })
})
WORDS.set('sept', { kind: 'month', month: 9 })
for (const name of [
  ...['sun', 'sunday', 'mon', 'monday', 'tue', 'tues', 'tuesday', 'wed', 'weds', 'wednesday'],
  ...['thu', 'thur', 'thurs', 'thursday', 'fri', 'friday', 'sat', 'saturday'],
]) {
  WORDS.set(name, { kind: 'weekday' })
}
for (const name of ['d', 'h', 'm', 'mm', 's', 'y', 'dow', 'doy', 'isodow', 'isoyear']) {
  WORDS.set(name, { kind: 'unit' })
}
for (const name of ['j', 'jd', 'julian']) WORDS.set(name, { kind: 'julian' })
for (const name of ['at', 'on']) WORDS.set(name, { kind: 'ignore' })
for (const name of [
  ...(['now', 'today', 'tomorrow', 'yesterday', 'epoch', 'infinity', '-infinity'] as const),
  'allballs' as const,
]) {
  WORDS.set(name, { kind: 'reserved', name })
}
WORDS.set('+infinity', { kind: 'reserved', name: 'infinity' })
WORDS.set('ad', { kind: 'era', isBefore: false })
WORDS.set('bc', { kind: 'era', isBefore: true })
WORDS.set('am', { kind: 'meridiem', isAfternoon: false })
WORDS.set('pm', { kind: 'meridiem', isAfternoon: true })
WORDS.set('t', { kind: 'iso-time' })
WORDS.set('dst', { kind: 'daylight-modifier' })

/** Finds the meaning of a word in lower case. Only its first ten letters count. */
export function wordNamed(text: string): Word | undefined {
  return WORDS.get(text) ?? (text.length > 10 ? WORDS.get(text.slice(0, 10)) : undefined)
}

const MAXIMUM_FIELDS = 25

/** Splits the input; undefined when it cannot be date or time at all. */
export function splitDatetime(text: string): readonly DatetimeField[] | undefined {
  const fields: DatetimeField[] = []
  const lower = text.toLowerCase()
  const match = (pattern: RegExp, at: number): string => {
    pattern.lastIndex = at
    return pattern.exec(lower)?.[0] ?? ''
  }
  let at = 0
  while (at < lower.length) {
    const letter = lower[at]!
    if (/\s/.test(letter)) {
      at++
      continue
    }
    let field: DatetimeField | undefined
    let width = 0
    if (letter >= '0' && letter <= '9') {
      field = numericField(match, at)
    } else if (letter === '.') {
      field = { kind: 'number', text: match(/\.\d*/y, at) }
    } else if (letter >= 'a' && letter <= 'z') {
      const word = match(/[a-z]+/y, at)
      const next = lower[at + word.length] ?? ''
      const isDate = /[-/.]/.test(next) || (/[+\d]/.test(next) && wordNamed(word) === undefined)
      field = isDate
        ? { kind: 'date', text: match(/[a-z]+[-+/_.:a-z0-9]*/y, at) }
        : { kind: 'string', text: word }
    } else if (letter === '+' || letter === '-') {
      const whole = match(/[+-]\s*(?:\d[\d:.-]*|[a-z]+)/y, at)
      if (whole === '') return undefined
      const bare = letter + whole.slice(1).trimStart()
      field = { kind: /\d/.test(bare[1] ?? '') ? 'zone' : 'special', text: bare }
      width = whole.length
    } else if (/[!-/:-@[-`{-~]/.test(letter)) {
      // Other punctuation only separates.
      at++
      continue
    } else {
      return undefined
    }
    if (fields.push(field) > MAXIMUM_FIELDS) return undefined
    at += width === 0 ? field.text.length : width
  }
  return fields
}

const DELIMITED_TAILS: Readonly<Record<string, RegExp>> = {
  '-': /-[-\d]*/y,
  '/': /\/[/\d]*/y,
  '.': /\.[.\d]*/y,
}

function numericField(match: (pattern: RegExp, at: number) => string, at: number): DatetimeField {
  const time = match(/\d+:[\d:.]*/y, at)
  if (time !== '') return { kind: 'time', text: time }
  const two = match(/\d+[-/.]\d+/y, at)
  if (two !== '') {
    const delimiter = /[-/.]/.exec(two)![0]
    // Only the same delimiter again makes it a date of three parts.
    const tail = match(DELIMITED_TAILS[delimiter]!, at + two.length)
    const kind = delimiter === '.' && tail === '' ? 'number' : 'date'
    return { kind, text: two + tail }
  }
  const worded = match(/\d+(?:-[-a-z0-9]*|\/[/a-z0-9]*|\.[.a-z0-9]*)/y, at)
  if (worded !== '') return { kind: 'date', text: worded }
  return { kind: 'number', text: match(/\d+/y, at) }
}
