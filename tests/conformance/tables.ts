/** The data that breaks engines, as one description that every fixture loads: `edges` has a column a type, `links` joins to it. */
import type { WorldTable } from '../world/table.js'
import { SUBJECT_TABLES, type SuiteTable } from './subject-tables.js'

/** Values per column of `edges`, in PostgreSQL's text form; row i takes value i of each, NULL beyond the end. */
const VALUES = {
  flag: ['t', 'f', 't', 'f'],
  i2: ['-32768', '32767', '0', '-1', '1', '7', '7'],
  i4: ['-2147483648', '2147483647', '0', '-1', '1', '7', '7', '-7', '100'],
  i8: [
    ...['9007199254740993', '-9007199254740993', '9223372036854775807', '-9223372036854775808'],
    ...['0', '-1', '7', '7', '9007199254740992'],
  ],
  n: [
    ...['9999999999999999999999999999.9999999999', '-9999999999999999999999999999.9999999999'],
    ...['0.0000000001', '-0.0000000001', '0.0000000000', '1.0000000000', '1.5000000000', '2.5000000000'],
    ...['-2.5000000000', '1.0000000000', '9007199254740993.5000000000'],
  ],
  money: ['0.00', '-0.01', '99999999.99', '10.50', '10.50', '-3.25', '20.00', '0.07'],
  f8: [
    ...['1.7976931348623157e+308', '-1.7976931348623157e+308', '5e-324', '0', '-0', '0.1', '-2.5', '3.5'],
    ...['3.5', 'NaN', 'Infinity', '-Infinity', '1e+20'],
  ],
  t: [
    ...['', ' ', 'a', 'A', 'a ', 'a  ', 'ä', 'Ä', 'ß', 'SS', 'é', 'e\u0301', 'z', 'Z', 'İ', 'ı'],
    ...['😀', '\uffee', 'o\u2019neil', "o'neil", 'back\\slash', 'say "hi"', '100%', 'under_score', 'a%b', 'a_b'],
    ...['tab\there', 'line\nbreak', 'NULL', 'null', '$1', '?', '{$ne: 1}', '李雷', 'x\u00a0y'],
  ],
  code: ['a', 'b', 'B', 'c1', 'c2', '', 'zz', 'a', 'c10', 'ZZ'],
  d: [
    ...['0001-01-01', '9999-12-31', '2000-02-29', '1970-01-01', '2024-03-31', '2024-10-27', '1582-10-10'],
    ...['2024-12-30', '2021-01-01'],
  ],
  ts: [
    ...['0001-01-01 00:00:00', '9999-12-31 23:59:59.999999', '2000-02-29 12:34:56.789', '1970-01-01 00:00:00.000001'],
    ...['2024-03-31 02:30:00', '2024-10-27 02:30:00', '1969-12-31 23:59:59.5'],
  ],
  tz: [
    ...['2024-03-31 00:59:59+00', '2024-03-31 01:00:00+00', '2024-10-27 00:30:00+00', '2024-10-27 01:30:00+00'],
    ...['1970-01-01 00:00:01+00', '2037-12-31 23:59:59.123456+00'],
  ],
  u: ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff', '123e4567-e89b-12d3-a456-426614174000'],
  by: ['\\x', '\\x00', '\\xff', '\\x00ff', '\\x41', '\\x4120'],
  j: ['{}', '[]', 'null', '{"a": 1, "b": {"c": "x"}}', '[1, "two", null]', '"text"', '12.50', '{"a": null}'],
} as const // prettier-ignore

const TYPES: Readonly<Record<keyof typeof VALUES, string>> = {
  ...{
    flag: 'bool',
    i2: 'int2',
    i4: 'int4',
    i8: 'int8',
    n: 'numeric(38,10)',
    money: 'numeric(12,2)',
  },
  ...{
    f8: 'float8',
    t: 'text',
    code: 'varchar(10)',
    d: 'date',
    ts: 'timestamp',
    tz: 'timestamptz',
  },
  ...{ u: 'uuid', by: 'bytea', j: 'jsonb' },
}

export type EdgeColumn = keyof typeof VALUES

const COLUMNS = Object.keys(VALUES) as readonly EdgeColumn[]
const ROWS = Math.max(...COLUMNS.map((name) => VALUES[name].length)) + 1

/** One row a value, so that each value of a column stands in a row of its own; the last row is all NULL. */
export const EDGES: WorldTable = {
  name: 'edges',
  primaryKey: ['id'],
  columns: [{ name: 'id', type: 'int4' }, ...COLUMNS.map((name) => ({ name, type: TYPES[name] }))],
  rows: Array.from({ length: ROWS }, (_, i) => [
    String(i + 1),
    ...COLUMNS.map((name) => VALUES[name][i] ?? null),
  ]),
}

/** Joins to `edges` by number, text and date, with NULLs, repeats and values that have no partner. */
export const LINKS: WorldTable = {
  name: 'links',
  columns: [
    { name: 'n', type: 'int4' },
    { name: 'edge_id', type: 'int4' },
    { name: 'label', type: 'text' },
    { name: 'day', type: 'date' },
    { name: 'cost', type: 'numeric(8,3)' },
  ],
  rows: [
    ['1', '1', 'a', '2000-02-29', '1.250'],
    ['2', '1', 'A', '1970-01-01', '2.000'],
    ['3', '2', 'a ', null, null],
    ['4', '3', 'ä', '2024-03-31', '0.001'],
    ['5', '3', null, '9999-12-31', '10.000'],
    ['6', null, '', '2000-02-29', '7.500'],
    ['7', '99', '😀', '1582-10-10', '-3.000'],
    ['8', '7', 'SS', '0001-01-01', '0.500'],
    ['9', '1', 'ss', '2000-02-29', '1.250'],
  ],
}

/** Names that need quoting, in every language that is spoken to. */
export const NAMES: WorldTable = {
  name: 'select',
  primaryKey: ['order'],
  columns: [
    { name: 'order', type: 'int4' },
    { name: 'from', type: 'text' },
    { name: 'Mixed Case', type: 'int4' },
    { name: 'group', type: 'text' },
  ],
  rows: [
    ['1', 'x', '10', 'g1'],
    ['2', "it's", '20', 'g2'],
    ['3', null, null, 'g1'],
  ],
}

/** What every fixture loads. */
export const CONFORMANCE_TABLES: readonly SuiteTable[] = [EDGES, LINKS, NAMES, ...SUBJECT_TABLES]
