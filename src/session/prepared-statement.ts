/** A statement that has been parsed and analyzed and waits for values. */
import type {
  CompiledStatement,
  CompileOptions,
  ResultColumn,
} from './compiler/compiled-statement.js'
import type { RoutedStatement } from './routing/routed-statement.js'
import type { StatementText } from './routing/statement-text.js'

/** A query with what the compiler said of it, under the options it was asked with. */
export interface Analysis {
  readonly text: StatementText
  readonly compiled: CompiledStatement
  readonly options: CompileOptions
  readonly catalogVersion: string
  /** What it took to have `compiled`, waiting and cache included. */
  readonly milliseconds: number
}

export interface PreparedStatement {
  readonly name: string
  /** Absent: an empty query. */
  readonly routed?: RoutedStatement
  readonly parameterTypes: readonly number[]
  /** undefined: it returns no rows. */
  readonly columns: readonly ResultColumn[] | undefined
  /** Of the query itself, or of the query inside DECLARE, EXPLAIN, COPY. */
  readonly analysis?: Analysis
}

/** A column of text that the session itself makes. */
export function textColumn(name: string, oid = 25): ResultColumn {
  return { name, type: { oid, typmod: -1 }, length: -1, tableOid: 0, attribute: 0 }
}
