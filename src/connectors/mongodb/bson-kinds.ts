/** Which BSON types a column accepts for its PostgreSQL type, and how far MongoDB compares them as PostgreSQL does. */
import { OID, type SqlType } from '../../types/sql-type.js'

/** A BSON type by the name that `$type` gives it. */
export type BsonKind = string

/** Type codes of BSON and the names of `$type`. */
export const KIND_OF_CODE: Readonly<Record<number, BsonKind>> = {
  0x01: 'double',
  0x02: 'string',
  0x03: 'object',
  0x04: 'array',
  0x05: 'binData',
  0x06: 'undefined',
  0x07: 'objectId',
  0x08: 'bool',
  0x09: 'date',
  0x0a: 'null',
  0x0b: 'regex',
  0x0c: 'dbPointer',
  0x0d: 'javascript',
  0x0e: 'symbol',
  0x0f: 'javascriptWithScope',
  0x10: 'int',
  0x11: 'timestamp',
  0x12: 'long',
  0x13: 'decimal',
  0xff: 'minKey',
  0x7f: 'maxKey',
}

const ALL_KINDS = new Set<BsonKind>([...Object.values(KIND_OF_CODE), 'uuid'])

/** What `$type` says of a field that holds NULL. */
export const NULL_KINDS: readonly BsonKind[] = ['missing', 'null', 'undefined']

/**
 * How values of a column compare at the source. integer, numeric, float: numbers; text: strings, by bytes; objectId: a text of 24
 * hex digits kept as ObjectId; timestamp and date: BSON dates (of a date only the day counts).
 */
export type Family =
  'integer' | 'numeric' | 'float' | 'text' | 'objectId' | 'boolean' | 'timestamp' | 'date' | 'uuid'

/** The family of a type when its values come from an expression; undefined: MongoDB does not compare it as PostgreSQL does. */
export function familyOf(type: SqlType): Family | undefined {
  switch (type.oid) {
    case OID.bool:
      return 'boolean'
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return 'integer'
    case OID.numeric:
      return 'numeric'
    case OID.float8:
      return 'float'
    case OID.text:
    case OID.varchar:
      return 'text'
    case OID.timestamp:
    case OID.timestamptz:
      return 'timestamp'
    case OID.date:
      return 'date'
    case OID.uuid:
      return 'uuid'
    default:
      return undefined
  }
}

/** The kinds a family's values have in a result. */
export function kindsOfFamily(family: Family): readonly BsonKind[] {
  switch (family) {
    case 'integer':
      return ['int', 'long']
    case 'numeric':
      return ['int', 'long', 'decimal']
    case 'float':
      return ['double', 'int']
    case 'text':
      return ['string']
    case 'objectId':
      return ['objectId']
    case 'boolean':
      return ['bool']
    case 'timestamp':
    case 'date':
      return ['date']
    case 'uuid':
      return ['binData']
  }
}

export interface AcceptedKinds {
  /** undefined: every kind. */
  readonly kinds: readonly BsonKind[] | undefined
  /** The families that comparisons of the column are made of, one per kind of text. Empty: it is not compared at the source. */
  readonly families: readonly Family[]
  /** Why there are no families. */
  readonly reason?: string
}

const NUMBERS: readonly BsonKind[] = ['double', 'int', 'long', 'decimal']

/**
 * Works out what a column accepts. `native`: the kinds that discovery saw or the source file declares (`int|double`); what was
 * seen is accepted where it can be read as the type, but kinds beyond the type's own take comparing away.
 */
export function acceptedKinds(
  type: SqlType,
  native: string | undefined,
  path: string,
): AcceptedKinds {
  const seen = (native ?? '').split('|').filter((kind) => ALL_KINDS.has(kind))
  const family = familyOf(type)
  switch (type.oid) {
    case OID.text:
    case OID.varchar: {
      const kinds = seen.length > 0 ? seen : path === '_id' ? ['string', 'objectId'] : ['string']
      const odd = kinds.find((kind) => kind !== 'string' && kind !== 'objectId')
      if (odd !== undefined) return unlike(kinds, odd)
      return { kinds, families: kinds.map((kind) => (kind === 'string' ? 'text' : 'objectId')) }
    }
    case OID.int2:
    case OID.int4:
      return withSeen(['int'], seen, family!)
    case OID.int8:
      return withSeen(['int', 'long'], seen, family!)
    case OID.numeric:
      return withSeen(['int', 'long', 'decimal'], seen, family!)
    case OID.float8:
      return withSeen(['double', 'int'], seen, family!)
    case OID.float4:
      return {
        kinds: NUMBERS,
        families: [],
        reason: 'MongoDB keeps real numbers in double precision',
      }
    case OID.bytea:
      return {
        kinds: ['binData'],
        families: [],
        reason: 'MongoDB compares binary data by length and subtype first',
      }
    case OID.json:
    case OID.jsonb:
      return {
        kinds: undefined,
        families: [],
        reason: 'MongoDB does not compare documents as jsonb',
      }
    default:
      if (family !== undefined) return { kinds: kindsOfFamily(family), families: [family] }
      return { kinds: ['array'], families: [], reason: 'MongoDB does not have this type' }
  }
}

function withSeen(own: readonly BsonKind[], seen: readonly BsonKind[], family: Family) {
  const more = seen.filter((kind) => NUMBERS.includes(kind) && !own.includes(kind))
  return more.length === 0
    ? { kinds: own, families: [family] }
    : unlike([...own, ...more], more.join(', '))
}

function unlike(kinds: readonly BsonKind[], odd: string): AcceptedKinds {
  const reason = `the field also holds ${odd} values, which MongoDB does not compare as this type`
  return { kinds, families: [], reason }
}
