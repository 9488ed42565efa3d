/** Types of the test servers' values, by the product's own names. */

export interface ValueType {
  /** INT64, NUMBER, STRING, ARRAY, ... ; NULL is the type of a bare NULL. */
  readonly name: string
  readonly precision?: number
  readonly scale?: number
  /** Of ARRAY. */
  readonly element?: ValueType
  /** Of STRUCT. */
  readonly fields?: readonly { readonly name: string; readonly type: ValueType }[]
}

/** An expression translated to DuckDB. */
export interface Typed {
  readonly sql: string
  readonly type: ValueType
  /** The text of a string that is known. */
  readonly constant?: string
}

/** Makes a type of a name alone. */
export function typeNamed(name: string): ValueType {
  return { name }
}

/** Quotes a string for DuckDB. */
export function literal(value: string): string {
  // DuckDB takes no zero bytes in its text.
  return `'${value.replaceAll("'", "''")}'`
}
