/** What the fixtures of BigQuery and Snowflake share: what neither can store, and how an account with the tables in it is used. */
import { givenService } from '../servers/given-service.js'
import type { Exception, RunningFixture } from './fixture.js'

export const WAREHOUSE_CANNOT_HOLD: readonly Exception[] = [
  {
    types: ['date', 'timestamp', 'timestamptz'],
    matches: (value) => value.endsWith('infinity'),
    reason: 'dates are finite',
  },
  {
    types: ['time'],
    matches: (value) => value.startsWith('24'),
    reason: 'a day ends before 24:00',
  },
]

/**
 * The account that the environment names, `bigquery://PROJECT/DATASET?key_file=...` or `snowflake://USER@ACCOUNT/DATABASE/SCHEMA?...`:
 * what follows `?` are keys of the connection. The suite's tables must be there already: the connectors only read.
 */
export function givenWarehouse(
  kind: 'bigquery' | 'snowflake',
  placeOf: (url: URL) => { readonly [key: string]: string },
): RunningFixture | undefined {
  const url = givenService(kind)
  if (url === undefined) return undefined
  const place = placeOf(url)
  const schema = place.dataset ?? place.schema
  return {
    source: {
      ...{ name: 'conformance', connector: kind, limits: {}, tables: [] },
      discover: { count_distinct: '1GB' },
      ...{ connection: { ...place, ...Object.fromEntries(url.searchParams) }, directory: '/' },
    },
    from: (table) => `${schema}.${table}`,
    noEndless: 'a statement that runs for long costs money there',
    stop: () => Promise.resolve(),
  }
}
