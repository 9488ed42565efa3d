/** Checks the value of a setting and brings it into the form SHOW prints, with PostgreSQL's rules and refusals. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { ValueSettings } from './value-settings.js'
import type { SettingDefinition } from './setting-definitions.js'
import { canonicalDateStyle, canonicalTimeZone } from './date-time-settings.js'

/** Checks a value; numbers come back in base units. `current` is the setting's value so far. */
export function canonicalSetting(
  definition: SettingDefinition,
  text: string,
  current: string,
): string {
  switch (definition.type) {
    case 'bool':
      return parseBoolean(text) ?? fail(`parameter "${definition.name}" requires a Boolean value`)
    case 'enum': {
      const found = enumValue(definition, text)
      if (found !== undefined) return found
      return invalid(definition.name, text, {
        hint: `Available values: ${definition.enumeration.join(', ')}.`,
      })
    }
    case 'integer':
    case 'real':
      return String(parseNumber(definition, text))
    case 'string':
      return canonicalText(definition.name, text, current)
  }
}

/** The value as SHOW prints it: integers and durations in the largest unit that divides them. */
export function displaySetting(definition: SettingDefinition, value: string): string {
  if (definition.type !== 'integer' && definition.type !== 'real') {
    return definition.type === 'bool' || value !== '' ? value : ''
  }
  const number = Number(value)
  if (definition.name.endsWith('_file_mode') || definition.name.endsWith('permissions')) {
    return `0${number.toString(8)}`
  }
  if (definition.name === 'data_directory_mode') return `0${number.toString(8)}`
  if (definition.unit === '' || number <= 0) return value
  for (const [name, factor] of unitsOf(definition.unit)) {
    const amount = number / factor
    if (Number.isInteger(amount) || name === smallestUnit(definition.unit))
      return `${amount}${name}`
  }
  return value
}

/** PostgreSQL's booleans: unique prefixes of true, false, yes, no, on, off, and 1, 0. */
export function parseBoolean(text: string): 'on' | 'off' | undefined {
  const word = text.toLowerCase()
  if (word === '') return undefined
  if ('true'.startsWith(word) || 'yes'.startsWith(word) || word === 'on' || word === '1')
    return 'on'
  if ('false'.startsWith(word) || 'no'.startsWith(word) || word === '0') return 'off'
  if (word === 'of' || word === 'off') return 'off'
  return undefined
}

/** The settings that decide how values look, taken from a lookup of canonical values. */
export function valueSettings(get: (name: string) => string): ValueSettings {
  return {
    timeZone: get('timezone'),
    dateStyle: get('datestyle'),
    intervalStyle: get('intervalstyle') as ValueSettings['intervalStyle'],
    extraFloatDigits: Number(get('extra_float_digits')),
    byteaOutput: get('bytea_output') as ValueSettings['byteaOutput'],
  }
}

function enumValue(definition: SettingDefinition, text: string): string | undefined {
  const word = text.toLowerCase()
  const found = definition.enumeration.find((value) => value === word)
  if (found !== undefined) return found
  // Enumerations that contain on and off take the other Boolean words, too.
  const boolean = definition.enumeration.includes('on') ? parseBoolean(word) : undefined
  return boolean !== undefined &&
    word.length > 0 &&
    ['true', 'false', 'yes', 'no', '1', '0'].includes(word)
    ? boolean
    : undefined
}

const MEMORY_UNITS: Readonly<Record<string, number>> = {
  B: 1,
  kB: 1024,
  MB: 1024 ** 2,
  GB: 1024 ** 3,
  TB: 1024 ** 4,
}
const TIME_UNITS: Readonly<Record<string, number>> = {
  us: 0.001,
  ms: 1,
  s: 1000,
  min: 60_000,
  h: 3_600_000,
  d: 86_400_000,
}

/** Bytes (or ms) of a base unit such as `8kB`, and the table it belongs to. */
function baseOf(unit: string): {
  readonly size: number
  readonly table: Readonly<Record<string, number>>
} {
  const match = /^(\d*)(\D+)$/.exec(unit)
  const name = match?.[2] ?? unit
  const table = name in MEMORY_UNITS ? MEMORY_UNITS : TIME_UNITS
  return { size: Number(match?.[1] || 1) * (table[name] ?? 1), table }
}

/** Units a value may be printed in, largest first, as multiples of the base unit. */
function unitsOf(unit: string): readonly (readonly [string, number])[] {
  const { size, table } = baseOf(unit)
  return Object.entries(table)
    .map(([name, amount]) => [name, amount / size] as const)
    .sort((a, b) => b[1] - a[1])
}

function smallestUnit(unit: string): string {
  return baseOf(unit).table === MEMORY_UNITS ? 'B' : 'us'
}

function parseNumber(definition: SettingDefinition, text: string): number {
  const match =
    /^\s*([+-]?(?:0[xX][0-9a-fA-F]+|(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?))\s*([A-Za-z]*)\s*$/.exec(
      text,
    )
  if (match === null) return invalid(definition.name, text)
  const [, digits = '', unit = ''] = match
  const octal = definition.type === 'integer' && /^[+-]?0[0-7]+$/.test(digits)
  let value = octal ? parseInt(digits, 8) : signedNumber(digits)
  if (unit !== '') {
    if (definition.unit === '') return invalid(definition.name, text)
    const { size, table } = baseOf(definition.unit)
    const factor = table[unit]
    if (factor === undefined) {
      return invalid(definition.name, text, {
        hint:
          table === MEMORY_UNITS
            ? 'Valid units for this parameter are "B", "kB", "MB", "GB", and "TB".'
            : 'Valid units for this parameter are "us", "ms", "s", "min", "h", and "d".',
      })
    }
    value = (value * factor) / size
  }
  if (definition.type === 'integer') {
    value = roundHalfEven(value)
    if (Math.abs(value) > 2 ** 31) {
      return invalid(definition.name, text, { hint: 'Value exceeds integer range.' })
    }
  }
  const { least, greatest, name } = definition
  if (value >= least && value <= greatest) return value
  const suffix = definition.unit === '' ? '' : ` ${definition.unit}`
  return fail(
    `${value}${suffix} is outside the valid range for parameter "${name}" (${shortNumber(least)}${suffix} .. ${shortNumber(greatest)}${suffix})`,
  )
}

function signedNumber(digits: string): number {
  return digits.startsWith('-') ? -Number(digits.slice(1)) : Number(digits.replace(/^\+/, ''))
}

function roundHalfEven(value: number): number {
  const floor = Math.floor(value)
  if (value - floor !== 0.5) return Math.round(value)
  return floor % 2 === 0 ? floor : floor + 1
}

function shortNumber(value: number): string {
  return Math.abs(value) > 1e300 ? '1.79769e+308' : String(value)
}

function canonicalText(name: string, text: string, current: string): string {
  switch (name) {
    case 'DateStyle':
      return canonicalDateStyle(text, current)
    case 'TimeZone':
    case 'log_timezone':
      return canonicalTimeZone(text, name)
    case 'client_encoding':
      return canonicalEncoding(text)
    case 'application_name':
      return printableAscii(text)
    default:
      return text
  }
}

/** Only UTF-8: a session in another encoding would need every text to be converted. */
function canonicalEncoding(text: string): string {
  const word = text.toLowerCase().replace(/[^a-z0-9]/g, '')
  if (word === 'utf8' || word === 'unicode') return 'UTF8'
  if (!KNOWN_ENCODINGS.test(word)) return invalid('client_encoding', text)
  throw new EngineError(SQLSTATE.featureNotSupported, `client_encoding ${text} is not supported`, {
    hint: 'Set client_encoding to UTF8',
  })
}

const KNOWN_ENCODINGS =
  /^(sqlascii|eucjp|euccn|euckr|euctw|eucjis2004|latin\d+|iso8859\d+|win\d+|windows\d+|koi8r?|koi8u|alt|abc|tcvn\d*|vscii|muleinternal|sjis|shiftjis|shiftjis2004|mskanji|big5|gbk|uhc|gb18030|johab)$/

function printableAscii(text: string): string {
  let result = ''
  for (const byte of Buffer.from(text)) {
    result +=
      byte >= 0x20 && byte <= 0x7e
        ? String.fromCharCode(byte)
        : `\\x${byte.toString(16).padStart(2, '0')}`
  }
  return result
}

function invalid(
  name: string,
  text: string,
  fields: { readonly hint?: string; readonly detail?: string } = {},
): never {
  return fail(`invalid value for parameter "${name}": "${text}"`, fields)
}

function fail(
  message: string,
  fields: { readonly hint?: string; readonly detail?: string } = {},
): never {
  throw new EngineError(SQLSTATE.invalidParameterValue, message, fields)
}
