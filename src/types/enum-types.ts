/**
 * Enum types of sources. A type's OID follows from its name and labels: every thread knows it by the same number without being told, it
 * stays the same over restarts, and a type whose labels change is another type to the plans that are still running.
 * A value is held as the position of its label (lane int32), so that order, keys and extremes are those of integers.
 */
import { createHash } from 'node:crypto'
import { EngineError, SQLSTATE } from '../errors.js'
import { addType } from './type-registry.js'

/** An enum type as the catalog has it. */
export interface EnumType {
  readonly schema: string
  readonly name: string
  /** In their order. */
  readonly labels: readonly string[]
}

/** An enum type that this thread knows. */
export interface KnownEnum extends EnumType {
  readonly oid: number
  readonly arrayOid: number
  readonly positions: ReadonlyMap<string, number>
  /** The labels in UTF-8. */
  readonly bytes: readonly Uint8Array[]
}

const byOid = new Map<number, KnownEnum>()
const byElement = new Map<number, KnownEnum>()

/** Where the OIDs of such types begin: far above what a server hands out. An array type has the number after its element's. */
const FIRST_OID = 0x4000_0000

/** The OID of an enum type. */
export function enumOid({ schema, name, labels }: EnumType): number {
  const digest = createHash('sha256')
    .update(JSON.stringify([schema, name, labels]))
    .digest()
  return FIRST_OID + (digest.readUInt32BE(0) >>> 3) * 2
}

/** Tells whether a number is in the range of such types and their arrays. */
export function isEnumNumber(oid: number): boolean {
  return oid >= FIRST_OID
}

/** Makes types known to this thread. Knowing one twice does no harm. */
export function knowEnumTypes(types: Iterable<EnumType>): void {
  const encoder = new TextEncoder()
  for (const type of types) {
    const oid = enumOid(type)
    const sqlName = `${quoted(type.schema)}.${quoted(type.name)}`
    addType({ oid, name: type.name, sqlName, lane: 'int32', length: 4, arrayOid: oid + 1 })
    addType({
      ...{ oid: oid + 1, name: `_${type.name}`, sqlName: `${sqlName}[]` },
      ...{ lane: 'bytes', length: -1, elementOid: oid },
    })
    const known: KnownEnum = {
      ...type,
      oid,
      arrayOid: oid + 1,
      positions: new Map(type.labels.map((label, position) => [label, position])),
      bytes: type.labels.map((label) => encoder.encode(label)),
    }
    byOid.set(oid, known)
    byElement.set(oid + 1, known)
  }
}

function quoted(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Finds an enum type by its OID. */
export function enumOf(oid: number): KnownEnum | undefined {
  return byOid.get(oid)
}

/** Finds the enum type that a type is, or is an array of. */
export function enumWithin(oid: number): KnownEnum | undefined {
  return byOid.get(oid) ?? byElement.get(oid)
}

/** All types that this thread knows, the latest last. */
export function knownEnums(): Iterable<KnownEnum> {
  return byOid.values()
}

/** The number of a type, or of an array of it, that PostgreSQL prints by this name; undefined where none or several are called so. */
export function enumNumberOf(printed: string): number | undefined {
  const name = printed.replace(/\[\]$/, '')
  const numbers = new Map<string, number>()
  for (const type of byOid.values()) {
    const [schema, own] = [quotedNames(type.schema), quotedNames(type.name)]
    const isCalled =
      own.includes(name) || schema.some((first) => own.some((last) => name === `${first}.${last}`))
    if (isCalled) numbers.set(type.schema, printed === name ? type.oid : type.arrayOid)
  }
  return numbers.size === 1 ? [...numbers.values()][0] : undefined
}

/** A name as it may be printed: in quotes, or, where it is plain, without. */
function quotedNames(name: string): readonly string[] {
  return /^[a-z_][a-z0-9_]*$/.test(name) ? [name, quoted(name)] : [quoted(name)]
}

/** The position of a label; 22P02 where the type has none such. */
export function positionOfLabel(type: KnownEnum, label: string): number {
  const position = type.positions.get(label)
  if (position !== undefined) return position
  throw new EngineError(
    SQLSTATE.invalidTextRepresentation,
    `invalid input value for enum ${type.name}: "${label}"`,
  )
}
