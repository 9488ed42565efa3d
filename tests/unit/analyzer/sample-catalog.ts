/** A small catalog that the analyzer's tests work on: two sources, one view over both. */
import type { Catalog, ColumnDefinition, TableDefinition } from '../../../src/catalog/catalog.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'

/** Makes a column: `id bigint not null`. */
function column(text: string): ColumnDefinition {
  const [name = '', ...rest] = text.replace(/ not null$/, '').split(' ')
  return {
    name,
    from: name,
    type: rest.join(' '),
    notNull: text.endsWith(' not null'),
    hidden: false,
    tags: [],
    options: {},
  }
}

export function table(
  name: string,
  columns: readonly string[],
  rest: Partial<TableDefinition> = {},
): TableDefinition {
  return {
    name,
    from: name,
    columns: columns.map(column),
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: true,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
    ...rest,
  }
}

const source = {
  connector: 'postgres',
  connection: {},
  limits: {},
  discover: {},
  directory: '/',
}

const view = { file: 'views/sample.sql', columns: [], contractEnforced: false }

export const SAMPLE_CATALOG: Catalog = {
  name: 'sample',
  database: 'sample_db',
  searchPath: ['public', 'crm', 'shop'],
  timezone: 'UTC',
  version: '1',
  statementTimeout: 0,
  sources: [
    {
      ...source,
      name: 'crm',
      description: "The customers' system",
      tables: [
        table(
          'customers',
          [
            'id bigint not null',
            'name text',
            'email varchar(80)',
            'born date',
            'tags text[]',
            'profile jsonb',
            'active boolean not null',
          ],
          {
            primaryKey: ['id'],
            unique: [['email']],
            description: 'People; "known" to us',
          },
        ),
        table('segments', ['customer_id bigint', 'segment text', 'score double precision']),
      ],
    },
    {
      ...source,
      name: 'shop',
      connector: 'mysql',
      tables: [
        table(
          'orders',
          [
            'id integer not null',
            'customer_id bigint',
            'amount numeric(12,2)',
            'placed timestamp with time zone',
            'state character varying',
          ],
          {
            primaryKey: ['id'],
            foreignKeys: [
              { columns: ['customer_id'], references: 'crm.customers', to: ['id'], rely: true },
            ],
          },
        ),
        table('lines', ['order_id integer', 'sku text', 'quantity smallint', 'price real']),
      ],
    },
  ],
  views: [
    {
      ...view,
      schema: 'c360',
      name: 'spending',
      // Depends on the view below: order of files does not matter.
      sql: 'select c.id, c.name, p.total from crm.customers c join c360.paid p on p.customer_id = c.id',
      description: 'What customers spent',
    },
    {
      ...view,
      schema: 'c360',
      name: 'paid',
      sql: "select customer_id, sum(amount) as total from shop.orders where state = 'paid' group by customer_id;",
    },
  ],
  principals: { roles: {}, users: {}, open: true },
}

export const OPTIONS: CompileOptions = {
  user: 'alice',
  role: 'alice',
  searchPath: ['public', 'crm', 'shop'],
  values: DEFAULT_VALUE_SETTINGS,
  planner: {},
  settings: {},
}
