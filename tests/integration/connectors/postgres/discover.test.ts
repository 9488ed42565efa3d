/** Discovery of a PostgreSQL database. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { enumTypesOf } from '../../../../src/catalog/catalog-types.js'
import { nameTypes, typeHere } from '../../../../src/catalog/source-types.js'
import { connector } from '../../../../src/connectors/postgres/index.js'
import type { DiscoveredTable, OpenSource } from '../../../../src/connectors/connector.js'
import type { ScanNode } from '../../../../src/planner/logical-plan.js'
import { knowEnumTypes } from '../../../../src/types/enum-types.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { postgresSource } from '../shop.js'

let server: PostgresServer
let open: OpenSource
let tables: readonly DiscoveredTable[]

const SCHEMA = `
create schema core;
create type core.mood as enum ('sad', 'ok', 'happy');
create domain core.amount as numeric(12,2) not null;
create domain core.fee as core.amount check (value >= 0);
create collation core.loose (provider = icu, locale = 'und-u-ks-level2', deterministic = false);
create table core.people (
  id bigint primary key, email varchar(80) unique, mood core.mood, balance core.amount, fee core.fee,
  nick text collate core.loose, code text collate "C", born date, tags text[], score real, seen timestamptz, note char(4));
create table core.visits (person bigint not null references core.people (id), n int, at timestamp, primary key (person, n));
create index visits_at on core.visits (at, n);
create index visits_partial on core.visits (n) where n > 5;
create unique index on core.visits (at) where n = 1;
create table core."odd.Name" ("Ünï ""q""" int, "select" text);
create table core.parts (k int not null, v text) partition by range (k);
create table core.parts_1 partition of core.parts for values from (0) to (100);
create materialized view core.totals as select count(*) as n from core.people;
create view core.happy as select id, mood from core.people where mood = 'happy';
create table core.tmp_x (a int);
create table public.other (a int);
insert into core.people select i, 'p' || i || '@x.org', case i % 2 when 0 then 'sad'::core.mood end, i, i % 3, 'N' || i, 'c', date '2000-01-01' + i, '{a}', i, now(), 'ab'
  from generate_series(1, 1000) i;
insert into core.visits select i, 1, timestamp '2024-01-01' + i * interval '1 hour' from generate_series(1, 500) i;
insert into core."odd.Name" values (1, 'x'), (2, 'y');
analyze core.people; analyze core.visits;
`

beforeAll(async () => {
  server = await startPostgres()
  await server.execute(SCHEMA)
  open = connector.open(postgresSource(server))
  tables = (await discover()).tables
})

afterAll(async () => {
  await open?.close()
  await server?.stop()
})

function discover() {
  return open.discover({
    include: ['core.*'],
    exclude: ['core.tmp_*'],
    declared: [],
    signal: new AbortController().signal,
  })
}

function tableNamed(from: string): DiscoveredTable {
  const table = tables.find((candidate) => candidate.from === from)
  if (table === undefined) throw new Error(`no ${from}`)
  return table
}

test('lists tables, views and materialised views that the globs let in, sorted', () => {
  expect(tables.map((table) => table.from)).toEqual([
    'core."odd.Name"',
    'core.happy',
    'core.parts',
    'core.people',
    'core.totals',
    'core.visits',
  ])
})

test('gives the same answer twice', async () => {
  expect(await discover()).toEqual(await discover())
})

test('describes the server', async () => {
  expect((await discover()).server).toMatchObject({
    product: 'PostgreSQL',
    collation: 'C.UTF-8 (builtin)',
    timezone: 'UTC',
  })
})

test('maps domains to their base types, enums to types of the lock, and keeps the native type', () => {
  const columns = tableNamed('core.people').columns.map(({ name, type, native, notNull }) => ({
    name,
    type,
    native,
    notNull,
  }))
  expect(columns).toEqual([
    { name: 'id', type: 'bigint', native: 'bigint', notNull: true },
    {
      name: 'email',
      type: 'character varying(80)',
      native: 'character varying(80)',
      notNull: false,
    },
    { name: 'mood', type: 'core.mood', native: 'core.mood', notNull: false },
    { name: 'balance', type: 'numeric(12,2)', native: 'core.amount', notNull: true },
    { name: 'fee', type: 'numeric(12,2)', native: 'core.fee', notNull: true },
    { name: 'nick', type: 'text', native: 'text', notNull: false },
    { name: 'code', type: 'text', native: 'text', notNull: false },
    { name: 'born', type: 'date', native: 'date', notNull: false },
    { name: 'tags', type: 'text[]', native: 'text[]', notNull: false },
    { name: 'score', type: 'real', native: 'real', notNull: false },
    {
      name: 'seen',
      type: 'timestamp with time zone',
      native: 'timestamp with time zone',
      notNull: false,
    },
    { name: 'note', type: 'character(4)', native: 'character(4)', notNull: false },
  ])
})

test('records collations, also of the database and nondeterministic ones', () => {
  const collations = Object.fromEntries(
    tableNamed('core.people').columns.map((column) => [column.name, column.collation]),
  )
  expect(collations).toMatchObject({
    email: 'C.UTF-8 (builtin)',
    nick: 'loose (icu, nondeterministic)',
    code: 'C (libc)',
  })
  expect(collations['id']).toBeUndefined()
})

test('reads keys and indexes, but none over part of the rows', () => {
  expect(tableNamed('core.people')).toMatchObject({ primaryKey: ['id'], unique: [['email']] })
  expect(tableNamed('core.visits')).toMatchObject({
    primaryKey: ['person', 'n'],
    unique: [],
    foreignKeys: [{ columns: ['person'], references: 'core.people', to: ['id'] }],
  })
  expect(tableNamed('core.visits').indexes).toEqual([
    ['at', 'n'],
    ['person', 'n'],
  ])
})

test('reads statistics, but no values of texts', () => {
  const { rows, columns } = tableNamed('core.people')
  expect(rows).toBe(1000)
  const byName = Object.fromEntries(columns.map((column) => [column.name, column]))
  expect(byName['id']).toMatchObject({ distinct: 1000, nullFraction: 0, min: '1', max: '1000' })
  expect(byName['born']).toMatchObject({ min: '2000-01-02', max: '2002-09-27' })
  expect(byName['mood']).toMatchObject({ nullFraction: 0.5, distinct: 1 })
  for (const name of ['email', 'nick', 'code', 'mood', 'note', 'tags']) {
    expect(byName[name]).not.toHaveProperty('min')
  }
  expect(JSON.stringify(tables)).not.toContain('@x.org')
})

test('counts small tables that were never analysed', () => {
  expect(tableNamed('core."odd.Name"').rows).toBe(2)
  expect(tableNamed('core.totals').rows).toBe(1)
  expect(tableNamed('core.happy').rows).toBeUndefined()
})

test('prints scans of what it found that the server understands', async () => {
  const types = nameTypes({ 'core.mood': ['sad', 'ok', 'happy'] }, [])
  const definitions = tables.map((table, i) => ({
    name: `t${i}`,
    from: table.from,
    columns: table.columns.map((column) => ({
      name: column.name,
      from: column.name,
      type: typeHere(column.type, types, 'shop') ?? column.type,
      native: column.native,
      ...(column.collation === undefined ? {} : { collation: column.collation }),
      notNull: column.notNull,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: table.primaryKey,
    unique: table.unique,
    foreignKeys: [],
    indexes: table.indexes,
    rely: true,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
  }))
  const source = postgresSource(server, { types, tables: definitions })
  knowEnumTypes(enumTypesOf({ sources: [source] }))
  const pushdown = connector.pushdown(source)
  const from = connector.open(source)
  for (const table of definitions) {
    const scan: ScanNode = {
      kind: 'scan',
      source: 'shop',
      schema: 'shop',
      table: table.name,
      columns: table.columns.map((c, i) => ({
        id: i + 1,
        name: c.name,
        type: parseTypeName(c.type),
      })),
      tableColumns: table.columns.map((c) => c.name),
    }
    const options = { signal: new AbortController().signal, batchRows: 1000 }
    let rows = 0
    for await (const batch of from.scan(pushdown.print(scan), [], options)) rows += batch.length
    expect([table.from, rows]).toEqual([
      table.from,
      { 'core.people': 1000, 'core.visits': 500, 'core."odd.Name"': 2, 'core.totals': 1 }[
        table.from
      ] ?? 0,
    ])
  }
  await from.close()
})
