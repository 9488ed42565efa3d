/** The `connection` block of a BigQuery source. */
import { isAbsolute, join } from 'node:path'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { bytesOf } from '../warehouse/byte-size.js'

const KEYS = new Set([
  ...['project', 'dataset', 'location', 'key_file', 'credentials', 'access_token', 'endpoint'],
  ...['maximum_bytes_billed', 'price_per_tib', 'labels'],
])

/** What Google asks for a TiB of on-demand queries in most regions, in US dollars. */
const PRICE_PER_TIB = 6.25

export interface BigQuerySettings {
  readonly project: string
  /** Where tables without a dataset in their name are. */
  readonly dataset: string | undefined
  readonly location: string | undefined
  readonly keyFile: string | undefined
  readonly credentials: { readonly client_email: string; readonly private_key: string } | undefined
  readonly accessToken: string | undefined
  /** Base address without `/bigquery/v2`. */
  readonly endpoint: string
  readonly maximumBytesBilled: string | undefined
  readonly pricePerTib: number
  readonly labels: Readonly<Record<string, string>>
  /** Milliseconds; undefined: none. */
  readonly jobTimeout: number | undefined
}

/** Reads the block; `connectionProblems` has found nothing. */
export function connectionSettings(source: SourceDefinition): BigQuerySettings {
  const { connection, directory, limits } = source
  const text = (key: string): string | undefined =>
    typeof connection[key] === 'string' && connection[key] !== '' ? connection[key] : undefined
  const keyFile = text('key_file')
  const bytes = connection.maximum_bytes_billed
  return {
    project: text('project') ?? '',
    dataset: text('dataset'),
    location: text('location'),
    keyFile: keyFile === undefined || isAbsolute(keyFile) ? keyFile : join(directory, keyFile),
    credentials: connection.credentials as BigQuerySettings['credentials'],
    accessToken: text('access_token'),
    endpoint: (text('endpoint') ?? 'https://bigquery.googleapis.com').replace(/\/+$/, ''),
    maximumBytesBilled: bytes === undefined ? undefined : String(bytesOf(bytes)),
    pricePerTib: Number(connection.price_per_tib ?? PRICE_PER_TIB),
    labels: (connection.labels ?? {}) as Record<string, string>,
    jobTimeout: limits.statementTimeout,
  }
}

/** Problems of the block, each with the key at fault. */
export function connectionProblems(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const { connection } = source
  const found: { key: string; message: string }[] = []
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) {
      found.push({ key, message: `Unknown key; known are ${[...KEYS].join(', ')}` })
    }
  }
  const string = (key: string, message: string, required = false): void => {
    const value = connection[key]
    if (value === undefined ? required : typeof value !== 'string' || value === '') {
      found.push({ key, message })
    }
  }
  string('project', 'Expected the project that pays for the queries', true)
  string('dataset', 'Expected the name of a dataset')
  string('location', 'Expected a location such as EU or europe-west1')
  string('key_file', 'Expected the path of a service account key')
  string('access_token', 'Expected an OAuth access token')
  if (connection.endpoint !== undefined && !URL.canParse(String(connection.endpoint))) {
    found.push({ key: 'endpoint', message: 'Expected an address such as https://bigquery.googleapis.com' }) // prettier-ignore
  }
  const credentials = connection.credentials as Record<string, unknown> | undefined
  if (credentials !== undefined) {
    for (const key of ['client_email', 'private_key']) {
      if (typeof credentials?.[key] !== 'string') {
        found.push({ key: `credentials.${key}`, message: 'Expected a text, as in a service account key' }) // prettier-ignore
      }
    }
  }
  const bytes = connection.maximum_bytes_billed
  if (bytes !== undefined && bytesOf(bytes) === undefined) {
    found.push({ key: 'maximum_bytes_billed', message: 'Expected a size such as 10GB' })
  }
  const price = connection.price_per_tib
  if (price !== undefined && !(Number(price) >= 0)) {
    found.push({ key: 'price_per_tib', message: 'Expected the price of a TiB in US dollars' })
  }
  return found
}
