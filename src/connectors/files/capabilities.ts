/** What the connector declares beside its judgements. */
import type { Capabilities } from '../connector.js'

export const CAPABILITIES: Capabilities = {
  title: 'Files (CSV, JSON, Parquet)',
  keys: { transport: 'one list parameter', maximum: 500_000 },
  rows: { transport: 'one list parameter per column', maximum: 50_000 },
  grouping: { row: 0.015, group: 0.26 },
  cancel: 'an interrupt of DuckDB',
  statistics: ['rows', 'bytes', 'distinct', 'null fraction', 'bounds'],
}
