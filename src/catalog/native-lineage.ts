/**
 * Informational lineage of `query:` tables: the tables that a statement in a source's own language reads. A hint for people, made at
 * discovery and kept in the lock; nothing is decided by it, since the parser misreads part of what it accepts.
 */
import { EngineError, SQLSTATE } from '../errors.js'

/** The parser's grammar by kind of connector; kinds whose language it does not know have no lineage. */
const GRAMMARS: Readonly<Record<string, string>> = {
  mysql: 'mariadb',
  postgres: 'postgresql',
  files: 'postgresql',
  bigquery: 'bigquery',
  snowflake: 'snowflake',
}

/** Longer statements are left alone: the parser takes seconds over deep nesting. */
const LONGEST_STATEMENT = 20_000

/** Lists the tables a statement reads, sorted, as it names them; undefined when the parser does not understand it. */
export async function tablesRead(
  connector: string,
  statement: string,
): Promise<readonly string[] | undefined> {
  const database = GRAMMARS[connector]
  if (database === undefined || statement.length > LONGEST_STATEMENT) return undefined
  if (deepestNesting(statement) > MOST_NESTED) return undefined
  const Parser = await loadParser()
  try {
    const parsed = new Parser().parse(statement.replace(/;\s*$/, ''), { database })
    const statements = Array.isArray(parsed.ast) ? parsed.ast : [parsed.ast]
    const commonTables = new Set(
      statements.flatMap((tree) => (tree.with ?? []).map((table) => table.name.value)),
    )
    // "select::schema::table", with "null" for a table without a schema.
    const names = parsed.tableList.map((entry) => {
      const [, schema, table] = entry.split('::')
      return schema === undefined || schema === 'null' ? (table ?? '') : `${schema}.${table}`
    })
    return [...new Set(names.filter((name) => name !== '' && !commonTables.has(name)))].sort()
  } catch {
    return undefined
  }
}

/** Parentheses in parentheses cost the parser exponential time. */
const MOST_NESTED = 10

function deepestNesting(statement: string): number {
  let depth = 0
  let deepest = 0
  for (const character of statement) {
    if (character === '(') deepest = Math.max(deepest, ++depth)
    else if (character === ')') depth--
  }
  return deepest
}

interface ParsedTree {
  readonly with?: readonly { readonly name: { readonly value: string } }[] | null
}

interface NativeParser {
  parse(
    statement: string,
    options: { readonly database: string },
  ): { readonly tableList: string[]; readonly ast: ParsedTree | ParsedTree[] }
}

async function loadParser(): Promise<new () => NativeParser> {
  try {
    const module = (await import('node-sql-parser')) as unknown as {
      readonly default: { readonly Parser: new () => NativeParser }
    }
    return module.default.Parser
  } catch (error) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      'The package node-sql-parser is not installed, and a query: table needs it at discovery',
      { cause: error, hint: 'npm install node-sql-parser' },
    )
  }
}
