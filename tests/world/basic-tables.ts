/** The tables that the .slt files speak of: small, NULL-heavy, with the values that break engines. */
import type { Split, WorldTable } from './table.js'

function seeded(seed: number): () => number {
  let state = seed
  return () => {
    state = (state * 1_103_515_245 + 12_345) % 2_147_483_648
    return state / 2_147_483_648
  }
}

const random = seeded(42)
const whole = (from: number, to: number): number => from + Math.floor(random() * (to - from + 1))
const maybe = (value: string, share = 0.12): string | null => (random() < share ? null : value)
const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T
const day = (): string =>
  new Date(Date.UTC(2023, 0, 1) + whole(0, 900) * 86_400_000).toISOString().slice(0, 10)

const NAMES = ['ann', 'Ann', 'ANN', 'bob', 'Bob ', 'bob', 'zoë', 'Zoe', 'straße', '李雷', '😀 smile', '', ' ', "o'neil", 'back\\slash', '100%', 'under_score', 'tab\there'] // prettier-ignore

const customer: WorldTable = {
  name: 'customer',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'name', type: 'text' },
    { name: 'segment', type: 'varchar(12)' },
    { name: 'country', type: 'text' },
    { name: 'credit', type: 'numeric(12,2)' },
    { name: 'born', type: 'date' },
    { name: 'active', type: 'bool' },
    { name: 'score', type: 'float8' },
  ],
  rows: Array.from({ length: 60 }, (_, i) => [
    String(i + 1),
    maybe(pick(NAMES)),
    maybe(pick(['retail', 'corporate', 'public', 'Retail'])),
    maybe(pick(['DE', 'FR', 'JP', 'de'])),
    maybe((whole(-50_000, 900_000) / 100).toFixed(2)),
    maybe(day()),
    maybe(pick(['t', 'f'])),
    maybe(pick(['0', '-1.5', '3.25', '1e+20', '0.1', '-0.001'])),
  ]),
}

const orders: WorldTable = {
  name: 'orders',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int8' },
    { name: 'customer_id', type: 'int4' },
    { name: 'placed', type: 'timestamp' },
    { name: 'due', type: 'date' },
    { name: 'status', type: 'text' },
    { name: 'total', type: 'numeric(14,2)' },
    { name: 'priority', type: 'int2' },
  ],
  rows: Array.from({ length: 300 }, (_, i) => [
    String(i + 1),
    maybe(String(whole(1, 75))),
    maybe(
      `${day()} ${String(whole(0, 23)).padStart(2, '0')}:${String(whole(0, 59)).padStart(2, '0')}:${String(whole(0, 59)).padStart(2, '0')}`,
    ),
    maybe(day()),
    maybe(pick(['open', 'paid', 'shipped', 'returned', 'Open'])),
    maybe((whole(0, 5_000_000) / 100).toFixed(2)),
    maybe(String(whole(-3, 5))),
  ]),
}

const item: WorldTable = {
  name: 'item',
  columns: [
    { name: 'order_id', type: 'int8' },
    { name: 'line', type: 'int4' },
    { name: 'sku', type: 'varchar(20)' },
    { name: 'quantity', type: 'int4' },
    { name: 'price', type: 'numeric(10,2)' },
    { name: 'discount', type: 'float8' },
    { name: 'shipped', type: 'date' },
  ],
  rows: Array.from({ length: 900 }, (_, i) => [
    maybe(String(whole(1, 320)), 0.05),
    String(i % 4),
    maybe(`SKU-${whole(1, 40)}`),
    maybe(String(whole(0, 50))),
    maybe((whole(1, 99_999) / 100).toFixed(2)),
    maybe(String(whole(0, 10) / 8)),
    maybe(day()),
  ]),
}

const product: WorldTable = {
  name: 'product',
  primaryKey: ['sku'],
  columns: [
    { name: 'sku', type: 'varchar(20)' },
    { name: 'title', type: 'text' },
    { name: 'category', type: 'text' },
    { name: 'weight', type: 'float4' },
    { name: 'list_price', type: 'numeric(10,2)' },
  ],
  rows: Array.from({ length: 45 }, (_, i) => [
    `SKU-${i + 1}`,
    maybe(`${pick(NAMES)} ${i}`),
    maybe(pick(['tool', 'Tool', 'toy', 'book'])),
    maybe(String(whole(1, 80) / 4)),
    maybe((whole(1, 99_999) / 100).toFixed(2)),
  ]),
}

const extremes: WorldTable = {
  name: 'extremes',
  primaryKey: ['k'],
  columns: [
    { name: 'k', type: 'int4' },
    { name: 'i2', type: 'int2' },
    { name: 'i4', type: 'int4' },
    { name: 'i8', type: 'int8' },
    { name: 'n', type: 'numeric(38,10)' },
    { name: 'f8', type: 'float8' },
    { name: 't', type: 'text' },
    { name: 'd', type: 'date' },
    { name: 'ts', type: 'timestamp' },
    { name: 'b', type: 'bool' },
  ],
  rows: [
    ['1', '32767', '2147483647', '9223372036854775807', '9999999999999999999999999999.9999999999', '1.7976931348623157e+308', 'a', '9999-12-31', '9999-12-31 23:59:59.999999', 't'], // prettier-ignore
    ['2', '-32768', '-2147483648', '-9223372036854775808', '-9999999999999999999999999999.9999999999', '-1.7976931348623157e+308', 'A', '1000-01-01', '1000-01-01 00:00:00', 'f'], // prettier-ignore
    ['3', '0', '0', '9007199254740993', '0.0000000001', '0', 'a ', '2000-02-29', '2000-02-29 12:34:56.789', 't'], // prettier-ignore
    ['4', '-1', '-1', '-9007199254740993', '-0.0000000001', '-0.1', 'ä', '1970-01-01', '1970-01-01 00:00:00.000001', 'f'], // prettier-ignore
    ['5', null, null, null, null, null, null, null, null, null],
    ['6', '1', '1', '1', '1.0000000000', '1', '', '2024-12-31', '2024-12-31 23:59:59.5', null],
    ['7', '1', '1', '1', '1.5000000000', '1', '😀', '2025-01-01', '2025-01-01 00:00:00', 't'],
  ],
}

/** Types that the other tables lack. Floats are sums of powers of two: they add up the same in every order. */
const mixed: WorldTable = {
  name: 'mixed',
  primaryKey: ['m'],
  columns: [
    { name: 'm', type: 'int8' },
    { name: 'customer_id', type: 'int4' },
    { name: 'u', type: 'uuid' },
    { name: 'j', type: 'jsonb' },
    { name: 'at', type: 'timestamptz' },
    { name: 'clock', type: 'time' },
    { name: 'f4', type: 'float4' },
    { name: 'f8', type: 'float8' },
    { name: 'v', type: 'varchar(8)' },
    { name: 'small', type: 'numeric(6,3)' },
    { name: 'flag', type: 'bool' },
    { name: 'bytes', type: 'bytea' },
  ],
  rows: Array.from({ length: 80 }, (_, i) => [
    String(i + 1),
    maybe(String(whole(1, 70)), 0.3),
    maybe(`00000000-0000-4000-8000-0000000000${String(whole(10, 40))}`, 0.3),
    maybe(
      pick([
        ...['{"a": 1}', '{"a": "x", "b": [1, 2, 3]}', '{"b": {"c": null}}', '[1, "two", true]'],
        ...['"text"', '7', 'null', '{}', '[]', '{"a": 2, "é": "ü"}'],
      ]),
      0.3,
    ),
    maybe(`${day()} ${pick(['00:00:00', '23:59:59.5', '12:30:00.000001'])}+00`, 0.3),
    maybe(pick(['00:00:00', '23:59:59.999999', '12:30:00', '06:15:30.5']), 0.3),
    maybe(pick(['0', '-1.5', '0.25', '1024', '-0.125']), 0.3),
    maybe(pick(['0', '-2.5', '0.5', '4096', '-0.0625']), 0.3),
    maybe(pick(['a', 'A', 'b', 'ä', '', 'abcdefgh', 'x y', '%', '_']), 0.3),
    maybe((whole(-999_999, 999_999) / 1000).toFixed(3), 0.3),
    maybe(pick(['t', 'f']), 0.3),
    maybe(pick(['\\x', '\\x00', '\\xff00', '\\xdeadbeef']), 0.3),
  ]),
}

const empty: WorldTable = {
  name: 'empty',
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'label', type: 'text' },
  ],
  rows: [],
}

/** Types that only PostgreSQL has. */
const wide: WorldTable = {
  name: 'wide',
  primaryKey: ['w'],
  columns: [
    { name: 'w', type: 'int4' },
    { name: 'customer_id', type: 'int4' },
    { name: 'span', type: 'interval' },
    { name: 'zoned', type: 'timetz' },
    { name: 'numbers', type: 'int4[]' },
    { name: 'words', type: 'text[]' },
    { name: 'doc', type: 'json' },
    { name: 'code', type: 'bpchar(4)' },
    { name: 'id_of', type: 'oid' },
    { name: 'label', type: 'name' },
    { name: 'exact', type: 'numeric' },
    { name: 'at', type: 'timestamptz' },
    { name: 'day', type: 'date' },
  ],
  rows: Array.from({ length: 50 }, (_, i) => [
    String(i + 1),
    maybe(String(whole(1, 70)), 0.3),
    maybe(
      pick([
        ...[
          '1 day',
          '-3 hours',
          '1 mon',
          '30 days',
          '1 year 2 mons 3 days 04:05:06.789',
          '00:00:00',
        ],
        ...['-1 mons +30 days', '24:00:00', '-00:00:00.000001', '720:00:00'],
      ]),
      0.25,
    ),
    maybe(pick(['12:30:00+00', '23:59:59.999999-08', '00:00:00+14', '12:30:00+02']), 0.3),
    maybe(pick(['{}', '{1,2,3}', '{NULL}', '{3,NULL,1}', '{2147483647}', '{1}']), 0.25), // prettier-ignore
    maybe(pick(['{}', '{a,b}', '{NULL,"NULL"}', '{"",ä,"x y"}', '{bob}', '{"a\\"b","c,d"}']), 0.25), // prettier-ignore
    maybe(pick(['{"a": 1,  "b":[1,2]}', '{"a":1,"a":2}', '[1, 2.50, "x"]', 'null', '"é"', '7']), 0.3), // prettier-ignore
    maybe(pick(['a', 'ab', 'A', '', 'abcd', 'ä']), 0.25),
    maybe(pick(['0', '1', '23', '4294967295']), 0.3),
    maybe(pick(['ann', 'Bob', '', 'x y']), 0.3),
    maybe(pick(['NaN', 'Infinity', '-Infinity', '0', '1.10', '1.1', '-0.0001', '123456789012345678901234567890.5']), 0.25), // prettier-ignore
    maybe(pick(['infinity', '-infinity', '2024-03-31 01:30:00+00', '2024-10-27 00:30:00+00', '1900-01-01 00:00:00+00']), 0.3), // prettier-ignore
    maybe(pick(['infinity', '-infinity', '2024-02-29', '0044-03-15 BC', '1999-12-31']), 0.3),
  ]),
}

export const BASIC_TABLES: readonly WorldTable[] = [
  customer,
  orders,
  item,
  product,
  extremes,
  empty,
  mixed,
  wide,
]

/** Three ways to spread the basic tables. */
export const BASIC_SPLITS: Readonly<Record<string, Split>> = {
  'three sources': {
    ...{
      customer: 'pg',
      orders: 'pg',
      item: 'my',
      product: 'fs',
      extremes: 'my',
      empty: 'pg',
      mixed: 'my',
      wide: 'pg',
    },
  },
  'facts in PostgreSQL': {
    ...{
      customer: 'my',
      orders: 'my',
      item: 'pg',
      product: 'my',
      extremes: 'fs',
      empty: 'my',
      mixed: 'fs',
      wide: 'pg',
    },
  },
  'facts in files': {
    ...{
      customer: 'my',
      orders: 'fs',
      item: 'fs',
      product: 'pg',
      extremes: 'pg',
      empty: 'fs',
      mixed: 'pg',
      wide: 'pg',
    },
  },
}
