/**
 * What the documents say of columns: how many different values, NULLs, common values, a histogram. A collection of no more documents
 * than the sample is read whole, and says the same each time; of a larger one a random sample is read, for the running server only.
 */
import type { Collection } from 'mongodb'
import type { DiscoveredColumn } from '../connector.js'
import { describeSample, orderOf, type SampledColumn } from '../sample-statistics.js'

/** Documents of a sample. */
const SAMPLE_SIZE = 10_000

/** How long reading it may take, ms. */
const TIME_BOX = 3_000

/** Types whose values are counted; NULL stands for values of other types, as for the scan. */
const COUNTED = new Set(['text', 'integer', 'bigint', 'numeric', 'double precision', 'boolean', 'timestamptz']) // prettier-ignore

export interface SampledCollection {
  /** Documents it has. */
  readonly rows: number
  readonly columns: readonly DiscoveredColumn[]
  /** Common values and histograms are wanted, and a random sample will do. */
  readonly withValues: boolean
  readonly signal: AbortSignal
}

/** Describes the columns of a collection's table; none that took too long to read, or that may differ at the next look. */
export async function sampleColumns(
  collection: Collection,
  { rows, columns, withValues, signal }: SampledCollection,
): Promise<ReadonlyMap<string, SampledColumn>> {
  const counted = columns.filter(({ type }) => COUNTED.has(type))
  const isWhole = rows <= SAMPLE_SIZE
  if (counted.length === 0 || rows === 0 || !(isWhole || withValues)) return new Map()
  const project = Object.fromEntries(counted.map(({ name }, i) => [`c${i}`, `$${name}`]))
  const pipeline = [
    ...(isWhole ? [] : [{ $sample: { size: SAMPLE_SIZE } }]),
    { $project: { _id: 0, ...project } },
  ]
  const values: (string | null)[][] = counted.map(() => [])
  try {
    const options = { maxTimeMS: TIME_BOX, useBigInt64: true }
    for await (const document of collection.aggregate(pipeline, options)) {
      signal.throwIfAborted()
      values.forEach((column, i) => column.push(textOf(document[`c${i}`])))
    }
  } catch (error) {
    // Statistics are a help: a server that does not give them still has its documents.
    if ((error as { name?: string }).name !== 'MongoServerError') throw error
    return new Map()
  }
  return new Map(
    counted.map(({ name, type }, i) => {
      const compare = orderOf(type)
      return [name, describeSample(values[i]!, { rows, withValues, compare })]
    }),
  )
}

/** A value in PostgreSQL's text form; null: none, or of a type that is not counted. */
function textOf(value: unknown): string | null {
  if (typeof value === 'string') return value
  if (typeof value === 'number' || typeof value === 'bigint') return String(value)
  if (typeof value === 'boolean') return value ? 't' : 'f'
  if (value instanceof Date) return value.toISOString().replace('T', ' ').replace(/(?:\.000)?Z$/, '+00') // prettier-ignore
  const { _bsontype: kind } = (value ?? {}) as { _bsontype?: string }
  return kind === 'Decimal128' || kind === 'ObjectId' ? String(value) : null
}
