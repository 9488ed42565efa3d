/**
 * More data that breaks engines, a table a subject: texts under collations of the source's own, numbers, times, keys to join by,
 * and one table large enough for keys and statistics. Here all text compares by bytes, whatever a column's `collated` mark.
 */
import type { WorldColumn, WorldTable } from '../world/table.js'

/** How a fixture should make a text column, where its source has such a thing. */
export type Collated =
  /** Equal regardless of case and accent. */
  | 'ignoring case'
  /** Ordered as a language orders, equal by bytes. */
  | 'by language'
  /** Of a character set that lacks most characters. */
  | 'latin1'

export interface SuiteColumn extends WorldColumn {
  readonly collated?: Collated
}

export interface SuiteTable extends WorldTable {
  readonly columns: readonly SuiteColumn[]
}

// The order matters to nobody: ids say which row an answer has.
const TEXTS: readonly (string | null)[] = [
  ...['ann', 'Ann', 'ANN', 'ann ', ' ann', 'änn', 'ÄNN', '', ' ', null],
  ...['a', 'A', 'á', 'a ', 'z', 'Z', 'ß', 'ss', 'straße', 'STRASSE'],
  ...['😀', 'a😀b', '\u{10FFFF}', '\uFFFD', '李雷', 'e\u0301', 'é', 'i', 'I', 'ı'],
  ...["o'neil", 'back\\slash', '\\', '100%', 'under_score', 'a\\%b', '"quoted"', '`tick`'],
  ...['?', '$1', ':name', '{x}', '$name', 'NULL', 'null', 'a\tb', 'a\nb', '0', '00', null],
]

const LATIN1 = /^[\0-\u{FF}]*$/u

const texts: SuiteTable = {
  name: 'texts',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'word', type: 'text' },
    { name: 'ci', type: 'text', collated: 'ignoring case' },
    { name: 'lang', type: 'text', collated: 'by language' },
    { name: 'latin', type: 'text', collated: 'latin1' },
    { name: 'short', type: 'varchar(12)' },
    { name: 'n', type: 'int4' },
  ],
  rows: TEXTS.map((text, i) => [
    ...[String(i + 1), text, text, text],
    text === null || !LATIN1.test(text) ? null : text,
    ...[text, i % 7 === 6 ? null : String(i % 5)],
  ]),
}

const numbers: SuiteTable = {
  name: 'numbers',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'i2', type: 'int2' },
    { name: 'i4', type: 'int4' },
    { name: 'i8', type: 'int8' },
    { name: 'wide', type: 'numeric(38,10)' },
    { name: 'price', type: 'numeric(12,2)' },
    { name: 'f4', type: 'float4' },
    { name: 'f8', type: 'float8' },
    { name: 'yes', type: 'bool' },
  ],
  rows: [
    ['1', '32767', '2147483647', '9223372036854775807', '9999999999999999999999999999.9999999999', '9999999999.99', '3e+38', '1.7976931348623157e+308', 't'], // prettier-ignore
    ['2', '-32768', '-2147483648', '-9223372036854775808', '-9999999999999999999999999999.9999999999', '-9999999999.99', '-3e+38', '-1.7976931348623157e+308', 'f'], // prettier-ignore
    ['3', '0', '0', '9007199254740993', '0.0000000001', '0.00', '0', '0', null],
    ['4', '-1', '-1', '-9007199254740993', '-0.0000000001', '-0.01', '-0', '-0', 't'],
    ['5', null, null, null, null, null, null, null, null],
    ['6', '7', '7', '9007199254740992', '9007199254740993.0000000000', '2.50', '0.1', '0.1', 'f'],
    ['7', '-7', '-7', '9007199254740994', '2.5000000000', '-2.50', 'NaN', 'NaN', 't'],
    ['8', '2', '2', '1', '-2.5000000000', '0.01', 'Infinity', 'Infinity', 'f'],
    ['9', '-2', '-2', '-1', '1.5000000000', '100.00', '-Infinity', '-Infinity', 't'],
    ['10', '7', '7', '7', '0.5000000000', '2.50', '1', '1', null],
    [
      '11',
      '100',
      '100000',
      '10000000000',
      '123456789012345678.1234567890',
      '19.90',
      '1.5',
      '1.1',
      't',
    ],
    ['12', '5', '-5', '3', '1.0000000000', '1.00', '1e-40', '5e-324', 'f'],
  ],
}

const times: SuiteTable = {
  name: 'times',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'd', type: 'date' },
    { name: 'ts', type: 'timestamp' },
    { name: 'tz', type: 'timestamptz' },
    { name: 'clock', type: 'time' },
  ],
  rows: [
    ['1', '0001-01-01', '0001-01-01 00:00:00', '0001-01-01 00:00:00+00', '00:00:00'],
    ['2', '9999-12-31', '9999-12-31 23:59:59.999999', '9999-12-31 23:59:59.999999+00', '23:59:59.999999'], // prettier-ignore
    // Berlin: this hour is not on the clock, and that one is twice.
    ['3', '2024-03-31', '2024-03-31 02:30:00', '2024-03-31 00:59:59.999999+00', '02:30:00'],
    ['4', '2024-03-31', '2024-03-31 03:00:00', '2024-03-31 01:00:00+00', '03:00:00'],
    ['5', '2024-10-27', '2024-10-27 02:30:00', '2024-10-27 00:30:00+00', '02:30:00.5'],
    ['6', '2024-10-27', '2024-10-27 02:30:00.000001', '2024-10-27 01:30:00+00', '02:30:00.000001'],
    ['7', '2024-02-29', '2024-02-29 12:00:00', '2024-02-29 23:30:00+00', '12:00:00'],
    ['8', '1969-12-31', '1969-12-31 23:59:59.5', '1970-01-01 00:00:01+00', '23:59:59.5'],
    ['9', '1582-10-10', '1582-10-10 12:00:00', '1900-01-01 00:00:00+00', null],
    ['10', null, null, null, null],
    ['11', 'infinity', 'infinity', 'infinity', '24:00:00'],
    ['12', '-infinity', '-infinity', '-infinity', '00:00:00'],
    ['13', '2020-12-31', '2020-12-31 23:59:59', '2020-12-31 23:59:59+00', '06:15:30'],
    ['14', '2021-01-03', '2021-01-03 00:00:00', '2021-01-03 00:00:00+00', '06:15:30'],
    ['15', '2000-01-01', '2000-01-01 00:00:00', '2000-01-01 00:00:00+00', '00:00:01'],
  ],
}

const things: SuiteTable = {
  name: 'things',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'u', type: 'uuid' },
    { name: 'j', type: 'jsonb' },
    { name: 'bin', type: 'bytea' },
    { name: 'tags', type: 'text[]' },
  ],
  rows: [
    ['1', '00000000-0000-4000-8000-000000000001', '{"a": 1, "b": [1, 2, {"c": null}]}', '\\x', '{}'], // prettier-ignore
    ['2', 'ffffffff-ffff-4fff-bfff-ffffffffffff', '"text"', '\\x00', '{a,NULL,"b c"}'],
    ['3', '00000000-0000-4000-8000-00000000000a', 'null', '\\xff00', '{"quo\\"te","back\\\\slash"}'], // prettier-ignore
    ['4', null, null, null, null],
    ['5', '00000000-0000-4000-8000-000000000001', '12345678901234567890.5', '\\xdeadbeef', '{a}'],
    ['6', '80000000-0000-4000-8000-000000000000', '{"é": "😀", "": [], "a": "x"}', '\\x20', '{"",x}'], // prettier-ignore
  ],
}

/** Keys that repeat, that are NULL, and that no row of `texts` has. */
const visits: SuiteTable = {
  name: 'visits',
  columns: [
    { name: 'text_id', type: 'int4' },
    { name: 'word', type: 'text' },
    { name: 'n', type: 'int4' },
    { name: 'cost', type: 'numeric(8,3)' },
    { name: 'at', type: 'timestamp' },
  ],
  rows: [
    ['1', 'ann', '1', '1.250', '2020-01-01 08:00:00'],
    ['1', 'Ann', '2', '2.000', '2020-01-15 09:30:00'],
    ['2', 'ann ', '1', null, '2020-02-01 00:00:00'],
    ['4', 'ANN', '1', '0.001', '2020-04-30 23:59:59'],
    ['6', null, '3', '10.000', null],
    ['99', 'á', '1', '7.500', '2021-12-31 10:00:00'],
    [null, 'ann', '2', '3.000', '2020-01-05 11:11:11'],
    ['9', '', null, '-3.000', '2020-01-05 11:11:11'],
    ['21', '😀', '2', '0.500', '2019-12-30 23:00:00'],
  ],
}

/** Reserved words and quotes as names. */
const order: SuiteTable = {
  name: 'order',
  primaryKey: ['select'],
  columns: [
    { name: 'select', type: 'int4' },
    { name: 'group', type: 'text' },
    { name: 'Mixed Case', type: 'int4' },
    { name: 'quo"te', type: 'text' },
    { name: 'back`tick', type: 'int4' },
    { name: 'naïve', type: 'int4' },
  ],
  rows: [
    ['1', 'x', '10', 'a', '5', '1'],
    ['2', 'y', null, null, '6', '2'],
    ['3', 'x', '30', 'c', null, null],
  ],
}

const nothing: SuiteTable = {
  name: 'nothing',
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'word', type: 'text' },
    { name: 'price', type: 'numeric(12,2)' },
  ],
  rows: [],
}

/** Enough rows for work that takes long, for keys and for statistics; `price` and `day` have known bounds. */
export const MANY: SuiteTable = {
  name: 'many',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int4' },
    { name: 'one', type: 'int4' },
    { name: 'grp', type: 'int4' },
    { name: 'code', type: 'text' },
    { name: 'price', type: 'numeric(12,2)' },
    { name: 'day', type: 'date' },
  ],
  rows: Array.from({ length: 3000 }, (_, i) => [
    ...[String(i + 1), '1', i % 4 === 3 ? null : String(i % 50), `code ${i % 100}`],
    ((i + 1) / 4).toFixed(2),
    new Date(Date.UTC(2020, 0, 1) + (i % 1000) * 86_400_000).toISOString().slice(0, 10),
  ]),
}

/** The tables of all subjects. */
export const SUBJECT_TABLES: readonly SuiteTable[] = [
  ...[texts, numbers, times, things, visits, order, nothing, MANY],
]
