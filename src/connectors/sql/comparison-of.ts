/** PostgreSQL's comparison functions by family, as far as SQL databases compare the same way. */

export type ComparisonFamily =
  'integer' | 'numeric' | 'float' | 'boolean' | 'date' | 'time' | 'text' | 'bytea'

export interface Comparison {
  readonly family: ComparisonFamily
  readonly operator: '=' | '<>' | '<' | '<=' | '>' | '>='
}

const OPERATORS = { eq: '=', ne: '<>', lt: '<', le: '<=', gt: '>', ge: '>=' } as const

const NAMES: readonly (readonly [RegExp, ComparisonFamily])[] = [
  [/^int(?:2|4|8|24|28|42|48|82|84)(eq|ne|lt|le|gt|ge)$/, 'integer'],
  [/^numeric_(eq|ne|lt|le|gt|ge)$/, 'numeric'],
  [/^float(?:4|8|48|84)(eq|ne|lt|le|gt|ge)$/, 'float'],
  [/^bool(eq|ne|lt|le|gt|ge)$/, 'boolean'],
  [/^(?:date|timestamp|timestamptz)_(eq|ne|lt|le|gt|ge)$/, 'date'],
  [/^date_(eq|ne|lt|le|gt|ge)_timestamp$/, 'date'],
  [/^timestamp_(eq|ne|lt|le|gt|ge)_date$/, 'date'],
  [/^time_(eq|ne|lt|le|gt|ge)$/, 'time'],
  [/^text_?(eq|ne|lt|le|gt|ge)$/, 'text'],
  [/^bytea(eq|ne|lt|le|gt|ge)$/, 'bytea'],
]

/** Names asked about before: sources are asked about the same few functions all the time. */
const known = new Map<string, Comparison | undefined>()

/** More names than PostgreSQL has functions come from functions that users made. */
const MOST_KNOWN = 5000

/** Recognises a comparison by its function's name. */
export function comparisonOf(functionName: string): Comparison | undefined {
  const before = known.get(functionName)
  if (before !== undefined || known.has(functionName)) return before
  const found = findComparison(functionName)
  if (known.size < MOST_KNOWN) known.set(functionName, found)
  return found
}

function findComparison(functionName: string): Comparison | undefined {
  for (const [pattern, family] of NAMES) {
    const match = pattern.exec(functionName)
    if (match) return { family, operator: OPERATORS[match[1] as keyof typeof OPERATORS] }
  }
  return undefined
}
