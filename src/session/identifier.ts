/** Quoting of SQL identifiers and literals in the statements a session builds for the analyzer. */

/** Quotes an identifier, always. */
export function quoteIdentifier(name: string): string {
  return `"${name.replaceAll('"', '""')}"`
}

/** Quotes a string literal so that it reads the same with standard_conforming_strings on or off. */
export function quoteLiteral(value: string): string {
  const doubled = value.replaceAll("'", "''")
  return value.includes('\\') ? `E'${doubled.replaceAll('\\', '\\\\')}'` : `'${doubled}'`
}
