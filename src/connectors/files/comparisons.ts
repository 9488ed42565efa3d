/**
 * PostgreSQL's comparison functions that DuckDB does exactly. Those of bytea are missing: looking for x'00' among the values of a Parquet
 * file it finds nothing (met in 1.5.6, tests/conformance).
 */

const OPERATORS = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const

const NAMES: readonly RegExp[] = [
  /^int(?:2|4|8|24|28|42|48|82|84)(eq|ne|lt|le|gt|ge)$/,
  /^numeric_(eq|ne|lt|le|gt|ge)$/,
  /^float(?:4|8|48|84)(eq|ne|lt|le|gt|ge)$/,
  /^bool(eq|ne|lt|le|gt|ge)$/,
  /^(?:date|time|timestamp|timestamptz|uuid)_(eq|ne|lt|le|gt|ge)$/,
  /^date_(eq|ne|lt|le|gt|ge)_timestamp$/,
  /^timestamp_(eq|ne|lt|le|gt|ge)_date$/,
  /^text_?(eq|ne|lt|le|gt|ge)$/,
]

/** The operator of a comparison, by its function's name; undefined when it is none. */
export function comparisonOperator(functionName: string): string | undefined {
  for (const pattern of NAMES) {
    const match = pattern.exec(functionName)
    if (match) return OPERATORS[match[1] as keyof typeof OPERATORS]
  }
  return undefined
}
