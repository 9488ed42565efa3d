/** Chooses how a column of Snowflake's result becomes vectors of the type the statement promised. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { integerFromBytes } from '../../types/vectors/byte-parsing.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import {
  appendAsIs,
  appendByInput,
  appendDecimal,
  appendString,
  stringOf,
  textColumn,
  type AppendText,
  type TextColumn,
} from '../warehouse/text-column.js'
import type { ResultColumn } from './result-head.js'

/** Days and seconds from the Unix epoch to PostgreSQL's. */
const EPOCH_DAYS = 10_957
const EPOCH_SECONDS = 946_684_800

/** Makes the collector of one column. */
export function createColumn(
  name: string,
  type: SqlType,
  column: ResultColumn,
  scale: number | undefined,
  capacity: number,
): TextColumn {
  return textColumn(name, type, capacity, appendOf(type, column, scale))
}

function appendOf(type: SqlType, column: ResultColumn, scale: number | undefined): AppendText {
  const isWhole = column.type === 'fixed' && (column.scale ?? 0) === 0
  switch (type.oid) {
    case OID.bool:
      if (column.type === 'boolean') {
        return (builder, bytes, start) => {
          const first = bytes[start]
          builder.appendNumber(first === 49 || first === 116 || first === 84 ? 1 : 0)
        }
      }
      break
    case OID.int2:
    case OID.int4: {
      const most = type.oid === OID.int2 ? 4 : 9
      const slow = appendByInput(type)
      if (isWhole) {
        return (builder, bytes, start, end) =>
          (end - start <= most ? appendAsIs : slow)(builder, bytes, start, end)
      }
      break
    }
    case OID.int8:
      if (isWhole) {
        const slow = appendByInput(type)
        return (builder, bytes, start, end) =>
          (end - start <= 18 ? appendAsIs : slow)(builder, bytes, start, end)
      }
      break
    case OID.numeric:
      if (column.type === 'fixed') return appendDecimal(scale, type)
      break
    case OID.float8:
      if (column.type === 'real') {
        const slow = appendByInput(type)
        return (builder, bytes, start, end) => {
          const first = bytes[bytes[start] === 45 ? start + 1 : start]! - 48
          ;(first >= 0 && first <= 9 ? appendAsIs : slow)(builder, bytes, start, end)
        }
      }
      break
    case OID.date:
      if (column.type === 'date') {
        return (builder, bytes, start, end) =>
          builder.appendNumber(integerFromBytes(bytes, start, end) - EPOCH_DAYS)
      }
      break
    case OID.time:
      if (column.type === 'time') return clock(0)
      break
    case OID.timestamp:
      if (column.type === 'timestamp_ntz') return clock(EPOCH_SECONDS)
      break
    case OID.timestamptz:
      if (column.type === 'timestamp_ltz' || column.type === 'timestamp_tz') {
        return clock(EPOCH_SECONDS)
      }
      break
    case OID.text:
    case OID.varchar:
      if (
        type.typmod < 0 &&
        ['text', 'fixed', 'variant', 'object', 'array'].includes(column.type)
      ) {
        // prettier-ignore
        return appendString
      }
      break
    case OID.bytea:
      if (column.type === 'binary') {
        return (builder, bytes, start, end) => {
          const data = Buffer.from(stringOf(bytes, start, end), 'hex')
          builder.appendUtf8(data, 0, data.length)
        }
      }
      break
    case OID.json:
    case OID.jsonb:
      if (['variant', 'object', 'array', 'text'].includes(column.type))
        return document(type, column)
      break
  }
  return appendByInput(type, (text) => printed(text, column))
}

/** Seconds with a fraction, `-1.500000000`, and behind them maybe a zone, as microseconds. */
function clock(epoch: number): AppendText {
  return (builder, bytes, start, end) => {
    let at = start
    const isNegative = bytes[at] === 45
    if (isNegative) at++
    let seconds = 0
    for (; at < end && bytes[at] !== 46 && bytes[at] !== 32; at++) {
      seconds = seconds * 10 + bytes[at]! - 48
    }
    let micros = 0
    if (bytes[at] === 46) {
      let digits = 0
      for (at++; at < end && digits < 6 && bytes[at] !== 32; at++, digits++) {
        micros = micros * 10 + bytes[at]! - 48
      }
      for (; digits < 6; digits++) micros *= 10
    }
    const whole = (isNegative ? -seconds : seconds) - epoch
    const part = isNegative ? -micros : micros
    const value = whole * 1_000_000 + part
    if (Number.isSafeInteger(value)) builder.appendNumber(value)
    else builder.appendBigInt(BigInt(whole) * 1_000_000n + BigInt(part))
  }
}

function document(type: SqlType, column: ResultColumn): AppendText {
  const input = appendByInput(type)
  return (builder, bytes, start, end) => {
    try {
      input(builder, bytes, start, end)
    } catch (error) {
      // A VARIANT may hold what JSON cannot say: undefined, NaN, infinity.
      throw new EngineError(
        SQLSTATE.invalidTextRepresentation,
        `Column "${column.name}" holds a value that is not JSON`,
        { category: 'source', hint: 'Read it as text, or convert it in a query of the catalog', cause: error }, // prettier-ignore
      )
    }
  }
}

/** A value as PostgreSQL prints it, where a column is read as another type. */
function printed(text: string, column: ResultColumn): string {
  switch (column.type) {
    case 'boolean':
      return text === '1' || text.toLowerCase() === 'true' ? 't' : 'f'
    case 'date':
      return new Date(Number(text) * 86_400_000).toISOString().slice(0, 10)
    case 'time':
    case 'timestamp_ntz':
    case 'timestamp_ltz':
    case 'timestamp_tz': {
      const [seconds = '0', fraction = ''] = text.split(' ')[0]!.split('.')
      const stamp = new Date(Number(seconds) * 1000).toISOString().slice(0, 19).replace('T', ' ')
      const micros = fraction.slice(0, 6)
      const whole = /^0*$/.test(micros) ? stamp : `${stamp}.${micros}`
      return column.type === 'time'
        ? whole.slice(11)
        : column.type === 'timestamp_ntz'
          ? whole
          : `${whole}+00`
    }
    case 'binary':
      return `\\x${text.toLowerCase()}`
    default:
      return text
  }
}
