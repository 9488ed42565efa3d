/** PostgreSQL's input functions: text as users write it into canonical text. */
import { enumOf, positionOfLabel } from './enum-types.js'
import type { ValueSettings } from '../session/settings/value-settings.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { arrayDelimiter, formatArray, parseArray } from './array-text.js'
import type { DatetimeInputContext } from './datetime/datetime-field-taker.js'
import { readDatetime, type DatetimeInput } from './datetime/datetime-input.js'
import { dateText, offsetText, timestampText, timeText } from './datetime/datetime-output.js'
import {
  DATE_END,
  DATE_MINIMUM,
  joinMicrosExact,
  TIMESTAMP_END,
  TIMESTAMP_MINIMUM,
} from './datetime/datetime.js'
import { parseDateStyle } from './datetime/date-style.js'
import { readInterval } from './datetime/interval-input.js'
import { intervalText } from './datetime/interval-output.js'
import { jsonbInput, jsonInput } from './json-input.js'
import {
  boolInput,
  float4Input,
  float8Input,
  integerInput,
  numericInput,
  oidInput,
} from './numbers/number-input.js'
import { OID, type SqlType } from './sql-type.js'
import { bitInput, byteaInput, characterInput, nameInput, uuidInput } from './string-input.js'
import { zoneNamed } from './datetime/time-zone.js'
import { typeInfo } from './type-registry.js'

/** What input may depend on besides the settings. */
export interface InputContext {
  /** µs since 2000-01-01 UTC: what 'now' and 'today' mean; the clock's time when absent. */
  readonly now?: number
}

/** Unix time of 2000-01-01, in ms. */
const EPOCH_MILLISECONDS = 946_684_800_000

/**
 * Reads a value as PostgreSQL's input function does, fits it into the type's modifier and prints it in canonical
 * form. Types without reader here (network, geometric, text search, ranges) pass unchecked.
 */
export function canonicalDatum(
  type: SqlType,
  text: string,
  settings: ValueSettings,
  context: InputContext = {},
): string {
  const { elementOid } = typeInfo(type.oid)
  if (elementOid !== undefined) {
    const delimiter = arrayDelimiter(elementOid)
    const array = parseArray(text, delimiter)
    const element = { oid: elementOid, typmod: type.typmod }
    const elements = array.elements.map((value) =>
      value === null ? null : canonicalDatum(element, value, settings, context),
    )
    return formatArray({ ...array, elements }, delimiter)
  }
  switch (type.oid) {
    case OID.int2:
      return integerInput(text, 'smallint', -32768n, 32767n)
    case OID.int4:
      return integerInput(text, 'integer', -2147483648n, 2147483647n)
    case OID.int8:
      return integerInput(text, 'bigint', -9223372036854775808n, 9223372036854775807n)
    case OID.oid:
      return oidInput(text)
    case OID.float4:
      return float4Input(text)
    case OID.float8:
      return float8Input(text)
    case OID.numeric:
      return numericInput(text, type.typmod)
    case OID.bool:
      return boolInput(text)
    case OID.varchar:
      return characterInput(text, type.typmod, 'character varying')
    case OID.bpchar:
      return characterInput(text, type.typmod, 'character')
    case OID.name:
      return nameInput(text)
    case OID.bytea:
      return byteaInput(text)
    case OID.uuid:
      return uuidInput(text)
    case OID.bit:
    case OID.varbit:
      return bitInput(text, type.typmod, type.oid === OID.varbit)
    case OID.json:
      return jsonInput(text)
    case OID.jsonb:
      return jsonbInput(text)
    case OID.date:
      return dateInput(text, contextOf(settings, context))
    case OID.timestamp:
    case OID.timestamptz:
      return timestampInput(text, type, contextOf(settings, context))
    case OID.time:
    case OID.timetz:
      return timeInput(text, type, contextOf(settings, context))
    case OID.interval: {
      const { months, days, micros } = readInterval(text, type.typmod, settings.intervalStyle)
      return intervalText(months, days, micros)
    }
    default: {
      const known = enumOf(type.oid)
      if (known !== undefined) positionOfLabel(known, text)
      return text
    }
  }
}

function contextOf(settings: ValueSettings, context: InputContext): DatetimeInputContext {
  return {
    order: parseDateStyle(settings.dateStyle).order,
    zone: zoneNamed(settings.timeZone),
    now: context.now ?? (Date.now() - EPOCH_MILLISECONDS) * 1000,
  }
}

function dateInput(text: string, context: DatetimeInputContext): string {
  const value = readDatetime(text, 'date', false, context)
  if (value.kind === 'epoch') return '1970-01-01'
  if (value.kind !== 'moment') return value.kind
  if (value.days < DATE_MINIMUM || value.days >= DATE_END) {
    throw new EngineError(SQLSTATE.datetimeOverflow, `date out of range: "${text}"`)
  }
  return dateText(value.days)
}

function timestampInput(text: string, type: SqlType, context: DatetimeInputContext): string {
  const isZoned = type.oid === OID.timestamptz
  const name = isZoned ? 'timestamp with time zone' : 'timestamp'
  const value = readDatetime(text, name, false, context)
  if (value.kind === 'infinity' || value.kind === '-infinity') return value.kind
  const micros = roundMicros(timestampMicros(value, isZoned), type.typmod)
  if (micros < TIMESTAMP_MINIMUM || micros >= TIMESTAMP_END) {
    throw new EngineError(SQLSTATE.datetimeOverflow, `timestamp out of range: "${text}"`)
  }
  return isZoned
    ? timestampText(micros, undefined, { offset: 0, abbreviation: 'UTC' })
    : timestampText(micros)
}

function timestampMicros(value: DatetimeInput, isZoned: boolean): bigint {
  if (value.kind !== 'moment') return -946_684_800_000_000n
  const local = joinMicrosExact(value.days, value.time)
  return isZoned ? local - BigInt(value.offset) * 1_000_000n : local
}

function timeInput(text: string, type: SqlType, context: DatetimeInputContext): string {
  const isZoned = type.oid === OID.timetz
  const name = isZoned ? 'time with time zone' : 'time'
  const value = readDatetime(text, name, true, context)
  if (value.kind !== 'moment') throw new EngineError(SQLSTATE.internalError, 'Not a time of day')
  const micros = Number(roundMicros(BigInt(value.time), type.typmod))
  return isZoned ? timeText(micros) + offsetText(value.offset) : timeText(micros)
}

/** Rounds to the fraction digits of a modifier, half away from zero. */
function roundMicros(micros: bigint, typmod: number): bigint {
  if (typmod < 0 || typmod >= 6) return micros
  const unit = 10n ** BigInt(6 - typmod)
  const size = micros < 0n ? -micros : micros
  const rounded = ((size + unit / 2n) / unit) * unit
  return micros < 0n ? -rounded : rounded
}
