/** What is known about each PostgreSQL type: names, storage lane, array and element types; and type names as text. */
import { EngineError, SQLSTATE } from '../errors.js'
import { BUILT_IN_TYPES } from './built-in-types.js'
import { OID, type Lane, type SqlType } from './sql-type.js'

/** One entry of the type table. */
export interface TypeInfo {
  readonly oid: number
  /** pg_type.typname: `float8`, `_int4`. */
  readonly name: string
  /** The name format_type prints without modifier: `double precision`, `integer[]`. */
  readonly sqlName: string
  readonly lane: Lane
  /** pg_type.typlen: bytes of a fixed-width value, -1 when variable. */
  readonly length: number
  readonly arrayOid?: number
  readonly elementOid?: number
}

const LANES: ReadonlyMap<number, Lane> = new Map<number, Lane>([
  [OID.bool, 'bool'],
  [OID.int2, 'int32'],
  [OID.int4, 'int32'],
  [OID.date, 'int32'],
  [OID.int8, 'int64'],
  [OID.oid, 'int64'],
  [OID.time, 'int64'],
  [OID.timestamp, 'int64'],
  [OID.timestamptz, 'int64'],
  [OID.float4, 'float64'],
  [OID.float8, 'float64'],
  [OID.numeric, 'numeric'],
  [OID.interval, 'interval'],
])

const byOid = new Map<number, TypeInfo>()
const bySpelling = new Map<string, number>()

for (const [oid, name, sqlName, length, arrayOid] of BUILT_IN_TYPES) {
  const lane = LANES.get(oid) ?? 'bytes'
  byOid.set(oid, { oid, name, sqlName, lane, length, ...(arrayOid > 0 ? { arrayOid } : {}) })
  bySpelling.set(name, oid)
  bySpelling.set(sqlName, oid)
  if (arrayOid === 0) continue
  const array = { oid: arrayOid, name: `_${name}`, sqlName: `${sqlName}[]`, length: -1 }
  byOid.set(arrayOid, { ...array, lane: 'bytes', elementOid: oid })
  bySpelling.set(array.name, arrayOid)
}
// Spellings of the grammar that are neither typname nor format_type's name.
for (const [spelling, oid] of [
  ['int', OID.int4],
  ['dec', OID.numeric],
  ['decimal', OID.numeric],
  ['float', OID.float8],
  ['char', OID.bpchar],
  ['nchar', OID.bpchar],
  ['national character', OID.bpchar],
  ['national char', OID.bpchar],
  ['national character varying', OID.varchar],
  ['national char varying', OID.varchar],
  ['nchar varying', OID.varchar],
  ['char varying', OID.varchar],
  ['time', OID.time],
  ['timestamp', OID.timestamp],
] as const) {
  bySpelling.set(spelling, oid)
}

/** Adds a type that is not built in. */
export function addType(info: TypeInfo): void {
  byOid.set(info.oid, info)
  bySpelling.set(info.sqlName, info.oid)
}

/** Describes a type; one that is not known is treated as variable-length text. */
export function typeInfo(oid: number): TypeInfo {
  return byOid.get(oid) ?? { oid, name: '???', sqlName: '???', lane: 'bytes', length: -1 }
}

/** Names the lane that values of a type are stored in. */
export function laneOf(type: SqlType): Lane {
  return byOid.get(type.oid)?.lane ?? 'bytes'
}

/** Prints a type as PostgreSQL's format_type does: `numeric(12,2)`, `timestamp(3) with time zone`, `integer[]`. */
export function formatTypeName(type: SqlType): string {
  const info = typeInfo(type.oid)
  if (info.elementOid !== undefined) {
    return `${formatTypeName({ oid: info.elementOid, typmod: type.typmod })}[]`
  }
  const { typmod } = type
  if (type.oid === OID.bpchar) {
    // Without a length the internal name is the only spelling that does not mean character(1).
    return typmod >= 4 ? `character(${typmod - 4})` : typmod === -1 ? 'bpchar' : 'character'
  }
  if (type.oid === OID.bit) return typmod > 0 ? `bit(${typmod})` : typmod === -1 ? '"bit"' : 'bit'
  if (typmod < 0) return info.sqlName
  switch (type.oid) {
    case OID.varchar:
      return typmod >= 4 ? `character varying(${typmod - 4})` : info.sqlName
    case OID.varbit:
      return `bit varying(${typmod})`
    case OID.numeric: {
      const { precision, scale } = numericTypmod(typmod)
      return `numeric(${precision},${scale})`
    }
    case OID.time:
    case OID.timestamp:
      return info.sqlName.replace(' ', `(${typmod}) `)
    case OID.timetz:
    case OID.timestamptz:
      return info.sqlName.replace(' ', `(${typmod}) `)
    case OID.interval:
      return `interval${intervalTypmodText(typmod)}`
    default:
      return info.sqlName
  }
}

/** Unpacks the modifier of numeric(p,s); the scale may be negative. */
export function numericTypmod(typmod: number): { precision: number; scale: number } {
  const packed = typmod - 4
  return { precision: (packed >> 16) & 0xffff, scale: ((packed & 0x7ff) ^ 1024) - 1024 }
}

// Interval fields by the bit that interval's typmod gives them.
const YEAR = 1 << 2
const MONTH = 1 << 1
const DAY = 1 << 3
const HOUR = 1 << 10
const MINUTE = 1 << 11
const SECOND = 1 << 12
const INTERVAL_FULL_RANGE = 0x7fff
const INTERVAL_FULL_PRECISION = 0xffff

const INTERVAL_FIELDS: readonly (readonly [string, number])[] = [
  ['year', YEAR],
  ['month', MONTH],
  ['day', DAY],
  ['hour', HOUR],
  ['minute', MINUTE],
  ['second', SECOND],
  ['year to month', YEAR | MONTH],
  ['day to hour', DAY | HOUR],
  ['day to minute', DAY | HOUR | MINUTE],
  ['day to second', DAY | HOUR | MINUTE | SECOND],
  ['hour to minute', HOUR | MINUTE],
  ['hour to second', HOUR | MINUTE | SECOND],
  ['minute to second', MINUTE | SECOND],
]

function intervalTypmodText(typmod: number): string {
  const range = (typmod >> 16) & 0x7fff
  const precision = typmod & 0xffff
  const fields = INTERVAL_FIELDS.find(([, mask]) => mask === range)
  const digits = precision === INTERVAL_FULL_PRECISION ? '' : `(${precision})`
  return `${fields === undefined ? '' : ` ${fields[0]}`}${digits}`
}

/**
 * Reads a type name as users write it in a catalog: `bigint`, `numeric(12,2)`, `text[]`, `varchar(10)`,
 * `timestamp(3) with time zone`. Throws 42704 for a type that PostgreSQL does not have.
 */
export function parseTypeName(text: string): SqlType {
  let rest = text.trim().replace(/\s+/g, ' ')
  const quoted = /^"([^"]+)"/.exec(rest)
  const added = bySpelling.get(rest)
  if (added !== undefined && rest.startsWith('"')) return { oid: added, typmod: -1 }
  if (quoted === null) rest = rest.toLowerCase()
  let isArray = false
  const bounds = /( ?\[ ?\d* ?\])+$| array( ?\[ ?\d+ ?\])?$/.exec(rest)
  if (bounds !== null) {
    isArray = true
    rest = rest.slice(0, bounds.index)
  }
  rest = rest.replace(/^pg_catalog\./, '')
  const element = scalarTypeNamed(rest)
  if (element === undefined) {
    throw new EngineError(SQLSTATE.undefinedObject, `type "${text.trim()}" does not exist`)
  }
  if (!isArray) return element
  const arrayOid = typeInfo(element.oid).arrayOid
  if (arrayOid === undefined) {
    throw new EngineError(
      SQLSTATE.undefinedObject,
      `could not find array type for data type ${formatTypeName(element)}`,
    )
  }
  return { oid: arrayOid, typmod: element.typmod }
}

function scalarTypeNamed(text: string): SqlType | undefined {
  const interval = /^interval(?: ([a-z]+(?: to [a-z]+)?))? ?(?:\( ?(\d+) ?\))?$/.exec(text)
  if (interval !== null) return intervalType(interval[1], interval[2])
  const parts =
    /^("?[a-z_][a-z0-9_ ]*?"?) ?(?:\( ?(-?\d+)(?: ?, ?(-?\d+))? ?\))?( with(?:out)? time zone)?$/.exec(
      text,
    )
  if (parts === null) return undefined
  const [, base = '', first, second, zone] = parts
  const name = zone === undefined ? base : `${base}${zone}`
  // "char" in quotes is the one-byte type; char is character(1).
  const oid = base === '"char"' ? OID.char : bySpelling.get(name.replace(/^"|"$/g, ''))
  if (oid === undefined) return undefined
  if (base === 'float' && first !== undefined) return floatOfBits(Number(first))
  return { oid, typmod: typmodOf(oid, base, first, second) }
}

/** float(n) names the type that has at least n bits of mantissa. */
function floatOfBits(bits: number): SqlType {
  if (bits < 1) throw invalidModifier('precision for type float must be at least 1 bit')
  if (bits > 53) throw invalidModifier('precision for type float must be less than 54 bits')
  return { oid: bits <= 24 ? OID.float4 : OID.float8, typmod: -1 }
}

function typmodOf(
  oid: number,
  spelling: string,
  first: string | undefined,
  second: string | undefined,
): number {
  if (first === undefined) {
    // The SQL spellings of character and bit mean one; the internal names mean any length.
    if (oid === OID.bpchar) return spelling === 'bpchar' ? -1 : 5
    return oid === OID.bit && spelling === 'bit' ? 1 : -1
  }
  const n = Number(first)
  switch (oid) {
    case OID.varchar:
    case OID.bpchar:
      if (n < 1)
        throw invalidModifier(
          `length for type ${typeInfo(oid).name === 'bpchar' ? 'char' : 'varchar'} must be at least 1`,
        )
      if (n > 10485760)
        throw invalidModifier(
          `length for type ${oid === OID.bpchar ? 'char' : 'varchar'} cannot exceed 10485760`,
        )
      return n + 4
    case OID.bit:
    case OID.varbit:
      return n
    case OID.numeric: {
      const scale = second === undefined ? 0 : Number(second)
      if (n < 1 || n > 1000) {
        throw invalidModifier(`NUMERIC precision ${n} must be between 1 and 1000`)
      }
      if (scale < -1000 || scale > 1000) {
        throw invalidModifier(`NUMERIC scale ${scale} must be between -1000 and 1000`)
      }
      return ((n << 16) | (scale & 0x7ff)) + 4
    }
    case OID.time:
    case OID.timetz:
    case OID.timestamp:
    case OID.timestamptz:
      return Math.min(n, 6)
    default:
      throw new EngineError(
        SQLSTATE.syntaxError,
        `type modifier is not allowed for type "${typeInfo(oid).name}"`,
      )
  }
}

function intervalType(
  fields: string | undefined,
  precision: string | undefined,
): SqlType | undefined {
  if (fields === undefined && precision === undefined) return { oid: OID.interval, typmod: -1 }
  const entry = INTERVAL_FIELDS.find(([name]) => name === fields)
  if (fields !== undefined && entry === undefined) return undefined
  const range = entry === undefined ? INTERVAL_FULL_RANGE : entry[1]
  const digits = precision === undefined ? INTERVAL_FULL_PRECISION : Math.min(Number(precision), 6)
  return { oid: OID.interval, typmod: (range << 16) | digits }
}

function invalidModifier(message: string): EngineError {
  return new EngineError(SQLSTATE.invalidParameterValue, message)
}
