/** Reads MySQL's histograms: JSON documents in information_schema.COLUMN_STATISTICS. */
import type { DiscoveredColumn } from '../connector.js'
import { evenBounds, type Bucket } from '../even-bounds.js'
import { ORDERED, type Distribution } from './distribution.js'

/** `singleton`: a value and the share of rows up to it; `equi-height`: first and last value, that share, and different values. */
interface Histogram {
  readonly 'histogram-type'?: string
  readonly 'null-values'?: number
  readonly buckets?: readonly (readonly unknown[])[]
}

/** More would only make the plan's statistics heavier. */
const MOST_VALUES = 50

/** What a histogram says of a column; nothing where it is not one. */
export function mysqlDistribution(json: string, { type }: DiscoveredColumn): Distribution {
  const histogram = JSON.parse(json) as Histogram
  const { 'null-values': nullFraction = 0, buckets = [] } = histogram
  if (buckets.length === 0) return { nullFraction }
  const isSingleton = histogram['histogram-type'] === 'singleton'
  let passed = 0
  const read = buckets.map((bucket) => {
    const [start, end] = [bucket[0], isSingleton ? bucket[0] : bucket[1]]
    // Shares are of the rows that have a value and of those that have none together.
    const upTo = Number(bucket[isSingleton ? 1 : 2])
    const size = upTo - passed
    passed = upTo
    return { start: textOf(start, type), end: textOf(end, type), size }
  })
  const distinct = isSingleton
    ? buckets.length
    : buckets.reduce((sum, bucket) => sum + Number(bucket[3] ?? 1), 0)
  const facts: Distribution = { nullFraction, distinct: Math.max(1, Math.round(distinct)) }
  if (isSingleton && IS_COMPARED_AS_TEXT.test(type)) {
    const common = read
      .flatMap(({ start, size }) => (start === undefined ? [] : [{ value: start, share: size }]))
      .sort((a, b) => b.share - a.share)
    return { ...facts, mostCommon: common.slice(0, MOST_VALUES) }
  }
  if (!ORDERED.test(type)) return facts
  const whole = read.filter((bucket): bucket is Bucket => bucket.start !== undefined && bucket.end !== undefined) // prettier-ignore
  const bounds = evenBounds(whole)
  const [min, max] = [whole[0]?.start, whole.at(-1)?.end]
  return {
    ...facts,
    ...(min === undefined || max === undefined ? {} : { min, max }),
    ...(bounds.length > 1 ? { histogram: bounds } : {}),
  }
}

/** Types whose values are spelled here as JSON spells them: a number with decimals is not. */
const IS_COMPARED_AS_TEXT = /^(smallint|integer|bigint|text|character|varchar|char|bpchar)/

/** A value in PostgreSQL's text form; undefined: it has none that can be told from the JSON. */
function textOf(value: unknown, type: string): string | undefined {
  if (typeof value === 'number') {
    return Number.isInteger(value) && !Number.isSafeInteger(value) ? undefined : String(value)
  }
  if (typeof value !== 'string') return undefined
  const encoded = /^base64:type\d+:(.*)$/s.exec(value)
  if (encoded) return Buffer.from(encoded[1] ?? '', 'base64').toString('utf8')
  if (type === 'date') return value.slice(0, 10)
  return type.startsWith('timestamp') ? value.replace(/\.0+$/, '') : value
}
