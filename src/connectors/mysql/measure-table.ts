/**
 * What a table's own rows say of its columns, where the server keeps no statistics of them: small tables are read once, of larger ones
 * what an index answers at once (its ends, and how many values its first column has) and a sample along an index.
 */
import type { DiscoveredColumn } from '../connector.js'
import { quoteName } from './dialect.js'
import type { TextQuery } from './discover.js'
import { ORDERED } from './distribution.js'
import { chooseWalk, describeRows, sampleStatement } from './sample-table.js'
import { ServerError } from './wire-protocol.js'

/** A column's figures; what is not known is absent. */
export type Measured = Pick<
  DiscoveredColumn,
  'distinct' | 'nullFraction' | 'min' | 'max' | 'mostCommon' | 'histogram'
>

/** The first column of an index. */
export interface LeadingColumn {
  readonly column: string
  /** The index has this column only, and no value of it twice. */
  readonly isUnique: boolean
  /** The server's estimate of its different values; undefined: it has none. */
  readonly cardinality: number | undefined
}

export interface MeasuredTable {
  readonly product: string
  readonly schema: string
  readonly name: string
  readonly rows: number
  readonly columns: readonly DiscoveredColumn[]
  readonly leading: readonly LeadingColumn[]
  /** Common values and histograms are wanted. */
  readonly withValues: boolean
}

/** Tables of at most so many rows are read whole. */
const LARGEST_READ = 100_000

/** How long one reading may take, ms. What takes longer is not worth it. */
const TIME_BOX = 3_000

/** Values of a type that can be counted without reading much: no long texts, documents or bytes. */
const COUNTED =
  /^(smallint|integer|bigint|numeric|real|double precision|boolean|date|timestamp|uuid)/
const SHORT_TEXT = /^(char|varchar|enum)/i

function isCounted({ type, native }: DiscoveredColumn): boolean {
  return COUNTED.test(type) || SHORT_TEXT.test(native)
}

/** Measures the columns of a table; `isWhole`: all rows were read. */
export async function measureTable(
  query: TextQuery,
  table: MeasuredTable,
): Promise<{ readonly figures: ReadonlyMap<string, Measured>; readonly isWhole: boolean }> {
  const boxed: TextQuery = (sql, values) => query(withinTime(sql, table.product), values)
  const isSmall = table.rows > 0 && table.rows <= LARGEST_READ
  const whole = isSmall ? await measureRows(boxed, table) : undefined
  if (whole !== undefined) return { figures: whole, isWhole: true }
  const indexes = await measureIndexes(boxed, table)
  const sample = await measureSample(boxed, table, indexes)
  // What an index tells is of all rows; only the column walked along is counted better than by the server's look at a few pages.
  const names = new Set([...sample.figures.keys(), ...indexes.keys()])
  const figures = new Map(
    [...names].map((name) => {
      const [sampled, indexed] = [sample.figures.get(name), indexes.get(name)]
      const counted = name === sample.counted ? sampled?.distinct : indexed?.distinct
      return [
        name,
        { ...sampled, ...indexed, ...(counted === undefined ? {} : { distinct: counted }) },
      ]
    }),
  )
  return { figures, isWhole: false }
}

/** The server itself ends a statement that takes too long. */
function withinTime(select: string, product: string): string {
  return product === 'MariaDB'
    ? `SET STATEMENT max_statement_time = ${TIME_BOX / 1000} FOR ${select}`
    : select.replace(/^SELECT/, `SELECT /*+ MAX_EXECUTION_TIME(${TIME_BOX}) */`)
}

async function measureIndexes(
  query: TextQuery,
  { schema, name, rows, columns, leading }: MeasuredTable,
): Promise<ReadonlyMap<string, Measured>> {
  const measured = new Map<string, Measured>()
  for (const { column, isUnique, cardinality } of leading) {
    const distinct = isUnique ? rows : roughly(cardinality, rows)
    const known = measured.get(column)?.distinct
    if (distinct === undefined || distinct === 0) continue
    // Several indexes may begin with it: what is unique is known best.
    if (known === undefined || distinct === rows) measured.set(column, { distinct })
  }
  const isLeading = new Set(leading.map(({ column }) => column))
  const ends = columns.filter(({ name, type }) => isLeading.has(name) && ORDERED.test(type))
  if (ends.length === 0 || rows === 0) return measured
  const from = `${quoteName(schema)}.${quoteName(name)}`
  // One look into the index for each: together in one list they would need a scan.
  const list = ends.flatMap((column) =>
    ['MIN', 'MAX'].map((end) => `(SELECT ${end}(${quoteName(column.name)}) FROM ${from})`),
  )
  const [values] = (await attempted(() => query(`SELECT ${list.join(', ')}`))) ?? []
  ends.forEach(({ name: column }, i) => {
    const bounds = boundsOf(values?.[i * 2], values?.[i * 2 + 1])
    measured.set(column, { ...measured.get(column), ...bounds })
  })
  return measured
}

/** Figures from a sample; none where no index can be walked along, or most of the walk leads through gaps. */
async function measureSample(
  query: TextQuery,
  table: MeasuredTable,
  ends: ReadonlyMap<string, Measured>,
): Promise<Sample> {
  const counted = table.columns.filter(isCounted)
  const walk = chooseWalk(table, ends)
  if (walk === undefined || counted.length === 0) return { figures: new Map() }
  const { sql, rows } = sampleStatement(table, counted, walk)
  const sampled = (await attempted(() => query(sql))) ?? []
  if (sampled.length < Math.min(rows, table.rows) / 3) return { figures: new Map() }
  const figures = describeRows(sampled, counted, table, walk)
  return walk.isUnique ? { figures } : { figures, counted: walk.column }
}

/** What a sample told. */
interface Sample {
  readonly figures: ReadonlyMap<string, Measured>
  /** The column walked along, where it has equal values. */
  readonly counted?: string
}

/** Two digits of an estimate are as many as it is worth, and do not change from one look to the next. */
function roughly(estimate: number | undefined, rows: number): number | undefined {
  return estimate === undefined ? undefined : Math.min(rows, Number(estimate.toPrecision(2)))
}

/** Reads the whole table once; undefined: it took too long. */
async function measureRows(
  query: TextQuery,
  { schema, name, rows, columns }: MeasuredTable,
): Promise<ReadonlyMap<string, Measured> | undefined> {
  const counted = columns.filter(isCounted)
  if (counted.length === 0) return undefined
  const list = counted.flatMap(({ name: column, type }) => {
    const quoted = quoteName(column)
    const ends = ORDERED.test(type) ? [`MIN(${quoted})`, `MAX(${quoted})`] : ['NULL', 'NULL']
    return [`COUNT(${quoted})`, `COUNT(DISTINCT ${quoted})`, ...ends]
  })
  const select = `SELECT ${list.join(', ')} FROM ${quoteName(schema)}.${quoteName(name)}`
  const [values] = (await attempted(() => query(select))) ?? []
  if (values === undefined) return undefined
  return new Map(
    counted.map(({ name: column }, i) => {
      const [present, distinct, min, max] = values.slice(i * 4, i * 4 + 4)
      const nullFraction = Number(((rows - Number(present)) / rows).toFixed(6))
      const bounds = boundsOf(min, max)
      return [
        column,
        { nullFraction: Math.max(0, nullFraction), distinct: Number(distinct), ...bounds },
      ]
    }),
  )
}

/** Zero dates are no values here. */
function boundsOf(
  min: string | null | undefined,
  max: string | null | undefined,
): Pick<Measured, 'min' | 'max'> {
  const isValue = (text: string | null | undefined): text is string =>
    text !== null && text !== undefined && !text.startsWith('0000-')
  return isValue(min) && isValue(max) ? { min, max } : {}
}

/** Statistics are a help: a source that does not give them still has its tables. */
async function attempted<T>(query: () => Promise<T>): Promise<T | undefined> {
  try {
    return await query()
  } catch (error) {
    // A connection that is gone, or that was taken away at the deadline, is no answer to work with.
    if (error instanceof ServerError) return undefined
    throw error
  }
}
