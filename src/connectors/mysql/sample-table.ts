/**
 * A sample of a large table, for columns of which the server keeps nothing: runs of rows at even distances along an integer index, so
 * that rows written at different times are among them.
 */
import type { DiscoveredColumn } from '../connector.js'
import { describeSample, orderOf, type SampledColumn } from '../sample-statistics.js'
import { quoteName } from './dialect.js'
import type { Measured, MeasuredTable } from './measure-table.js'

/** Runs of rows, and rows of each. */
const RUNS = 30
const ROWS_OF_RUN = 1_000

/** The values asked for, all columns together; wide tables are sampled by fewer rows. */
const MOST_VALUES = 600_000

/** A column to walk along: the first of an index, an integer one. */
export interface Walk {
  readonly column: string
  readonly min: bigint
  readonly max: bigint
}

/** The index to walk along, among those whose ends are known: a unique one before others. Undefined: none is of an integer type. */
export function chooseWalk(
  { columns, leading }: Pick<MeasuredTable, 'columns' | 'leading'>,
  ends: ReadonlyMap<string, Measured>,
): Walk | undefined {
  const integers = new Set(
    columns.flatMap(({ name, type }) => (/^(smallint|integer|bigint)/.test(type) ? [name] : [])),
  )
  const walks = leading.flatMap(({ column, isUnique }) => {
    const { min, max } = ends.get(column) ?? {}
    if (min === undefined || max === undefined || !integers.has(column)) return []
    return [{ column, isUnique, min: BigInt(min), max: BigInt(max) }]
  })
  return walks.find(({ isUnique }) => isUnique) ?? walks[0]
}

/**
 * The statement that reads the sample of some columns, and how many rows it gives where there are no gaps. Runs do not overlap, and lie
 * at the same places as long as the ends do.
 */
export function sampleStatement(
  table: Pick<MeasuredTable, 'schema' | 'name'>,
  columns: readonly DiscoveredColumn[],
  { column, min, max }: Walk,
): { readonly sql: string; readonly rows: number } {
  const from = `${quoteName(table.schema)}.${quoteName(table.name)}`
  const list = columns.map(({ name }) => quoteName(name)).join(', ')
  const key = quoteName(column)
  const rows = Math.min(ROWS_OF_RUN, Math.ceil(MOST_VALUES / RUNS / columns.length))
  const boundary = (run: number): bigint => min + ((max - min + 1n) * BigInt(run)) / BigInt(RUNS)
  const runs = Array.from({ length: RUNS }, (_, run) => {
    const [low, high] = [boundary(run), boundary(run + 1)]
    return `(SELECT ${list} FROM ${from} WHERE ${key} >= ${low} AND ${key} < ${high} ORDER BY ${key} LIMIT ${rows})`
  })
  return { sql: `SELECT * FROM (${runs.join(' UNION ALL ')}) AS sampled`, rows: rows * RUNS }
}

/** What the sample's rows say of each of the columns. */
export function describeRows(
  sampled: readonly (readonly (string | null)[])[],
  columns: readonly DiscoveredColumn[],
  options: Pick<MeasuredTable, 'rows' | 'withValues'>,
): ReadonlyMap<string, SampledColumn> {
  return new Map(
    columns.map(({ name, type }, i) => {
      const values = sampled.map((row) => row[i] ?? null)
      // Booleans are numbers here, and zero dates no values.
      const isValued = options.withValues && type !== 'boolean'
      const compare = orderOf(type)
      const present = values.map((value) => (value?.startsWith('0000-') ? null : value))
      return [name, describeSample(present, { ...options, withValues: isValued, compare })]
    }),
  )
}
