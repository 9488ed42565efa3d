/** The documents of the tests, the same rows for PostgreSQL, and the catalog's definitions over them. */
import { BSON } from 'mongodb'
import type {
  ColumnDefinition,
  SourceDefinition,
  TableDefinition,
} from '../../../../src/catalog/catalog.js'
import type { DiscoveredTable } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/mongodb/index.js'
import type { MongodbServer } from '../../../servers/mongodb.js'

const { Binary, Decimal128, Double, Int32, Long, ObjectId } = BSON

const id = (n: number): BSON.ObjectId => new ObjectId(`65000000000000000000000${n}`)
const decimal = (text: string): BSON.Decimal128 => Decimal128.fromString(text)
const long = (text: string): BSON.Long => Long.fromString(text)
const uuid = (hex: string): BSON.Binary => new Binary(Buffer.from(hex, 'hex'), 4)

/** NULL is null in some documents and missing in others. */
export const PEOPLE: readonly Record<string, unknown>[] = [
  {
    ...{ _id: id(1), name: 'Ann', age: new Int32(30), big: long('9007199254740993') },
    ...{ score: decimal('10.50'), price: decimal('19.90'), ratio: new Double(0.1), active: true },
    ...{ seen: new Date('2020-01-31T10:20:30.123Z'), address: { city: 'Bonn', zip: 'x' } },
    ...{ tags: ['a', 'b'], key: uuid('00000000000000000000000000000001'), data: new Binary(Buffer.from([0, 255])) }, // prettier-ignore
    orders: [
      { sku: 'p1', count: new Int32(2) },
      { sku: 'p2', count: new Int32(1) },
    ],
  },
  {
    ...{ _id: id(2), name: 'ann', age: new Int32(-5), big: long('-9007199254740993') },
    ...{ score: decimal('20.00'), price: decimal('19.90'), ratio: new Double(-1.5), active: false },
    ...{ seen: new Date('2020-02-29T00:00:00.000Z'), address: { city: 'bonn' } },
    ...{ tags: [], key: uuid('ff000000000000000000000000000000'), orders: [] },
  },
  { _id: id(3), name: 'Ann ' },
  {
    ...{ _id: id(4), name: 'ÄNN', age: new Int32(2147483647), big: long('9223372036854775807') },
    ...{ score: decimal('-3.25'), price: decimal('0.00'), ratio: new Double(NaN), active: true },
    ...{ seen: new Date('1999-12-31T23:59:59.999Z'), address: { city: '' }, tags: [null, 'c'] },
    ...{ key: null, data: new Binary(Buffer.from([1])), orders: [{ sku: 'p1' }] },
  },
  {
    ...{ _id: id(5), name: 'ann😀', age: new Int32(0), big: long('0'), score: decimal('0.00') },
    ...{ price: decimal('-1.10'), ratio: new Double(-0), active: null, seen: null, address: null },
    ...{ tags: null, orders: null },
  },
  {
    ...{ _id: id(6), name: 'a%b', age: new Int32(7), big: long('5'), score: decimal('20.00') },
    ...{ price: decimal('7.00'), ratio: new Double(3.5), active: true },
    ...{ seen: new Date('2024-06-15T12:00:00.000Z'), address: { city: 'a_b' } },
    orders: [{ sku: null, count: new Int32(4) }],
  },
  {
    ...{ _id: id(7), name: "$a'_b\\", age: new Int32(7), big: long('5'), score: decimal('99.99') },
    ...{ price: decimal('9999999.99'), ratio: new Double(1e300), active: false },
    ...{ seen: new Date('9999-12-31T23:59:59.000Z'), address: { city: 'Köln' } },
    orders: [
      { sku: 'p3', count: new Int32(1) },
      { sku: 'p1', count: new Int32(3) },
    ],
  },
  { _id: id(8), name: null, age: null, big: long('5'), score: decimal('1.00'), ratio: new Double(2.5), seen: new Date('0001-01-01T00:00:00.000Z') }, // prettier-ignore
]

export const PRODUCTS: readonly Record<string, unknown>[] = [
  { _id: 'p1', title: 'Pen', owner: id(1), stock: long('10') },
  { _id: 'p2', title: 'Ink', owner: id(2), stock: long('0') },
  { _id: 'p4', title: 'ann', owner: id(1) },
  { _id: 'p5', title: 'Cap' },
]

export const POSTGRES_SQL = String.raw`
create schema shop;
create table shop.people (_id text primary key, name text, age int, big bigint, score numeric(12,2), price numeric(9,2), ratio float8, active bool, seen timestamptz,
  address_city text, address_zip text, tags text[], key uuid, data bytea);
insert into shop.people values
 ('650000000000000000000001', 'Ann', 30, 9007199254740993, 10.50, 19.90, 0.1, true, '2020-01-31 10:20:30.123Z', 'Bonn', 'x', '{a,b}', '00000000-0000-0000-0000-000000000001', '\x00ff'),
 ('650000000000000000000002', 'ann', -5, -9007199254740993, 20.00, 19.90, -1.5, false, '2020-02-29Z', 'bonn', null, '{}', 'ff000000-0000-0000-0000-000000000000', null),
 ('650000000000000000000003', 'Ann ', null, null, null, null, null, null, null, null, null, null, null, null),
 ('650000000000000000000004', 'ÄNN', 2147483647, 9223372036854775807, -3.25, 0.00, 'NaN', true, '1999-12-31 23:59:59.999Z', '', null, '{NULL,c}', null, '\x01'),
 ('650000000000000000000005', 'ann😀', 0, 0, 0.00, -1.10, '-0', null, null, null, null, null, null, null),
 ('650000000000000000000006', 'a%b', 7, 5, 20.00, 7.00, 3.5, true, '2024-06-15 12:00:00Z', 'a_b', null, null, null, null),
 ('650000000000000000000007', '$a''_b\', 7, 5, 99.99, 9999999.99, 1e300, false, '9999-12-31 23:59:59Z', 'Köln', null, null, null, null),
 ('650000000000000000000008', null, null, 5, 1.00, null, 2.5, null, '0001-01-01 00:00:00Z', null, null, null, null, null);
create table shop.people_orders (parent_id text, position bigint, count int, sku text);
insert into shop.people_orders values
 ('650000000000000000000001', 1, 2, 'p1'), ('650000000000000000000001', 2, 1, 'p2'), ('650000000000000000000004', 1, null, 'p1'),
 ('650000000000000000000006', 1, 4, null), ('650000000000000000000007', 1, 1, 'p3'), ('650000000000000000000007', 2, 3, 'p1');
create table shop.products (_id text primary key, owner text, stock bigint, title text);
insert into shop.products values ('p1', '650000000000000000000001', 10, 'Pen'), ('p2', '650000000000000000000002', 0, 'Ink'),
 ('p4', '650000000000000000000001', null, 'ann'), ('p5', null, null, 'Cap');
`

/** Puts the documents into a server. */
export function loadDocuments(server: MongodbServer): void {
  server.load('people', PEOPLE, { indexes: [{ v: 2, key: { name: 1 }, name: 'name_1' }] })
  server.load('products', PRODUCTS, { indexes: [{ v: 2, key: { owner: 1 }, name: 'owner_1' }] })
}

/** A source without tables. */
export function sourceOf(
  server: MongodbServer,
  tables: readonly TableDefinition[] = [],
): SourceDefinition {
  // prettier-ignore
  return {
    name: 'shop',
    connector: 'mongodb',
    connection: { uri: server.url, database: server.database, connect_timeout: 2 },
    limits: {},
    discover: {},
    tables,
    directory: '/',
  }
}

/** Discovers a source and gives it its tables, named as the catalog names them; `types` overrides. */
export async function discoveredSource(
  server: MongodbServer,
  types: Readonly<Record<string, string>> = {},
): Promise<SourceDefinition> {
  const source = sourceOf(server)
  const open = connector.open(source)
  try {
    const { tables } = await open.discover({
      include: [],
      exclude: [],
      declared: [],
      signal: new AbortController().signal,
    })
    return { ...source, tables: tables.map((table) => definitionOf(table, types)) }
  } finally {
    await open.close()
  }
}

function definitionOf(
  found: DiscoveredTable,
  types: Readonly<Record<string, string>>,
): TableDefinition {
  // prettier-ignore
  const nameOf = (remote: string): string =>
    remote === '#' ? 'position' : remote.replace('../_id', 'parent_id').replaceAll('.', '_')
  const table = found.from.replaceAll(':', '_')
  return {
    name: table,
    from: found.from,
    columns: found.columns.map((column): ColumnDefinition => {
      const name = nameOf(column.name)
      return {
        name,
        from: column.name,
        type: types[`${table}.${name}`] ?? column.type,
        native: column.native,
        notNull: column.notNull,
        hidden: false,
        tags: [],
        options: {},
      }
    }),
    primaryKey: found.primaryKey.map(nameOf),
    unique: [],
    foreignKeys: [],
    indexes: found.indexes.map((index) => index.map(nameOf)),
    rely: true,
    statistics: { ...(found.rows === undefined ? {} : { rows: found.rows }), columns: {} },
    requireFilter: [],
    options: {},
  }
}
