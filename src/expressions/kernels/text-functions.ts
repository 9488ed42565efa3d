/** Functions of text. Positions and lengths count code points, not UTF-16 units. */
import { createHash } from 'node:crypto'
import { EngineError, SQLSTATE } from '../../errors.js'
import { formatArray, listArray } from '../../types/array-text.js'
import type { BytesVector, Vector } from '../../types/vectors/vector.js'
import { OID } from '../../types/sql-type.js'
import { textAt } from '../../types/text-output.js'
import { BytesCollector, int32Vector } from './build-vector.js'
import type { GuardedKernel, Kernel, KernelTable } from './kernel.js'
import { endWithoutBlanks } from '../compare.js'
import { toInitialCapitals, toLower, toUpper } from './letter-case.js'
import { rowWise, type WideInteger } from './row-wise.js'
import { whyNotPrintable } from '../printable-types.js'

/** Splits into code points; a text without surrogates is indexed as it is. */
function points(text: string): readonly string[] | string {
  return hasSurrogates(text) ? Array.from(text) : text
}

function hasSurrogates(text: string): boolean {
  return /[\ud800-\udfff]/.test(text)
}

function cut(text: string, start: number, end?: number): string {
  const list = points(text)
  return typeof list === 'string' ? list.slice(start, end) : list.slice(start, end).join('')
}

/** Counts code points. */
function lengthOf(text: string): number {
  return points(text).length
}

/** length(text) without decoding: bytes that do not continue a character. */
const characterCount =
  (isPadded: boolean): Kernel =>
  ([input], call) => {
    const { offsets, data } = input as BytesVector
    const result = new Int32Array(call.length)
    for (let i = 0; i < call.length; i++) {
      const start = offsets[i] as number
      let end = offsets[i + 1] as number
      if (isPadded) end = endWithoutBlanks(data, start, end)
      let count = 0
      for (let k = start; k < end; k++) if (((data[k] as number) & 0xc0) !== 0x80) count++
      result[i] = count
    }
    return int32Vector(call.type, result, call.nulls)
  }

const byteCount =
  (factor: number): Kernel =>
  ([input], call) => {
    const { offsets } = input as BytesVector
    const result = new Int32Array(call.length)
    for (let i = 0; i < call.length; i++) {
      result[i] = ((offsets[i + 1] as number) - (offsets[i] as number)) * factor
    }
    return int32Vector(call.type, result, call.nulls)
  }

const concatenate: Kernel = ([left, right], call) => {
  const a = left as BytesVector
  const b = right as BytesVector
  const guess =
    (a.offsets[call.length] as number) -
    (a.offsets[0] as number) +
    (b.offsets[call.length] as number) -
    (b.offsets[0] as number)
  const collector = new BytesCollector(call.type, call.length, guess)
  for (let i = 0; i < call.length; i++) {
    if (call.nulls === undefined || call.nulls[i] === 0) {
      collector.appendPart(a.data, a.offsets[i] as number, a.offsets[i + 1] as number)
      collector.appendPart(b.data, b.offsets[i] as number, b.offsets[i + 1] as number)
    }
    collector.skip()
  }
  return collector.finish(call.nulls)
}

function substringFrom(text: string, start: number): string {
  return start <= 1 ? text : cut(text, start - 1)
}

function substringLength(text: string, start: number, length: number): string {
  if (length < 0) throw negativeSubstring()
  const end = start + length
  return end <= 1 ? '' : cut(text, Math.max(start, 1) - 1, end - 1)
}

function negativeSubstring(): EngineError {
  return new EngineError('22011', 'negative substring length not allowed')
}

function trimStart(text: string, set: ReadonlySet<string>): string {
  const list = Array.from(text)
  let from = 0
  while (from < list.length && set.has(list[from] as string)) from++
  return from === 0 ? text : list.slice(from).join('')
}

function trimEnd(text: string, set: ReadonlySet<string>): string {
  const list = Array.from(text)
  let to = list.length
  while (to > 0 && set.has(list[to - 1] as string)) to--
  return to === list.length ? text : list.slice(0, to).join('')
}

const BLANK: ReadonlySet<string> = new Set([' '])

function pad(text: string, length: number, fill: string, side: 'left' | 'right'): string {
  const list = points(text)
  const target = Math.max(length, 0)
  if (list.length >= target || fill === '') return cut(text, 0, target)
  // Room is asked for at four bytes a character.
  if (target * 4 + 4 > 1073741823) throw new EngineError('54000', 'requested length too large')
  const filling = Array.from(fill)
  let padding = ''
  for (let k = 0; k < target - list.length; k++) padding += filling[k % filling.length] as string
  return side === 'left' ? padding + text : text + padding
}

function position(text: string, search: string): number {
  const at = text.indexOf(search)
  if (at < 0) return 0
  return lengthOf(text.slice(0, at)) + 1
}

function splitPart(text: string, separator: string, field: number): string {
  if (field === 0) {
    throw new EngineError(SQLSTATE.invalidParameterValue, 'field position must not be zero')
  }
  if (text === '') return ''
  if (separator === '') return field === 1 || field === -1 ? text : ''
  const parts = text.split(separator)
  return parts[field > 0 ? field - 1 : parts.length + field] ?? ''
}

function translate(text: string, from: string, to: string): string {
  const target = Array.from(to)
  const mapping = new Map<string, string>()
  for (const [k, character] of Array.from(from).entries()) {
    if (!mapping.has(character)) mapping.set(character, target[k] ?? '')
  }
  let result = ''
  for (const character of text) result += mapping.get(character) ?? character
  return result
}

function repeat(text: string, count: number): string {
  if (count <= 0 || text === '') return ''
  if (Buffer.byteLength(text) * count > 1073741819) {
    throw new EngineError('54000', 'requested length too large')
  }
  return text.repeat(count)
}

function overlay(text: string, replacement: string, start: number, length: number): string {
  if (start <= 0) throw negativeSubstring()
  if (start + length > 2147483647) throw outOfRangeInteger()
  return substringLength(text, 1, start - 1) + replacement + substringFrom(text, start + length)
}

function outOfRangeInteger(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'integer out of range')
}

function chr(code: number): string {
  if (code < 0)
    throw new EngineError(SQLSTATE.invalidParameterValue, 'character number must be positive')
  if (code === 0) throw new EngineError('54000', 'null character not permitted')
  if (code > 0x10ffff) {
    throw new EngineError('54000', `requested character too large for encoding: ${code}`)
  }
  if (code >= 0xd800 && code <= 0xdfff) {
    throw new EngineError('54000', `requested character not valid for encoding: ${code}`)
  }
  return String.fromCodePoint(code)
}

function stringToArray(text: string, separator: string | null, nullText?: string | null): string {
  const parts =
    text === ''
      ? []
      : separator === null
        ? Array.from(text)
        : separator === ''
          ? [text]
          : text.split(separator)
  const elements = parts.map((part) => (nullText !== undefined && part === nullText ? null : part))
  return formatArray(listArray(elements))
}

/** Wraps a function of texts that may be NULL (the function is not strict). */
function nullable(count: number, apply: (...cells: (string | null)[]) => string | null): Kernel {
  return (inputs, call) => {
    const collector = new BytesCollector(call.type, call.length)
    let nulls: Uint8Array | undefined
    for (let i = 0; i < call.length; i++) {
      const cells = inputs
        .slice(0, count)
        .map((input) => (input.nulls?.[i] === 1 ? null : textAt(input, i, call.context.settings)))
      const value = apply(...cells)
      if (value === null) {
        nulls ??= new Uint8Array(call.length)
        nulls[i] = 1
        collector.skip()
      } else {
        collector.addText(value)
      }
    }
    return collector.finish(nulls)
  }
}

const concatenateAny: GuardedKernel = {
  refuse: (call) => whyNotPrintable(call.arguments),
  run: (inputs, call) =>
    nullable(inputs.length, (...cells) => cells.filter((cell) => cell !== null).join(''))(
      inputs,
      call,
    ),
}

const concatenateWithSeparator: GuardedKernel = {
  refuse: (call) => whyNotPrintable(call.arguments),
  run: (inputs, call) =>
    nullable(inputs.length, (separator, ...cells) =>
      separator === null ? null : cells.filter((cell) => cell !== null).join(separator),
    )(inputs, call),
}

const CAST_UNLIKE_OUTPUT: ReadonlySet<number> = new Set([OID.bool, OID.bpchar, OID.char])

/** text || anything, the other side printed as its type prints. */
const concatenatePrinted: GuardedKernel = {
  // These go through a cast to text, which does not print every type as its output function does.
  refuse: ({ arguments: sides }) =>
    sides.some(({ type }) => CAST_UNLIKE_OUTPUT.has(type.oid))
      ? 'concatenation with this type has no native kernel'
      : whyNotPrintable(sides),
  run: (inputs, call) => {
    const [a, b] = inputs as [Vector, Vector]
    const collector = new BytesCollector(call.type, call.length)
    for (let i = 0; i < call.length; i++) {
      if (call.nulls?.[i] === 1) collector.skip()
      else
        collector.addText(textAt(a, i, call.context.settings) + textAt(b, i, call.context.settings))
    }
    return collector.finish(call.nulls)
  },
}

function inRadix(width: 32 | 64, radix: 2 | 8 | 16): Kernel {
  return rowWise(['int64'], 'text', (a: WideInteger) =>
    BigInt.asUintN(width, BigInt(a)).toString(radix),
  )
}

/** Quotes a text as a literal. */
export function quoteLiteral(text: string): string {
  const quoted = `'${text.replaceAll("'", "''").replaceAll('\\', '\\\\')}'`
  return text.includes('\\') ? `E${quoted}` : quoted
}

const text1 = (apply: (text: string) => string): Kernel => rowWise(['text'], 'text', apply)

function unknownEncoding(format: string): EngineError {
  return new EngineError(SQLSTATE.invalidParameterValue, `unrecognized encoding: "${format}"`)
}

function encode(bytes: Uint8Array, format: string): string {
  const buffer = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
  switch (format.toLowerCase()) {
    case 'hex':
      return buffer.toString('hex')
    case 'base64':
      return buffer.toString('base64').replace(/(.{76})(?=.)/g, '$1\n')
    case 'escape': {
      let result = ''
      for (const byte of bytes) {
        if (byte === 0 || byte > 127) result += `\\${byte.toString(8).padStart(3, '0')}`
        else if (byte === 0x5c) result += '\\\\'
        else result += String.fromCharCode(byte)
      }
      return result
    }
    default:
      throw unknownEncoding(format)
  }
}

const strpos = rowWise(['text', 'text'], 'int32', position)
const substr2 = rowWise(['text', 'int32'], 'text', substringFrom)
const substr3 = rowWise(['text', 'int32', 'int32'], 'text', substringLength)
const md5 = rowWise(['bytes'], 'text', (bytes) => createHash('md5').update(bytes).digest('hex'))
const sha = (name: string): Kernel =>
  rowWise(['bytes'], 'bytes', (bytes) => createHash(name).update(bytes).digest())
const bytesSubstring = (bytes: Uint8Array, start: number, length?: number): Uint8Array => {
  if (length === undefined) return bytes.subarray(Math.max(start, 1) - 1)
  if (length < 0) throw negativeSubstring()
  const end = start + length
  return end <= 1 ? bytes.subarray(0, 0) : bytes.subarray(Math.max(start, 1) - 1, end - 1)
}

/** Functions of text and bytea by signature. */
export const TEXT_FUNCTIONS: KernelTable = {
  'textcat(text,text)': concatenate,
  'byteacat(bytea,bytea)': concatenate,
  'textanycat(text,anynonarray)': concatenatePrinted,
  'anytextcat(anynonarray,text)': concatenatePrinted,
  'concat(any)': concatenateAny,
  'concat_ws(text,any)': concatenateWithSeparator,
  'length(text)': characterCount(false),
  'char_length(text)': characterCount(false),
  'character_length(text)': characterCount(false),
  'length(bpchar)': characterCount(true),
  'char_length(bpchar)': characterCount(true),
  'character_length(bpchar)': characterCount(true),
  'octet_length(text)': byteCount(1),
  'octet_length(bpchar)': byteCount(1),
  'octet_length(bytea)': byteCount(1),
  'length(bytea)': byteCount(1),
  'bit_length(text)': byteCount(8),
  'bit_length(bytea)': byteCount(8),
  'upper(text)': text1(toUpper),
  'lower(text)': text1(toLower),
  'initcap(text)': text1(toInitialCapitals),
  'substring(text,int4)': substr2,
  'substr(text,int4)': substr2,
  'substring(text,int4,int4)': substr3,
  'substr(text,int4,int4)': substr3,
  'substring(bytea,int4)': rowWise(['bytes', 'int32'], 'bytes', bytesSubstring),
  'substr(bytea,int4)': rowWise(['bytes', 'int32'], 'bytes', bytesSubstring),
  'substring(bytea,int4,int4)': rowWise(['bytes', 'int32', 'int32'], 'bytes', bytesSubstring),
  'substr(bytea,int4,int4)': rowWise(['bytes', 'int32', 'int32'], 'bytes', bytesSubstring),
  'left(text,int4)': rowWise(['text', 'int32'], 'text', (text, n) =>
    n >= 0 ? cut(text, 0, n) : cut(text, 0, Math.max(lengthOf(text) + n, 0)),
  ),
  'right(text,int4)': rowWise(['text', 'int32'], 'text', (text, n) =>
    n < 0 ? (n === -2147483648 ? text : cut(text, -n)) : cut(text, Math.max(lengthOf(text) - n, 0)),
  ),
  'btrim(text)': text1((text) => trimEnd(trimStart(text, BLANK), BLANK)),
  'ltrim(text)': text1((text) => trimStart(text, BLANK)),
  'rtrim(text)': text1((text) => trimEnd(text, BLANK)),
  'btrim(text,text)': rowWise(['text', 'text'], 'text', (text, set) => {
    const characters = new Set(set)
    return trimEnd(trimStart(text, characters), characters)
  }),
  'ltrim(text,text)': rowWise(['text', 'text'], 'text', (text, set) =>
    trimStart(text, new Set(set)),
  ),
  'rtrim(text,text)': rowWise(['text', 'text'], 'text', (text, set) => trimEnd(text, new Set(set))),
  'strpos(text,text)': strpos,
  'position(text,text)': strpos,
  'replace(text,text,text)': rowWise(['text', 'text', 'text'], 'text', (text, from, to) =>
    from === '' ? text : text.split(from).join(to),
  ),
  'translate(text,text,text)': rowWise(['text', 'text', 'text'], 'text', translate),
  'split_part(text,text,int4)': rowWise(['text', 'text', 'int32'], 'text', splitPart),
  'lpad(text,int4)': rowWise(['text', 'int32'], 'text', (text, n) => pad(text, n, ' ', 'left')),
  'rpad(text,int4)': rowWise(['text', 'int32'], 'text', (text, n) => pad(text, n, ' ', 'right')),
  'lpad(text,int4,text)': rowWise(['text', 'int32', 'text'], 'text', (text, n, fill) =>
    pad(text, n, fill, 'left'),
  ),
  'rpad(text,int4,text)': rowWise(['text', 'int32', 'text'], 'text', (text, n, fill) =>
    pad(text, n, fill, 'right'),
  ),
  'repeat(text,int4)': rowWise(['text', 'int32'], 'text', repeat),
  'reverse(text)': text1((text) => Array.from(text).reverse().join('')),
  'overlay(text,text,int4)': rowWise(['text', 'text', 'int32'], 'text', (text, by, start) =>
    overlay(text, by, start, lengthOf(by)),
  ),
  'overlay(text,text,int4,int4)': rowWise(['text', 'text', 'int32', 'int32'], 'text', overlay),
  'starts_with(text,text)': rowWise(['text', 'text'], 'bool', (text, prefix) =>
    text.startsWith(prefix),
  ),
  'ascii(text)': rowWise(['text'], 'int32', (text) => text.codePointAt(0) ?? 0),
  'chr(int4)': rowWise(['int32'], 'text', chr),
  'to_hex(int4)': inRadix(32, 16),
  'to_hex(int8)': inRadix(64, 16),
  'to_bin(int4)': inRadix(32, 2),
  'to_bin(int8)': inRadix(64, 2),
  'to_oct(int4)': inRadix(32, 8),
  'to_oct(int8)': inRadix(64, 8),
  'md5(text)': md5,
  'md5(bytea)': md5,
  'sha224(bytea)': sha('sha224'),
  'sha256(bytea)': sha('sha256'),
  'sha384(bytea)': sha('sha384'),
  'sha512(bytea)': sha('sha512'),
  'encode(bytea,text)': rowWise(['bytes', 'text'], 'text', encode),
  'string_to_array(text,text)': nullable(2, (text, separator) =>
    text === null ? null : stringToArray(text, separator as string | null),
  ),
  'string_to_array(text,text,text)': nullable(3, (text, separator, nullText) =>
    text === null ? null : stringToArray(text, separator as string | null, nullText),
  ),
  'quote_literal(text)': text1(quoteLiteral),
  'quote_nullable(text)': nullable(1, (text) =>
    text === null ? 'NULL' : quoteLiteral(text as string),
  ),
}
