/** Writes the lists of docs/sql.md from the code that decides them. */
import type { PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import { nativeAggregateSignatures } from '../../../src/executor/aggregates/native-aggregates.js'
import { nativeSetFunctionSignatures } from '../../../src/executor/set-functions/native-set-functions.js'
import { WINDOW_FUNCTIONS } from '../../../src/executor/windows/window-functions.js'
import { asksCatalog } from '../../../src/expressions/catalog-functions.js'
import { kernelSignatures } from '../../../src/expressions/kernels/registry.js'

const INTRODUCTION = `# SQL

What PostgreSQL accepts over the tables of the catalog, Tributary accepts: PostgreSQL itself analyzes every statement. Where a
statement then runs is decided piece by piece; \`EXPLAIN\` shows it.

1. **At a source**, where the source means exactly what PostgreSQL means. EXPLAIN prints the remote text, and for what stayed here the
   reason.
2. **In Tributary's own executor**: joins of every kind, aggregates, grouping sets, windows, sorts, set operations, recursive CTEs,
   and the functions listed below.
3. **In a local PostgreSQL**, over rows already fetched, for everything else; EXPLAIN names the node (\`Local PostgreSQL\`) and why.
   It is slower, holds the rows it reads in its own memory, and gives nothing before its end: a net, not a road.

What only the catalog or the session can answer (\`pg_class\`, \`current_setting\`, \`has_table_privilege\`) is asked of the PostgreSQL that holds
the catalog, before the rest runs; EXPLAIN shows it as a remote query to \`pg_catalog\`. About columns of other sources it cannot be asked
(\`0A000\`).

Refused: INSERT, UPDATE, DELETE, DDL, \`FOR UPDATE\` and the like (\`0A000\`), TABLESAMPLE (\`0A000\`), functions that read
server files, run SQL text or change identity (\`42501\`), functions of extensions that would (\`dblink\`, \`0A000\`).

Text compares and sorts by bytes (PostgreSQL's C collation, with Unicode upper and lower), whatever collation a source has.

Two differences are meant. PostgreSQL computes constant expressions while it plans, and so raises errors of branches that no row
reaches (\`CASE WHEN id < 0 THEN 1/0 END\`, or \`1/0\` over an empty table); what runs here raises errors only where a row needs the value, what
runs at a PostgreSQL source raises them as that does. And a statement nested so deeply that a thread's stack ends is refused
(\`54001\`) at other depths than PostgreSQL's.

The lists below are written by the code; a test fails when they are not current. A signature may still go to the local PostgreSQL for
arguments it cannot do exactly (a pattern that is not constant, a template it does not know).
`

/** Families of functions that exist for PostgreSQL itself, not for statements over tables. */
const FAMILIES =
  /^(pg_|has_|RI_FKey|gin|gist|brin|spg|bt|hash|json(b)?_(agg|object_agg)|jsonpath_|lo_|txid_|binary_upgrade)|_(in|out|recv|send|typmodin|typmodout|sortsupport|support|transfn|finalfn|handler|typanalyze|hash|hash_extended|combine|serialize|deserialize|accum|inv|sel|joinsel|cmp|larger|smaller|consistent|union|compress|decompress|penalty|picksplit|same|distance|skipsupport)$|(sel|joinsel|cmp|larger|smaller|in|out|recv|send|typmodin|typmodout)$/

/** Names of functions over values that no kernel has in any signature, by pg_proc of the PostgreSQL inside. */
export function foreignFunctions(postgres: PostgresInstance): readonly string[] {
  const native = new Set(
    [...kernelSignatures(), ...nativeSetFunctionSignatures()].map((s) => s.replace(/\(.*/, '')),
  )
  const rows = postgres.query(
    `SELECT DISTINCT proname::text COLLATE "C" FROM pg_proc p
     WHERE pronamespace = 'pg_catalog'::regnamespace AND prokind = 'f' AND provolatile <> 'v'
       AND NOT EXISTS (
         SELECT FROM unnest(p.proargtypes::oid[] || p.prorettype) AS t
         WHERE t IN ('internal'::regtype, 'cstring'::regtype, 'trigger'::regtype,
                     'event_trigger'::regtype, 'language_handler'::regtype))
     ORDER BY 1`,
  )
  return rows
    .map(([name]) => String(name))
    .filter((name) => !native.has(name) && !FAMILIES.test(name) && !isAskedOfCatalog(name))
}

function isAskedOfCatalog(name: string): boolean {
  return asksCatalog({ name, schema: 'pg_catalog' })
}

/** Names of functions that the catalog's own PostgreSQL answers. */
export function catalogFunctions(postgres: PostgresInstance): readonly string[] {
  const rows = postgres.query(
    `SELECT DISTINCT proname::text COLLATE "C" FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace ORDER BY 1`,
  )
  return rows.map(([name]) => String(name)).filter(isAskedOfCatalog)
}

/** Names that users' statements may not call. */
export function refusedFunctions(postgres: PostgresInstance): readonly string[] {
  const rows = postgres.query(
    `SELECT DISTINCT proname::text COLLATE "C" FROM pg_proc
     WHERE pronamespace = 'pg_catalog'::regnamespace
       AND NOT has_function_privilege('pg_monitor', oid, 'EXECUTE')
     ORDER BY 1`,
  )
  return rows.map(([name]) => String(name))
}

/** The whole document. */
export function sqlDocument(postgres: PostgresInstance): string {
  return [
    INTRODUCTION,
    section('Functions and operators in the executor', kernelSignatures()),
    section('Aggregates in the executor', nativeAggregateSignatures()),
    section('Window functions in the executor', [...WINDOW_FUNCTIONS.keys()]),
    section('Set-returning functions in the executor', nativeSetFunctionSignatures()),
    names(
      'Functions through the local PostgreSQL',
      'No kernel has these in any signature yet.',
      foreignFunctions(postgres),
    ),
    names(
      'Functions asked of the catalog',
      'Their arguments are constants, parameters or columns of catalog tables.',
      catalogFunctions(postgres),
    ),
    names(
      'Refused functions',
      'They run SQL text, change identity or settings, touch files or large objects, or end other work (`42501`).',
      refusedFunctions(postgres),
    ),
  ].join('\n')
}

/** Names alone, in lines of some hundred characters. */
function names(title: string, what: string, list: readonly string[]): string {
  const lines: string[] = []
  let line = ''
  for (const name of list) {
    if (line.length + name.length > 110) {
      lines.push(line)
      line = ''
    }
    line += `${line === '' ? '' : ' '}\`${name}\``
  }
  return `## ${title}\n\n${what} ${list.length} names.\n\n${[...lines, line].join('\n')}\n`
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
