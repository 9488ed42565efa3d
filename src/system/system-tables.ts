/** The tables of schema `tributary`: what the server knows of itself, readable like any other table. */
import type { Catalog, SourceDefinition, TableDefinition } from '../catalog/catalog.js'
import type { Datum } from '../types/sql-type.js'
import type { StatementRecord, StatementRecords } from './statement-records.js'

/** What the rows are made of. */
export interface SystemFacts {
  readonly catalog: Catalog
  readonly records: StatementRecords
  /** Whose statement reads them. */
  readonly user: string
}

interface SystemTable {
  readonly description: string
  /** `name type`, in order. */
  readonly columns: readonly (readonly [string, string])[]
  /** Values in PostgreSQL's text form. */
  rows(facts: SystemFacts): readonly (readonly Datum[])[]
}

/** The schema, and the name of the source that stands for it in plans. */
export const SYSTEM_SCHEMA = 'tributary'

/** Microseconds between the Unix epoch and PostgreSQL's. */
const EPOCH = 946_684_800_000_000

const number = (value: number | undefined): Datum => (value === undefined ? null : String(value))
const moment = (micros: number | undefined): Datum =>
  micros === undefined
    ? null
    : `${new Date((micros + EPOCH) / 1000).toISOString().replace('T', ' ').replace('Z', '')}+00`
const list = (items: readonly string[]): Datum =>
  `{${items.map((item) => `"${item.replaceAll(/["\\]/g, '\\$&')}"`).join(',')}}`

export const SYSTEM_TABLES: Readonly<Record<string, SystemTable>> = {
  sources: {
    description: 'One row per source of the catalog',
    columns: [
      ['name', 'text'],
      ['connector', 'text'],
      ['description', 'text'],
      ['tables', 'integer'],
      ['server_product', 'text'],
      ['server_version', 'text'],
    ],
    rows: ({ catalog }) =>
      catalog.sources.map(({ name, connector, description, tables, server }) => [
        ...[name, connector, description ?? null, String(tables.length)],
        ...[server?.product ?? null, server?.version ?? null],
      ]),
  },
  source_health: {
    description: 'One row per source: what statements met there since the server started',
    columns: [
      ['source', 'text'],
      ['state', 'text'],
      ['statements', 'bigint'],
      ['failures', 'bigint'],
      ['rows', 'bigint'],
      ['bytes', 'bigint'],
      ['last_success', 'timestamptz'],
      ['last_failure', 'timestamptz'],
      ['last_error', 'text'],
    ],
    rows: ({ catalog, records }) =>
      catalog.sources.map(({ name }) => {
        const known = records.sources.get(name)
        const { statements = 0, failures = 0, rows = 0, bytes = 0 } = known ?? {}
        const { lastSuccess, lastFailure, lastError } = known ?? {}
        const isDown = lastFailure !== undefined && lastFailure >= (lastSuccess ?? 0)
        const state = isDown ? 'failing' : lastSuccess === undefined ? 'not asked yet' : 'good'
        return [
          ...[name, state, number(statements), number(failures), number(rows), number(bytes)],
          ...[moment(lastSuccess), moment(lastFailure), lastError ?? null],
        ]
      }),
  },
  source_prices: {
    description:
      'One row per source: what asking it costs to plans of sessions with tributary.measured_prices on, and what was measured',
    columns: [
      ['source', 'text'],
      ['round_trip_ms', 'double precision'],
      ['row_us', 'double precision'],
      ['byte_us', 'double precision'],
      ['measured_round_trip_ms', 'double precision'],
      ['measured_row_us', 'double precision'],
      ['measured_at', 'timestamptz'],
    ],
    rows: ({ catalog, records }) =>
      catalog.sources.map(({ name }) => {
        const { prices, roundTrip, rowMoved, target } = records.prices.of(name)
        const at = target && target.measuredAt * 1000 - EPOCH
        return [
          ...[name, number(prices.roundTrip / 1000), number(prices.rowMoved)],
          ...[number(prices.byteMoved), number(roundTrip), number(rowMoved), moment(at)],
        ]
      }),
  },
  query_history: {
    description:
      'The last statements that read from sources: your own, or all for who may view the audit',
    columns: [
      ['query_id', 'bigint'],
      ['user_name', 'text'],
      ['role_name', 'text'],
      ['process_id', 'integer'],
      ['application_name', 'text'],
      ['started_at', 'timestamptz'],
      ['milliseconds', 'double precision'],
      ['rows', 'bigint'],
      ['rows_moved', 'bigint'],
      ['bytes_moved', 'bigint'],
      ['rows_sent', 'bigint'],
      ['bytes_sent', 'bigint'],
      ['remote_calls', 'bigint'],
      ['peak_memory', 'bigint'],
      ['error_code', 'text'],
      ['sources', 'text[]'],
      ['statement', 'text'],
    ],
    rows: (facts) =>
      visible(facts).map((record) => [
        ...[number(record.id), record.user, record.role, number(record.processId)],
        ...[record.applicationName, moment(record.startedAt), number(record.milliseconds)],
        ...[number(record.rows), number(record.rowsMoved), number(record.bytesMoved)],
        ...[number(record.rowsSent), number(record.bytesSent)],
        ...[number(record.remoteCalls), number(record.peakMemory), record.errorCode ?? null],
        ...[list(record.sources), record.text],
      ]),
  },
  pushdown: {
    description: 'For each statement of query_history: what ran where, and why not at a source',
    columns: [
      ['query_id', 'bigint'],
      ['position', 'integer'],
      ['work', 'text'],
      ['detail', 'text'],
      ['source', 'text'],
      ['outcome', 'text'],
      ['reason', 'text'],
      ['remedy', 'text'],
    ],
    rows: (facts) =>
      visible(facts).flatMap((record) =>
        record.ledger.map((entry, index) => [
          ...[number(record.id), number(index + 1), entry.work, entry.detail],
          ...[entry.source ?? null, entry.outcome, entry.reason ?? null, entry.remedy ?? null],
        ]),
      ),
  },
}

/** Statements are their user's own business, unless a role may view the audit, or nobody has to say who they are. */
function visible({ catalog, records, user }: SystemFacts): readonly StatementRecord[] {
  const { open, users, roles } = catalog.principals
  const mayAudit = users[user]?.roles.some((role) => roles[role]?.can.includes('view_audit'))
  if (open || mayAudit === true) return records.statements
  return records.statements.filter((record) => record.user === user)
}

/** The source that holds the tables, as the analyzer and the planner see it. */
export const SYSTEM_SOURCE: SourceDefinition = {
  name: SYSTEM_SCHEMA,
  connector: 'system',
  description: 'What the server knows of itself',
  connection: {},
  limits: {},
  discover: {},
  tables: Object.entries(SYSTEM_TABLES).map(([name, table]) => tableOf(name, table)),
  directory: '/',
}

function tableOf(name: string, table: SystemTable): TableDefinition {
  return {
    name,
    from: name,
    description: table.description,
    columns: table.columns.map(([column, type]) => ({
      ...{ name: column, from: column, type },
      ...{ notNull: false, hidden: false, tags: [], options: {} },
    })),
    ...{ primaryKey: [], unique: [], foreignKeys: [], indexes: [], rely: false },
    ...{ statistics: { columns: {} }, requireFilter: [], options: {} },
  }
}

/** The catalog with the system tables in it. */
export function withSystemTables(catalog: Catalog): Catalog {
  return { ...catalog, sources: [...catalog.sources, SYSTEM_SOURCE] }
}
