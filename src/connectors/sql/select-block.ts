/**
 * One SELECT under construction. Plan nodes extend a block as long as SQL evaluates its clauses in the plan's order;
 * else the block is closed and becomes a derived table of a new one.
 */
import type { Column, ColumnId } from '../../expressions/expression.js'
import type { Dialect, PrintedRelation } from './dialect.js'
import type { ScopeEntry } from './scope.js'
import type { StatementText } from './statement-text.js'

/** How far a block has come: a node may only add a clause that SQL evaluates later. */
export const STAGES = ['rows', 'grouped', 'windowed', 'projected', 'sorted', 'limited'] as const
export type Stage = (typeof STAGES)[number]

/** Immutable; nodes spread it. */
export interface SelectBlock {
  readonly stage: Stage
  /** The output, in order; `entries` spells each. */
  readonly columns: readonly Column[]
  readonly entries: ReadonlyMap<ColumnId, ScopeEntry>
  /** Printed common tables. */
  readonly with: readonly string[]
  readonly recursive: boolean
  /** undefined: no FROM clause. */
  readonly from: string | undefined
  /** FROM is a join, which needs parentheses as the right side of another. */
  readonly fromIsJoin: boolean
  readonly where: readonly string[]
  /** Present once grouped; '' is one group of everything. */
  readonly groupBy?: string
  readonly having: readonly string[]
  /** `DISTINCT ` or `DISTINCT ON (...) `. */
  readonly distinct: string
  /** Its rows depend on the select list (DISTINCT, set-returning calls): columns may be reordered, not dropped or changed. */
  readonly sealed: boolean
  readonly orderBy: string
  readonly limit: string
  /** A finished text instead of clauses (set operations), with its column names. */
  readonly complete?: { readonly text: string; readonly names: readonly string[] }
}

/** A block that reads one FROM item. */
export function blockOf(
  from: string | undefined,
  columns: readonly Column[],
  entries: ReadonlyMap<ColumnId, ScopeEntry>,
): SelectBlock {
  return {
    stage: 'rows',
    columns,
    entries,
    with: [],
    recursive: false,
    from,
    fromIsJoin: false,
    where: [],
    having: [],
    distinct: '',
    sealed: false,
    orderBy: '',
    limit: '',
  }
}

/** Tells whether a block has not passed a stage. */
export function isAtMost(block: SelectBlock, stage: Stage): boolean {
  return block.complete === undefined && STAGES.indexOf(block.stage) <= STAGES.indexOf(stage)
}

/** Tells whether every column is a plain name. */
export function isPlain(block: SelectBlock): boolean {
  return block.columns.every((column) => block.entries.get(column.id)?.form === 'plain')
}

/** Prints a finished block. */
export function renderBlock(
  block: SelectBlock,
  dialect: Dialect,
  columns: readonly Column[] = block.columns,
  emptySelect: string = dialect.emptySelect,
): { readonly text: string; readonly names: readonly string[] } {
  if (block.complete !== undefined) return block.complete
  const names = uniqueNames(columns, dialect)
  const list = columns.map((column, i) => {
    const text = block.entries.get(column.id)!.text
    const name = dialect.quoteIdentifier(names[i]!)
    return text.endsWith(`.${name}`) && /^[a-z]+\d+\./.test(text) && text.split('.').length === 2
      ? text
      : `${text} AS ${name}`
  })
  const selected = list.length === 0 ? emptySelect : list.join(', ')
  const clause = (keyword: string, text: string) => (text === '' ? '' : ` ${keyword} ${text}`)
  const text =
    renderWith(block) +
    `SELECT ${block.distinct}${selected}`.trimEnd() +
    (block.from === undefined ? dialect.fromNothing : ` FROM ${block.from}`) +
    clause('WHERE', block.where.join(' AND ')) +
    clause('GROUP BY', block.groupBy ?? '') +
    clause('HAVING', block.having.join(' AND ')) +
    clause('ORDER BY', block.orderBy) +
    block.limit
  return { text, names }
}

function renderWith(block: SelectBlock): string {
  if (block.with.length === 0) return ''
  return `WITH ${block.recursive ? 'RECURSIVE ' : ''}${block.with.join(', ')} `
}

/** Closes a block: it becomes the derived table of a new one, whose columns are plain names. */
export function nestBlock(
  block: SelectBlock,
  dialect: Dialect,
  statement: StatementText,
  lateral = false,
): SelectBlock {
  const { text, names } = renderBlock(block, dialect)
  const relation = { text: `${lateral ? dialect.lateral : ''}(${text})`, columns: names }
  return relationBlock(relation, 'q', block.columns, dialect, statement)
}

/** A block that reads a relation under a new alias. */
export function relationBlock(
  relation: PrintedRelation,
  prefix: string,
  columns: readonly Column[],
  dialect: Dialect,
  statement: StatementText,
): SelectBlock {
  const alias = statement.name(prefix)
  const entries = new Map<ColumnId, ScopeEntry>()
  columns.forEach((column, i) => {
    if (relation.read === undefined) {
      const text = `${alias}.${dialect.quoteIdentifier(relation.columns[i]!)}`
      entries.set(column.id, { text, form: 'plain' })
      return
    }
    const text = relation.read(alias, i)
    entries.set(column.id, { text, form: /^\w+\.["`\w]+$/.test(text) ? 'plain' : 'computed' })
  })
  return blockOf(`${relation.text} AS ${alias}`, columns, entries)
}

const PLAIN_NAME = /^[a-z_][a-z0-9_]*$/
const ANY_NAME = /^[\p{L}_][\p{L}\p{N}_$ ]*$/u

/** The columns' own names where they are usable and unique, `c1`, `c2`, ... elsewhere. */
export function uniqueNames(columns: readonly Column[], dialect: Dialect): string[] {
  const counts = new Map<string, number>()
  for (const { name } of columns) {
    const key = name.toLowerCase()
    counts.set(key, (counts.get(key) ?? 0) + 1)
  }
  const isName = (name: string) =>
    PLAIN_NAME.test(name)
      ? name.length <= dialect.maximumIdentifierBytes
      : ANY_NAME.test(name) && Buffer.byteLength(name) <= dialect.maximumIdentifierBytes
  const usable = (name: string) => isName(name) && counts.get(name.toLowerCase()) === 1
  let next = 0
  return columns.map(({ name }) => {
    if (usable(name)) return name
    do next += 1
    while (counts.has(`c${next}`))
    return `c${next}`
  })
}
