/** format, quote_ident, and text as bytes: convert_to, convert_from, decode; normal forms of Unicode. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Datum } from '../../types/sql-type.js'
import { textAt } from '../../types/text-output.js'
import { isNullAt, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import type { CallExpression } from '../expression.js'
import { whyNotPrintable } from '../printable-types.js'
import type { GuardedKernel, KernelTable } from './kernel.js'
import { constantText } from './pattern-matching.js'
import { rowWise } from './row-wise.js'
import { quoteLiteral } from './text-functions.js'

/** Key words that cannot be identifiers without quotes. */
const KEY_WORDS: ReadonlySet<string> = new Set(
  `all analyse analyze and any array as asc asymmetric authorization between bigint binary bit boolean
both case cast char character check coalesce collate collation column concurrently constraint
create cross current_catalog current_date current_role current_schema current_time
current_timestamp current_user dec decimal default deferrable desc distinct do else end except
exists extract false fetch float for foreign freeze from full grant greatest group grouping having
ilike in initially inner inout int integer intersect interval into is isnull join json json_array
json_arrayagg json_exists json_object json_objectagg json_query json_scalar json_serialize
json_table json_value lateral leading least left like limit localtime localtimestamp merge_action
national natural nchar none normalize not notnull null nullif numeric offset on only or order out
outer overlaps overlay placing position precision primary real references returning right row
select session_user setof similar smallint some substring symmetric system_user table tablesample
then time timestamp to trailing treat trim true union unique user using values varchar variadic
verbose when where window with xmlattributes xmlconcat xmlelement xmlexists xmlforest xmlnamespaces
xmlparse xmlpi xmlroot xmlserialize xmltable`.split(/\s+/),
)

function quoteIdentifier(text: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(text) && !KEY_WORDS.has(text)) return text
  return `"${text.replaceAll('"', '""')}"`
}

type Piece = (cells: readonly Datum[]) => string

/** Takes a format apart; undefined when it uses what is left to PostgreSQL (widths from arguments). */
function piecesOf(format: string, count: number): readonly Piece[] {
  const pieces: Piece[] = []
  let next = 0
  let at = 0
  for (const match of format.matchAll(/%(?:(%)|(?:(\d+)\$)?(-*)(\d*)(.?))/gsu)) {
    const plain = format.slice(at, match.index)
    pieces.push(() => plain)
    at = match.index + match[0].length
    const [, percent, position, minus = '', width = '', specifier = ''] = match
    if (percent !== undefined) {
      pieces.push(() => '%')
      continue
    }
    if (specifier === '') throw invalid('unterminated format() type specifier')
    if (!'sIL'.includes(specifier)) {
      throw invalid(`unrecognized format() type specifier "${specifier}"`)
    }
    if (position === '0')
      throw invalid('format specifies argument 0, but arguments are numbered from 1')
    const index = position === undefined ? next : Number(position) - 1
    next = index + 1
    if (index >= count) throw invalid('too few arguments for format()')
    pieces.push((cells) => {
      const text = formatted(specifier, cells[index] ?? null)
      const padding = ' '.repeat(Math.max(0, Number(width) - Array.from(text).length))
      return minus === '' ? padding + text : text + padding
    })
  }
  const rest = format.slice(at)
  return [...pieces, () => rest]
}

function formatted(specifier: string, cell: Datum): string {
  if (specifier === 's') return cell ?? ''
  if (specifier === 'L') return cell === null ? 'NULL' : quoteLiteral(cell)
  if (cell === null) {
    throw new EngineError('22004', 'null values cannot be formatted as an SQL identifier')
  }
  return quoteIdentifier(cell)
}

function invalid(message: string): EngineError {
  return new EngineError(SQLSTATE.invalidParameterValue, message)
}

const format: GuardedKernel = {
  refuse: (call) => {
    const template = constantText(call.arguments[0])
    if (template === undefined) return 'a format that is not constant is not native'
    if (template.includes('*')) return 'a width that is an argument of format is not native'
    return whyNotPrintable(call.arguments)
  },
  run: (inputs, call) => {
    const { settings } = call.context
    const [templates, ...values] = inputs
    let known: string | undefined
    let pieces: readonly Piece[] = []
    const rows: Datum[] = []
    for (let i = 0; i < call.length; i++) {
      if (templates === undefined || isNullAt(templates, i)) {
        rows.push(null)
        continue
      }
      const template = textAt(templates, i, settings)
      if (template !== known) pieces = piecesOf(template, values.length)
      known = template
      const cells = values.map((value) => (isNullAt(value, i) ? null : textAt(value, i, settings)))
      rows.push(pieces.map((piece) => piece(cells)).join(''))
    }
    return vectorFromDatums(call.type, rows)
  },
}

function onlyConstant(index: number, wanted: readonly string[]) {
  return (call: CallExpression): string | undefined => {
    const text = constantText(call.arguments[index])
    return text !== undefined && wanted.includes(text.toLowerCase())
      ? undefined
      : `${call.function.name} with this argument has no native kernel`
  }
}

const strict = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true })

function textOfUtf8(bytes: Uint8Array): string {
  try {
    if (!bytes.includes(0)) return strict.decode(bytes)
  } catch {
    // Told below, with the bytes that are wrong.
  }
  let at = 0
  while (bytes[at] !== 0 && isCharacter(bytes.subarray(at, at + lengthAt(bytes, at)))) {
    at += lengthAt(bytes, at)
  }
  const wrong = Array.from(bytes.subarray(at, at + lengthAt(bytes, at)))
  const shown = wrong.map((byte) => `0x${byte.toString(16).padStart(2, '0')}`).join(' ')
  throw new EngineError('22021', `invalid byte sequence for encoding "UTF8": ${shown}`)
}

/** How many bytes the first one announces. */
function lengthAt(bytes: Uint8Array, at: number): number {
  const first = bytes[at] ?? 0
  if ((first & 0xe0) === 0xc0) return 2
  if ((first & 0xf0) === 0xe0) return 3
  return (first & 0xf8) === 0xf0 ? 4 : 1
}

function isCharacter(bytes: Uint8Array): boolean {
  try {
    strict.decode(bytes)
    return true
  } catch {
    return false
  }
}

/** Blanks may stand between the pairs of digits. */
function bytesOfHex(text: string): Uint8Array {
  const bytes: number[] = []
  const digits = Array.from(text)
  const digitAt = (at: number): number => {
    const digit = digits[at] ?? ''
    if (!/^[0-9a-fA-F]$/.test(digit)) throw invalid(`invalid hexadecimal digit: "${digit}"`)
    return parseInt(digit, 16)
  }
  for (let at = 0; at < digits.length; at++) {
    if (/[ \n\t\r]/.test(digits[at] ?? '')) continue
    const high = digitAt(at++)
    if (at >= digits.length) throw invalid('invalid hexadecimal data: odd number of digits')
    bytes.push(high * 16 + digitAt(at))
  }
  return Uint8Array.from(bytes)
}

const UTF8 = ['utf8', 'utf-8']

/** Functions by signature. */
export const TEXT_FORMATTING: KernelTable = {
  'format(text,any)': format,
  'quote_ident(text)': rowWise(['text'], 'text', quoteIdentifier),
  'convert_to(text,name)': {
    refuse: onlyConstant(1, UTF8),
    run: rowWise(['bytes', 'text'], 'bytes', (bytes) => bytes),
  },
  'convert_from(bytea,name)': {
    refuse: onlyConstant(1, UTF8),
    run: rowWise(['bytes', 'text'], 'text', textOfUtf8),
  },
  'decode(text,text)': {
    refuse: onlyConstant(1, ['hex']),
    run: rowWise(['text', 'text'], 'bytes', bytesOfHex),
  },
  'normalize(text,text)': {
    refuse: onlyConstant(1, ['nfc', 'nfd', 'nfkc', 'nfkd']),
    run: rowWise(['text', 'text'], 'text', (text, form) => text.normalize(form.toUpperCase())),
  },
  'is_normalized(text,text)': {
    refuse: onlyConstant(1, ['nfc', 'nfd', 'nfkc', 'nfkd']),
    run: rowWise(
      ['text', 'text'],
      'bool',
      (text, form) => text.normalize(form.toUpperCase()) === text,
    ),
  },
}
