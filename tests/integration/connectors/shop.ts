/** Three small tables with NULLs, ties and texts whose order differs between locales, and a catalog over them. */
import type { Catalog, ColumnDefinition, SourceDefinition } from '../../../src/catalog/catalog.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import type { PostgresServer } from '../../servers/postgres.js'

export const SHOP_SQL = `
create schema shop;
create table shop.customers (id int primary key, name text not null, city varchar(20), active boolean);
insert into shop.customers values (1, 'Ann', 'Paris', true), (2, 'bob', 'Berlin', false), (3, 'Bob', null, null),
  (4, 'Çelik', 'Paris', true), (5, 'zoe', 'berlin', false), (6, ' Max ', null, true);
create table shop.orders (id int primary key, customer_id int, ordered_at timestamp, amount numeric(10,2));
insert into shop.orders values (1, 1, '2024-01-05 10:00', 10.50), (2, 1, '2024-01-20 23:59:59.5', 20.00),
  (3, 2, '2024-02-01', 20.00), (4, 2, '2024-02-29 12:00', null), (5, null, '2024-03-10', 35.25), (6, 4, null, 99.99);
create table shop.items (order_id int, line int, price numeric(10,2), note char(8), primary key (order_id, line));
insert into shop.items values (1, 1, 5.25, 'a'), (1, 2, 5.25, null), (2, 1, 20, 'bb  '), (3, 1, 12, ''), (6, 1, 99.99, 'x y');
create view shop.copy_customers as table shop.customers;
create view shop.copy_orders as table shop.orders;
create view shop.copy_items as table shop.items;
`

const TABLES: Readonly<Record<string, readonly (readonly [string, string, boolean])[]>> = {
  customers: [
    ['id', 'integer', true],
    ['name', 'text', true],
    ['city', 'varchar(20)', false],
    ['active', 'boolean', false],
  ],
  orders: [
    ['id', 'integer', true],
    ['customer_id', 'integer', false],
    ['ordered_at', 'timestamp', false],
    ['amount', 'numeric(10,2)', false],
  ],
  items: [
    ['order_id', 'integer', true],
    ['line', 'integer', true],
    ['price', 'numeric(10,2)', false],
    ['note', 'character(8)', false],
  ],
}

/** A source definition for a test server. */
export function postgresSource(
  server: PostgresServer,
  changes: Partial<SourceDefinition> = {},
): SourceDefinition {
  const { host, port, user, password, database } = server
  return {
    name: 'shop',
    connector: 'postgres',
    connection: { host, port, user, password, database, tls: 'disable' },
    limits: {},
    discover: {},
    server: { product: 'PostgreSQL', version: '18.0', collation: 'C.UTF-8 (builtin)' },
    tables: [],
    directory: '/',
    ...changes,
  }
}

/** The catalog of the three tables. */
export function shopCatalog(server: PostgresServer): Catalog {
  const tables = Object.entries(TABLES).map(([name, columns]) => ({
    name,
    from: `shop.${name}`,
    columns: columns.map(([column, type, notNull]): ColumnDefinition => ({
      name: column,
      from: column,
      type,
      notNull,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: name === 'items' ? ['order_id', 'line'] : ['id'],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: true,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
  }))
  return {
    name: 'test',
    database: 'test',
    searchPath: ['shop'],
    timezone: 'UTC',
    version: '1',
    statementTimeout: 0,
    sources: [postgresSource(server, { tables })],
    views: [],
    principals: { roles: {}, users: {}, open: true },
  }
}

export const OPTIONS: CompileOptions = {
  user: 'tester',
  role: 'tester',
  searchPath: ['shop'],
  values: DEFAULT_VALUE_SETTINGS,
  planner: {},
  settings: {},
}
