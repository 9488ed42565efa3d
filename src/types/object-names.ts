/** Types whose values are objects of the catalog: numbers that print as names. Here they are held as their names. */

/** regproc, regprocedure, regoper, regoperator, regclass, regtype, regconfig, regdictionary, regnamespace, regrole, regcollation. */
const NAMED_OBJECTS: ReadonlySet<number> = new Set([
  ...[24, 2202, 2203, 2204, 2205, 2206, 3734, 3769, 4089, 4096, 4191],
])

/** The numbers of names, by {@link nameKey}. */
export type NameNumbers = ReadonlyMap<string, number>

/** Tells whether a type's values are objects of the catalog. */
export function isNamedObject(oid: number): boolean {
  return NAMED_OBJECTS.has(oid)
}

/** The key of a name of that type. */
export function nameKey(oid: number, name: string): string {
  return `${oid} ${name}`
}
