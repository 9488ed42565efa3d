/**
 * The numbers of what a plan names: values of regclass, regrole and the like are held as names, a client that wants them in binary gets
 * numbers, and those are in the catalog.
 */
import { isNamedObject, nameKey, type NameNumbers } from '../types/object-names.js'
import { decodeBinaryDatum } from '../types/binary-input.js'
import { parseArray } from '../types/array-text.js'
import { OID, type SqlType } from '../types/sql-type.js'
import { typeInfo } from '../types/type-registry.js'
import { fieldsOf, framesOf } from '../session/runner/data-rows.js'
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { AskCatalog } from './fill-catalog-queries.js'

/** Asks for them where a result column in binary is of such a type. `plan`: with the catalog's answers in it. */
export async function numbersOfNames(
  plan: PhysicalPlan,
  formats: readonly number[],
  ask: AskCatalog,
): Promise<NameNumbers> {
  const types = new Set(
    plan.columns
      .filter((_, index) => formats[index] === 1)
      .map(({ type }) => typeInfo(type.oid).elementOid ?? type.oid)
      .filter(isNamedObject),
  )
  const numbers = new Map<string, number>()
  if (types.size === 0) return numbers
  const names = new Map([...types].map((oid) => [oid, new Set<string>()]))
  collect(plan, names)
  for (const [oid, found] of names) {
    const type = typeInfo(oid).sqlName
    for (const name of found) {
      const sql = `SELECT $1::pg_catalog.${type}`
      const rows = await ask(sql, [OID.text], [Buffer.from(name)], [1]).catch(() => undefined)
      const [bytes] =
        rows === undefined ? [] : [...framesOf(rows)].map((frame) => fieldsOf(frame)[0])
      // A name without a number of its own (an overloaded function's) has no binary form.
      if (bytes) numbers.set(nameKey(oid, name), Number(decodeBinaryDatum(OID.oid, bytes)))
    }
  }
  return numbers
}

/** Finds all constants of these types, wherever they stand in the plan. */
function collect(part: unknown, names: ReadonlyMap<number, Set<string>>): void {
  if (Array.isArray(part)) for (const item of part as readonly unknown[]) collect(item, names)
  else if (part !== null && typeof part === 'object' && !ArrayBuffer.isView(part)) {
    const { kind, value, type } = part as { kind?: string; value?: unknown; type?: SqlType }
    if (kind === 'constant' && typeof value === 'string' && type !== undefined) {
      const element = typeInfo(type.oid).elementOid
      if (element === undefined) names.get(type.oid)?.add(value)
      else if (names.has(element)) {
        for (const item of parseArray(value).elements)
          if (item !== null) names.get(element)?.add(item)
      }
      return
    }
    for (const item of Object.values(part)) collect(item, names)
  }
}
