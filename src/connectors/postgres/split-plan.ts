/**
 * Which scans are worth reading in parts: large tables of which most rows come here. A part is a range of the table's pages, a condition on
 * ctid added to the statement; one connection sends rows at the pace of one of the server's processes, which is slower than they are
 * read here.
 */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { locateTable } from '../../catalog/neighbours.js'
import { hasSubquery } from '../../planner/expression-traversal.js'
import type { LogicalPlan, ScanNode } from '../../planner/logical-plan.js'
import { expressionsOf } from '../../planner/plan-traversal.js'
import { usedColumnsOf } from '../../planner/used-columns.js'
import { DEFAULT_PRICES } from '../../planner/estimates/source-prices.js'
import { readConnection } from './connection-options.js'
import { hasPages } from './flavors.js'
import { printRemoteName } from './remote-name.js'
import { majorVersion } from './text-semantics.js'

/** How a statement is read in parts. */
export interface SplitPlan {
  /** The table, as SQL names it. */
  readonly relation: string
  /** The statement up to where a condition on `alias` can be added. */
  readonly prefix: string
  readonly alias: string
  /** Connections used at most. */
  readonly parts: number
}

/** Smaller tables come whole: two parts bring little. */
const MOST_ROWS_WHOLE = 500_000

/** For the snapshot, its transactions and their end. */
const ROUND_TRIPS_MORE = 3

/** Range scans over ctid exist since this version; before, each part would read the whole table. */
const SINCE = 14

/** Decides for a fragment that was printed as `text`; undefined where it is read whole. */
export function splitPlanOf(
  fragment: LogicalPlan,
  text: string,
  source: SourceDefinition,
  prices = DEFAULT_PRICES,
): SplitPlan | undefined {
  const { parallelReads } = readConnection(source)
  if (parallelReads < 2 || majorVersion(source.server) < SINCE || !hasPages(source))
    return undefined
  const found = scanBelow(fragment)
  if (found === undefined) return undefined
  const table = locateTable(source, found.scan)?.table
  if (table?.from === undefined || table.query !== undefined) return undefined
  const rows = table.statistics.rows ?? 0
  if (rows < MOST_ROWS_WHOLE) return undefined
  // Two parts take half the time at best.
  if (ROUND_TRIPS_MORE * prices.roundTrip > (rows * prices.rowMoved) / 2) return undefined
  // A condition on an indexed column may leave a few rows, which the index finds at once.
  const indexed = new Set(
    [table.primaryKey, ...table.unique, ...table.indexes].map((key) => key[0]),
  )
  const { columns, tableColumns } = found.scan
  if (columns.some((column, i) => found.filtered.has(column.id) && indexed.has(tableColumns[i]))) {
    return undefined
  }
  const relation = printRemoteName(table.from)
  const alias = 't1'
  const from = ` FROM ${relation} AS ${alias}`
  const end = text.indexOf(from) + from.length
  if (end < from.length) return undefined
  const rest = text.slice(end)
  if (rest !== '' && !rest.startsWith(' WHERE (')) return undefined
  return {
    relation,
    alias,
    parts: parallelReads,
    prefix: `${text}${rest === '' ? ' WHERE' : ' AND'}`,
  }
}

/** The scan below filters and projections, and the columns that its filters use. */
function scanBelow(
  node: LogicalPlan,
): { readonly scan: ScanNode; readonly filtered: ReadonlySet<number> } | undefined {
  if (node.kind === 'scan') return { scan: node, filtered: new Set() }
  if (node.kind !== 'filter' && node.kind !== 'project') return undefined
  const expressions = expressionsOf(node)
  if (expressions.some(hasSubquery)) return undefined
  const below = scanBelow(node.input)
  if (below === undefined || node.kind === 'project') return below
  return { ...below, filtered: new Set([...below.filtered, ...usedColumnsOf(...expressions)]) }
}
