/**
 * The eight tables of TPC-H with made-up rows: sizes, keys, domains and correlations follow the
 * specification (4.2.3), the random streams do not follow dbgen's, so answers are compared with a
 * database that holds the same rows, never with published ones.
 */
import { randomFrom, type Random } from '../world/random.js'
import type { WorldColumn, WorldTable } from '../world/table.js'
import {
  COLORS,
  COMMENT_WORDS,
  CONTAINER_KINDS,
  CONTAINER_SIZES,
  INSTRUCTIONS,
  MODES,
  NATIONS,
  PRIORITIES,
  REGIONS,
  SEGMENTS,
  TYPE_FINISHES,
  TYPE_METALS,
  TYPE_SIZES,
} from './words.js'

type Row = (string | null)[]

const FIRST_DAY = Date.UTC(1992, 0, 1) / 86_400_000
const LAST_ORDER_DAY = Date.UTC(1998, 7, 2) / 86_400_000
const CURRENT_DAY = Date.UTC(1995, 5, 17) / 86_400_000
const day = (days: number): string => new Date(days * 86_400_000).toISOString().slice(0, 10)
const money = (cents: number): string => (cents / 100).toFixed(2)
const numbered = (prefix: string, number: number): string =>
  `${prefix}#${String(number).padStart(9, '0')}`

/** Reads `name type, name type`. */
function columnsOf(text: string): WorldColumn[] {
  return text
    .trim()
    .split(/,\s*(?![0-9])/)
    .map((column) => {
      const [name = '', ...type] = column.trim().split(/\s+/)
      return { name, type: type.join(' ') }
    })
}

function comment(random: Random, length: number): string {
  let text = random.pick(COMMENT_WORDS)
  while (text.length < length) text += ` ${random.pick(COMMENT_WORDS)}`
  return text.slice(0, length)
}

function phone(random: Random, nation: number): string {
  return `${nation + 10}-${random.whole(100, 999)}-${random.whole(100, 999)}-${random.whole(1000, 9999)}`
}

const address = (random: Random): string =>
  Array.from({ length: random.whole(10, 40) }, () => random.whole(0, 35).toString(36)).join('')

const retailCents = (part: number): number =>
  90_000 + (Math.floor(part / 10) % 20_001) + 100 * (part % 1000)

/** Gives one of the four suppliers of a part. */
function supplierOf(part: number, nth: number, suppliers: number): number {
  const step = Math.floor(suppliers / 4) + Math.floor((part - 1) / suppliers)
  return ((part + nth * step) % suppliers) + 1
}

/** A table without its rows. */
export type TpchTable = Omit<WorldTable, 'rows'>

/** The eight tables. */
export const TPCH_TABLES: readonly TpchTable[] = [
  {
    name: 'region',
    primaryKey: ['r_regionkey'],
    columns: columnsOf('r_regionkey int4, r_name char(25), r_comment varchar(152)'),
  },
  {
    name: 'nation',
    primaryKey: ['n_nationkey'],
    columns: columnsOf(
      'n_nationkey int4, n_name char(25), n_regionkey int4, n_comment varchar(152)',
    ),
  },
  {
    name: 'supplier',
    primaryKey: ['s_suppkey'],
    columns: columnsOf(`s_suppkey int4, s_name char(25), s_address varchar(40), s_nationkey int4,
      s_phone char(15), s_acctbal numeric(15,2), s_comment varchar(101)`),
  },
  {
    name: 'part',
    primaryKey: ['p_partkey'],
    columns: columnsOf(`p_partkey int4, p_name varchar(55), p_mfgr char(25), p_brand char(10),
      p_type varchar(25), p_size int4, p_container char(10), p_retailprice numeric(15,2),
      p_comment varchar(23)`),
  },
  {
    name: 'partsupp',
    primaryKey: ['ps_partkey', 'ps_suppkey'],
    columns: columnsOf(`ps_partkey int4, ps_suppkey int4, ps_availqty int4,
      ps_supplycost numeric(15,2), ps_comment varchar(199)`),
  },
  {
    name: 'customer',
    primaryKey: ['c_custkey'],
    columns: columnsOf(`c_custkey int4, c_name varchar(25), c_address varchar(40),
      c_nationkey int4, c_phone char(15), c_acctbal numeric(15,2), c_mktsegment char(10),
      c_comment varchar(117)`),
  },
  {
    name: 'orders',
    primaryKey: ['o_orderkey'],
    columns: columnsOf(`o_orderkey int4, o_custkey int4, o_orderstatus char(1),
      o_totalprice numeric(15,2), o_orderdate date, o_orderpriority char(15), o_clerk char(15),
      o_shippriority int4, o_comment varchar(79)`),
  },
  {
    name: 'lineitem',
    primaryKey: ['l_orderkey', 'l_linenumber'],
    columns: columnsOf(`l_orderkey int4, l_partkey int4, l_suppkey int4, l_linenumber int4,
      l_quantity numeric(15,2), l_extendedprice numeric(15,2), l_discount numeric(15,2),
      l_tax numeric(15,2), l_returnflag char(1), l_linestatus char(1), l_shipdate date,
      l_commitdate date, l_receiptdate date, l_shipinstruct char(25), l_shipmode char(10),
      l_comment varchar(44)`),
  },
]

/** Makes all tables at a scale factor, in memory; 0.01 has about 60,000 line items. */
export function tpchTables(scale: number, seed = 5): WorldTable[] {
  const rows = new Map<string, Row[]>(TPCH_TABLES.map(({ name }) => [name, []]))
  for (const [name, row] of tpchRows(scale, seed)) rows.get(name)?.push(row)
  return TPCH_TABLES.map((table) => ({ ...table, rows: rows.get(table.name) ?? [] }))
}

/** Makes the rows of all tables at a scale factor, each with its table's name. */
export function* tpchRows(scale: number, seed = 5): Generator<[string, Row]> {
  const random = randomFrom(seed)
  const suppliers = Math.round(10_000 * scale)
  const parts = Math.round(200_000 * scale)
  const customers = Math.round(150_000 * scale)
  yield* salesRows(random, { suppliers, parts, customers, orders: customers * 10 })
  for (const [key, name] of REGIONS.entries()) {
    yield ['region', [String(key), name, comment(random, 60)]]
  }
  for (const [key, [name, region]] of NATIONS.entries()) {
    yield ['nation', [String(key), name, String(region), comment(random, 70)]]
  }
  for (let key = 1; key <= suppliers; key++) yield ['supplier', supplierRow(random, key)]
  for (let key = 1; key <= parts; key++) yield ['part', partRow(random, key)]
  for (let i = 0; i < parts * 4; i++) {
    const part = Math.floor(i / 4) + 1
    const row = [
      ...[String(part), String(supplierOf(part, i % 4, suppliers))],
      ...[String(random.whole(1, 9999)), money(random.whole(100, 100_000))],
      comment(random, random.whole(49, 198)),
    ]
    yield ['partsupp', row]
  }
  for (let key = 1; key <= customers; key++) {
    const nation = random.whole(0, 24)
    const row = [
      ...[String(key), numbered('Customer', key), address(random), String(nation)],
      ...[phone(random, nation), money(random.whole(-99_999, 999_999))],
      ...[random.pick(SEGMENTS), comment(random, random.whole(29, 116))],
    ]
    yield ['customer', row]
  }
}

function supplierRow(random: Random, key: number): Row {
  const nation = random.whole(0, 24)
  const plain = comment(random, random.whole(25, 60))
  // One supplier in twenty is complained about or recommended, so that small scales have some.
  const text = random.chance(0.05)
    ? `${plain} Customer ${random.pick(['slow ', ''])}${random.pick(['Complaints', 'Recommends'])}`
    : plain
  return [
    ...[String(key), numbered('Supplier', key), address(random), String(nation)],
    ...[phone(random, nation), money(random.whole(-99_999, 999_999)), text],
  ]
}

function partRow(random: Random, key: number): Row {
  const names = new Set<string>()
  while (names.size < 5) names.add(random.pick(COLORS))
  const maker = random.whole(1, 5)
  return [
    ...[String(key), [...names].join(' '), `Manufacturer#${maker}`],
    `Brand#${maker}${random.whole(1, 5)}`,
    `${random.pick(TYPE_SIZES)} ${random.pick(TYPE_FINISHES)} ${random.pick(TYPE_METALS)}`,
    String(random.whole(1, 50)),
    `${random.pick(CONTAINER_SIZES)} ${random.pick(CONTAINER_KINDS)}`,
    ...[money(retailCents(key)), comment(random, random.whole(5, 22))],
  ]
}

interface Sizes {
  readonly suppliers: number
  readonly parts: number
  readonly customers: number
  readonly orders: number
}

function* salesRows(random: Random, sizes: Sizes): Generator<[string, Row]> {
  for (let n = 0; n < sizes.orders; n++) {
    // Keys are sparse: eight are used, twenty-four are not.
    const key = String(Math.floor(n / 8) * 32 + (n % 8) + 1)
    let customer = random.whole(1, sizes.customers)
    // A third of the customers never order.
    while (customer % 3 === 0) customer = random.whole(1, sizes.customers)
    const ordered = random.whole(FIRST_DAY, LAST_ORDER_DAY - 121)
    const isLarge = random.chance(0.002)
    const count = isLarge ? 7 : random.whole(1, 7)
    let total = 0
    let open = 0
    for (let line = 1; line <= count; line++) {
      const part = random.whole(1, sizes.parts)
      const quantity = random.whole(isLarge ? 38 : 1, 50)
      const extended = quantity * retailCents(part)
      const discount = random.whole(0, 10)
      const tax = random.whole(0, 8)
      total += Math.round((extended * (100 - discount) * (100 + tax)) / 10_000)
      const shipped = ordered + random.whole(1, 121)
      const received = shipped + random.whole(1, 30)
      if (shipped > CURRENT_DAY) open++
      const row = [
        ...[key, String(part), String(supplierOf(part, random.whole(0, 3), sizes.suppliers))],
        ...[String(line), `${quantity}.00`, money(extended), money(discount), money(tax)],
        ...[received <= CURRENT_DAY ? random.pick(['R', 'A']) : 'N'],
        ...[shipped > CURRENT_DAY ? 'O' : 'F', day(shipped), day(ordered + random.whole(30, 90))],
        ...[day(received), random.pick(INSTRUCTIONS), random.pick(MODES)],
        comment(random, random.whole(10, 43)),
      ]
      yield ['lineitem', row]
    }
    const plain = comment(random, random.whole(19, 40))
    const row = [
      ...[key, String(customer), open === count ? 'O' : open === 0 ? 'F' : 'P', money(total)],
      ...[day(ordered), random.pick(PRIORITIES), numbered('Clerk', random.whole(1, 1000))],
      ...['0', random.chance(0.01) ? `${plain} special ironic requests` : plain],
    ]
    yield ['orders', row]
  }
}
