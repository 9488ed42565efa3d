/**
 * A sample of a large table, for columns of which the server keeps nothing: runs of rows along an integer index, one in each of as many
 * equal stretches, so that rows written at different times are among them. Where in its stretch a run begins differs from one to the next:
 * at even distances, data that repeats at the same distance would show one part of itself only.
 */
import type { DiscoveredColumn } from '../connector.js'
import { describeSample, orderOf, type SampledColumn } from '../sample-statistics.js'
import { quoteName } from './dialect.js'
import type { Measured, MeasuredTable } from './measure-table.js'

/** Runs of rows, and rows of each. */
const RUNS = 60
const ROWS_OF_RUN = 500

/** Multiples of it, without their whole part, lie everywhere between 0 and 1 and never close together (the golden ratio). */
const SPREAD = 0.618
/** Places in a stretch that a run may begin at. */
const PLACES = 1_000

/** The values asked for, all columns together; wide tables are sampled by fewer rows. */
const MOST_VALUES = 600_000

/** A column to walk along: the first of an index, an integer one. */
export interface Walk {
  readonly column: string
  /** No value of it comes twice. */
  readonly isUnique: boolean
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
 * at the same places as long as the ends and the number of rows do.
 */
export function sampleStatement(
  table: Pick<MeasuredTable, 'schema' | 'name' | 'rows'>,
  columns: readonly DiscoveredColumn[],
  { column, min, max }: Walk,
): { readonly sql: string; readonly rows: number } {
  const from = `${quoteName(table.schema)}.${quoteName(table.name)}`
  const list = columns.map(({ name }) => quoteName(name)).join(', ')
  const key = quoteName(column)
  const rows = Math.min(ROWS_OF_RUN, Math.ceil(MOST_VALUES / RUNS / columns.length))
  const boundary = (run: number): bigint => min + ((max - min + 1n) * BigInt(run)) / BigInt(RUNS)
  // Behind the last place there is room for two runs: gaps may lie in it.
  const room = Math.max(0, 1 - (2 * rows * RUNS) / table.rows)
  const runs = Array.from({ length: RUNS }, (_, run) => {
    const [low, high] = [boundary(run), boundary(run + 1)]
    const place = Math.floor(((run * SPREAD) % 1) * room * PLACES)
    const start = low + ((high - low) * BigInt(place)) / BigInt(PLACES)
    return `(SELECT ${list} FROM ${from} WHERE ${key} >= ${start} AND ${key} < ${high} ORDER BY ${key} LIMIT ${rows})`
  })
  return { sql: `SELECT * FROM (${runs.join(' UNION ALL ')}) AS sampled`, rows: rows * RUNS }
}

/** What the rows of a sample along a walk say of each of the columns. */
export function describeRows(
  sampled: readonly (readonly (string | null)[])[],
  columns: readonly DiscoveredColumn[],
  options: Pick<MeasuredTable, 'rows' | 'withValues'>,
  walk: Walk,
): ReadonlyMap<string, SampledColumn> {
  return new Map(
    columns.map(({ name, type }, i) => {
      const values = sampled.map((row) => row[i] ?? null)
      // Booleans are numbers here, and zero dates no values.
      const isValued = options.withValues && type !== 'boolean'
      const compare = orderOf(type)
      const present = values.map((value) => (value?.startsWith('0000-') ? null : value))
      const described = describeSample(present, { ...options, withValues: isValued, compare })
      return [name, name === walk.column ? alongWalk(described, present, options.rows) : described]
    }),
  )
}

/** Of the column walked along equal values lie side by side: how often each comes is seen, and is no sign of how many others there are. */
function alongWalk(
  described: SampledColumn,
  values: readonly (string | null)[],
  rows: number,
): SampledColumn {
  const share = new Set(values).size / Math.max(1, values.length)
  return { ...described, distinct: Number((rows * share).toPrecision(2)) }
}
