/** Reads character types, bytea and uuid as PostgreSQL's input functions do. */
import { EngineError, SQLSTATE } from '../errors.js'
import { bytesToHex, hexDigit } from './hex.js'
import { syntaxError } from './numbers/number-input.js'

/** Fits text into varchar(n) or character(n): trailing spaces may be cut, character is filled up. */
export function characterInput(
  text: string,
  typmod: number,
  type: 'character varying' | 'character',
): string {
  if (typmod < 4) return text
  const limit = typmod - 4
  // Without surrogates, UTF-16 units are characters.
  const characters = /[\ud800-\udfff]/.test(text) ? [...text] : undefined
  const length = characters?.length ?? text.length
  if (length > limit) {
    const rest = characters?.slice(limit).join('') ?? text.slice(limit)
    if (/[^ ]/.test(rest)) {
      throw new EngineError(
        SQLSTATE.stringRightTruncation,
        `value too long for type ${type}(${limit})`,
      )
    }
    return characters?.slice(0, limit).join('') ?? text.slice(0, limit)
  }
  return type === 'character' ? text + ' '.repeat(limit - length) : text
}

/** Cuts a name to 63 bytes, at a character's end. */
export function nameInput(text: string): string {
  let bytes = 0
  let end = 0
  for (const character of text) {
    bytes += Buffer.byteLength(character)
    if (bytes > 63) return text.slice(0, end)
    end += character.length
  }
  return text
}

/** Reads bytea in hex or escape form. */
export function byteaInput(text: string): string {
  return `\\x${text.startsWith('\\x') ? hexDigits(text.slice(2)) : bytesToHex(escapedBytes(text))}`
}

function hexDigits(text: string): string {
  let digits = ''
  for (let at = 0; at < text.length; at++) {
    const letter = text[at]!
    if (digits.length % 2 === 0 && /[ \n\t\r]/.test(letter)) continue
    if (hexDigit(text.charCodeAt(at)) < 0) {
      const shown = String.fromCodePoint(text.codePointAt(at)!)
      throw new EngineError(SQLSTATE.invalidParameterValue, `invalid hexadecimal digit: "${shown}"`)
    }
    digits += letter
  }
  if (digits.length % 2 !== 0) {
    throw new EngineError(
      SQLSTATE.invalidParameterValue,
      'invalid hexadecimal data: odd number of digits',
    )
  }
  return digits.toLowerCase()
}

function escapedBytes(text: string): Uint8Array {
  const source = Buffer.from(text, 'utf8')
  const bytes: number[] = []
  for (let at = 0; at < source.length; at++) {
    const byte = source[at]!
    if (byte !== 92) {
      bytes.push(byte)
      continue
    }
    const octal = /^[0-3][0-7][0-7]/.exec(source.toString('latin1', at + 1, at + 4))
    if (source[at + 1] === 92) {
      bytes.push(92)
      at += 1
    } else if (octal !== null) {
      bytes.push(parseInt(octal[0], 8))
      at += 3
    } else {
      throw new EngineError(
        SQLSTATE.invalidTextRepresentation,
        'invalid input syntax for type bytea',
      )
    }
  }
  return Uint8Array.from(bytes)
}

/** 32 digits; a hyphen may follow every four, braces may enclose all. */
const UUID = /^(?:[0-9a-f]{4}-?){7}[0-9a-f]{4}$/i

/** Reads a uuid. */
export function uuidInput(text: string): string {
  const bare = text.startsWith('{') && text.endsWith('}') ? text.slice(1, -1) : text
  if (!UUID.test(bare)) throw syntaxError('uuid', text)
  const hex = bare.replaceAll('-', '').toLowerCase()
  return `${hex.slice(0, 8)}-${hex.slice(8, 12)}-${hex.slice(12, 16)}-${hex.slice(16, 20)}-${hex.slice(20)}`
}

/** Reads bit strings, binary or hexadecimal (`x1f`), and checks them against their length. */
export function bitInput(text: string, typmod: number, isVarying: boolean): string {
  const prefix = /^[bB]/.test(text) ? 'b' : /^[xX]/.test(text) ? 'x' : ''
  const digits = prefix === '' ? text : text.slice(1)
  const length = prefix === 'x' ? digits.length * 4 : digits.length
  if (typmod > 0 && isVarying && length > typmod) {
    throw new EngineError(
      SQLSTATE.stringRightTruncation,
      `bit string too long for type bit varying(${typmod})`,
    )
  }
  if (typmod > 0 && !isVarying && length !== typmod) {
    throw new EngineError('22026', `bit string length ${length} does not match type bit(${typmod})`)
  }
  const invalid = (prefix === 'x' ? /[^0-9a-f]/iu : /[^01]/u).exec(digits)
  if (invalid !== null) {
    throw new EngineError(
      SQLSTATE.invalidTextRepresentation,
      `"${invalid[0]}" is not a valid ${prefix === 'x' ? 'hexadecimal' : 'binary'} digit`,
    )
  }
  if (prefix !== 'x') return digits
  return [...digits].map((digit) => parseInt(digit, 16).toString(2).padStart(4, '0')).join('')
}
