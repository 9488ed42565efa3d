/** Canonical text of a literal in the statement, printed by PostgreSQL: for constants of types not decoded here. */
import type { PostgresInstance } from '../postgres/pglite.js'
import type { PostgresFacts } from '../postgres-facts.js'

/**
 * Prints the string literal at a byte offset of the statement as its type prints. Undefined where the literal is
 * written in a way that is not recognised for certain.
 */
export function printLiteral(
  postgres: PostgresInstance,
  facts: PostgresFacts,
  sql: string,
  location: number,
  type: number,
): string | undefined {
  const literal = literalAt(Buffer.from(sql).subarray(location).toString('utf8'))
  if (literal === undefined) return undefined
  const name = facts.type(type).name.replaceAll('"', '""')
  const rows = postgres.query(`SELECT CAST(${literal} AS pg_catalog."${name}")`)
  return rows[0]?.[0] ?? undefined
}

/** Finds the one literal a text begins with. A literal that may continue on another line is not recognised. */
export function literalAt(text: string): string | undefined {
  // No backslashes: what they mean depends on a setting.
  const quoted = /^'(?:[^'\\]|'')*'/.exec(text) ?? /^[eE]'(?:[^'\\]|''|\\[^])*'/.exec(text)
  const literal = quoted?.[0] ?? dollarQuoted(text)
  if (literal === undefined) return undefined
  return /^\s*(?:'|--)/.test(text.slice(literal.length)) ? undefined : literal
}

function dollarQuoted(text: string): string | undefined {
  const tag = /^\$(?:[A-Za-z_\x80-\uffff][A-Za-z0-9_\x80-\uffff]*)?\$/.exec(text)?.[0]
  if (tag === undefined) return undefined
  const end = text.indexOf(tag, tag.length)
  return end < 0 ? undefined : text.slice(0, end + tag.length)
}
