/** What text comparison and case mapping mean at a PostgreSQL server, from the collations that discovery recorded. */
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import { sharingSources } from '../../catalog/neighbours.js'
import type { SqlType } from '../../types/sql-type.js'
import { OID } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'

const COLLATABLE: ReadonlySet<number> = new Set([OID.text, OID.varchar, OID.bpchar])

/** Tells whether values of a type are compared under a collation. */
export function isCollatable(type: SqlType): boolean {
  return COLLATABLE.has(typeInfo(type.oid).elementOid ?? type.oid)
}

/**
 * How collations are written in lock files: the name, then what the engine must know of it in parentheses, e.g. `en_US.UTF-8 (libc)`,
 * `de-x-icu (icu, nondeterministic)`.
 */
export function describeCollation(
  name: string,
  provider: string,
  isDeterministic: boolean,
): string {
  const providers: Readonly<Record<string, string>> = { b: 'builtin', c: 'libc', i: 'icu' }
  const label = providers[provider] ?? provider
  return `${name} (${label}${isDeterministic ? '' : ', nondeterministic'})`
}

/** Tells whether equality under a collation is equality of bytes. Unknown collations count as PostgreSQL's default: they are. */
export function isDeterministic(collation: string | undefined): boolean {
  return collation === undefined || !collation.includes('nondeterministic')
}

/** Tells whether a collation orders by bytes. */
export function isByteOrder(collation: string | undefined): boolean {
  return (
    collation !== undefined && /^(C|POSIX|ucs_basic|C\.UTF-?8|pg_c_utf8)( \(|$)/i.test(collation)
  )
}

/** The server's major version; 12, the oldest supported, when it is not known. */
export function majorVersion(server: ServerFacts | undefined): number {
  const match = /\d+/.exec(server?.version ?? '')
  return match === null ? 12 : Number(match[0])
}

/**
 * How upper, lower, ILIKE and regular expressions are made to follow the engine's case rules (Unicode's simple mappings).
 * collate: by naming the built-in collation that has them. as-is: the database's own are the same. differs: neither.
 */
export type CaseRules =
  | { readonly kind: 'collate'; readonly collation: string }
  | { readonly kind: 'as-is' }
  | { readonly kind: 'differs'; readonly reason: string }

/**
 * Decides for one server. From version 17 there is pg_c_utf8. Before, glibc's UTF-8 locales have the same mappings, except Turkic ones;
 * ICU maps one character to several (upper('ß') = 'SS'), and the C locale knows only ASCII.
 */
export function caseRulesOf(source: SourceDefinition): CaseRules {
  const server = source.server
  if (majorVersion(server) >= 17) return { kind: 'collate', collation: 'pg_c_utf8' }
  const collation = server?.collation
  if (collation === undefined) {
    return differs('its collation is not known; run discover')
  }
  const name = collation.replace(/ \(.*$/, '')
  if (/\(icu/.test(collation)) return differs(`ICU's case rules (${name}) differ from the engine's`)
  if (/^(tr|az)_/.test(name)) return differs(`the case rules of ${name} differ from the engine's`)
  if (/\.utf-?8$/i.test(name) && hasOnlyDefaultCollation(source)) return { kind: 'as-is' }
  if (/\.utf-?8$/i.test(name)) return differs('some columns have collations of their own')
  return differs(`the locale ${name} maps the case of ASCII letters only`)
}

function differs(reason: string): CaseRules {
  return { kind: 'differs', reason }
}

function hasOnlyDefaultCollation(source: SourceDefinition): boolean {
  return otherCollationsOf(source).size === 0
}

/** The collations of columns that are not the database's default. */
export function otherCollationsOf(source: SourceDefinition): ReadonlySet<string> {
  const found = new Set<string>()
  for (const table of sharingSources(source).flatMap((sharing) => sharing.tables)) {
    for (const { collation } of table.columns) {
      if (collation !== undefined && collation !== source.server?.collation) found.add(collation)
    }
  }
  return found
}
