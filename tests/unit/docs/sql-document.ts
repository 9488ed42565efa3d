/** Writes the lists of docs/sql.md from the code that decides them. */
import { nativeAggregateSignatures } from '../../../src/executor/aggregates/native-aggregates.js'
import { nativeSetFunctionSignatures } from '../../../src/executor/set-functions/native-set-functions.js'
import { WINDOW_FUNCTIONS } from '../../../src/executor/windows/window-functions.js'
import { kernelSignatures } from '../../../src/expressions/kernels/registry.js'

const INTRODUCTION = `# SQL

What PostgreSQL accepts over the tables of the catalog, Tributary accepts: PostgreSQL itself analyzes every statement. Where a
statement then runs is decided piece by piece; \`EXPLAIN\` shows it.

1. **At a source**, where the source means exactly what PostgreSQL means. EXPLAIN prints the remote text, and for what stayed here the
   reason.
2. **In Tributary's own executor**: joins of every kind, aggregates, grouping sets, windows, sorts, set operations, recursive CTEs,
   and the functions listed below.
3. **In a local PostgreSQL**, over rows already fetched, for everything else; EXPLAIN names the node (\`Local PostgreSQL\`) and why.
   It is slower and holds its result in memory: a net, not a road.

Refused: INSERT, UPDATE, DELETE, DDL and the like (\`0A000\`), \`FOR UPDATE\` (\`25006\`), TABLESAMPLE (\`0A000\`), functions that read
server files, run SQL text or change identity (\`42501\`).

Text compares and sorts by bytes (PostgreSQL's C collation, with Unicode upper and lower), whatever collation a source has.

Two differences are meant. PostgreSQL computes constant expressions while it plans, and so raises errors of branches that no row
reaches (\`CASE WHEN id < 0 THEN 1/0 END\`, or \`1/0\` over an empty table); what runs here raises errors only where a row needs the value, what
runs at a PostgreSQL source raises them as that does. And a statement nested so deeply that a thread's stack ends is refused
(\`54001\`) at other depths than PostgreSQL's.

The lists below are written by the code; a test fails when they are not current. A signature may still go to the local PostgreSQL for
arguments it cannot do exactly (a pattern that is not constant, a template it does not know).
`

/** The whole document. */
export function sqlDocument(): string {
  return [
    INTRODUCTION,
    section('Functions and operators in the executor', kernelSignatures()),
    section('Aggregates in the executor', nativeAggregateSignatures()),
    section('Window functions in the executor', [...WINDOW_FUNCTIONS.keys()]),
    section('Set-returning functions in the executor', nativeSetFunctionSignatures()),
  ].join('\n')
}

/** One line per name, its argument lists after it. */
function section(title: string, signatures: readonly string[]): string {
  const byName = new Map<string, Set<string>>()
  for (const signature of signatures) {
    const [, name = signature, list = ''] = /^([^(]+)(\(.*\))$/.exec(signature) ?? []
    byName.set(name, (byName.get(name) ?? new Set()).add(list))
  }
  const lines = [...byName]
    .sort(([a], [b]) => (a < b ? -1 : 1))
    .map(
      ([name, lists]) =>
        `- \`${name}\` ${[...lists]
          .sort()
          .map((l) => `\`${l}\``)
          .join(' ')}`,
    )
  return `## ${title}\n\n${byName.size} names, ${signatures.length} signatures, as pg_proc names them.\n\n${lines.join('\n')}\n`
}
