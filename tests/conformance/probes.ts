/**
 * What a connector may declare, as statements: one for each operator, function, type and fragment kind. Whether a statement's work runs at the
 * source is the declaration; it is read off the plan, so it cannot differ from what the planner does.
 */
import type { Probe } from './probe.js'
import { SUBJECT_PROBES } from './subject-probes.js'
import type { EdgeColumn } from './tables.js'

type UntitledProbe = Omit<Probe, 'section'>

const CONSTANTS: Readonly<Record<EdgeColumn, readonly string[]>> = {
  flag: ['true'],
  i2: ['7', '-32768'],
  i4: ['7', '2147483647'],
  i8: ['9007199254740993', '7'],
  n: ['1.0', '9007199254740993.5', '0.0000000001'],
  money: ['10.5', '-0.01'],
  f8: ['0', '3.5', '0.1'],
  t: [`'a'`, `'ss'`, `''`, `'😀'`, `'back\\slash'`],
  code: [`'a'`, `'zz'`],
  d: [`'2000-02-29'`, `'0001-01-01'`],
  ts: [`'9999-12-31 23:59:59.999999'`, `'2024-03-31 02:30:00'`],
  tz: [`'2024-03-31 01:00:00+00'`],
  u: [`'123e4567-e89b-12d3-a456-426614174000'`],
  by: [`'\\x00'`],
  j: [`'{}'`],
}

const TITLES: Readonly<Record<EdgeColumn, string>> = {
  ...{ flag: 'boolean', i2: 'smallint', i4: 'integer', i8: 'bigint', n: 'numeric(38,10)', money: 'numeric(12,2)' },
  ...{ f8: 'double precision', t: 'text', code: 'varchar', d: 'date', ts: 'timestamp', tz: 'timestamptz', u: 'uuid' },
  ...{ by: 'bytea', j: 'jsonb' },
} // prettier-ignore

const COLUMNS = Object.keys(CONSTANTS) as EdgeColumn[]
const ORDERED = COLUMNS.filter((column) => column !== 'flag' && column !== 'j')

function ofColumns(
  group: string,
  columns: readonly EdgeColumn[],
  write: (column: EdgeColumn, constant: string) => readonly string[],
): UntitledProbe[] {
  return columns.flatMap((column) =>
    CONSTANTS[column].flatMap((constant) =>
      write(column, constant).map((sql) => ({ group: `${group} ${TITLES[column]}`, sql })),
    ),
  )
}

const where = (condition: string): string => `SELECT id FROM edges WHERE ${condition}`
const all = (group: string, ...statements: readonly string[]): UntitledProbe[] =>
  statements.map((sql) => ({ group, sql }))
const inOrder = (group: string, ...statements: readonly string[]): UntitledProbe[] =>
  statements.map((sql) => ({ group, sql, ordered: true }))

/** Arrays sent as one parameter, as a bind join sends its keys. */
const KEYS = {
  i4: '{7,2147483647,NULL,12345}',
  i8: '{9007199254740993,5}',
  t: '{a,"a ","",😀,"back\\\\slash","say \\"hi\\"",NULL}',
  d: '{2000-02-29,0001-01-01}',
  money: '{10.5,0.07,-0.010}',
} as const

/** Statements that are the same for each type, and the fragments over them. */
const TYPE_PROBES: readonly UntitledProbe[] = [
  ...ofColumns('Filter: = <> on', COLUMNS, (c, v) => [
    where(`${c} = ${v}`),
    where(`${c} <> ${v}`),
    where(`NOT (${c} = ${v})`),
    where(`${c} IS DISTINCT FROM ${v}`),
  ]),
  ...ofColumns('Filter: < > BETWEEN on', ORDERED, (c, v) => [
    where(`${c} < ${v}`),
    where(`${c} >= ${v}`),
    where(`${c} BETWEEN ${v} AND ${v}`),
  ]),
  ...ofColumns('Filter: IN on', COLUMNS.filter((c) => c !== 'flag' && c !== 'j'), (c, v) => [
    where(`${c} IN (${v}, ${v})`),
    where(`${c} NOT IN (${v})`),
    where(`${c} NOT IN (${v}, NULL)`),
  ]), // prettier-ignore
  ...COLUMNS.flatMap((c) =>
    all('Filter: IS NULL', where(`${c} IS NULL`), where(`${c} IS NOT NULL`)),
  ),
  ...all(
    'Filter: AND, OR, NOT',
    where(`i4 > 0 OR t = 'a'`),
    where(`NOT (i4 > 0 AND code = 'a')`),
    where(`(i4 > 0) IS NOT TRUE`),
    where(`flag`),
    where(`NOT flag`),
    where(`flag IS NOT FALSE`),
  ),
  ...all(
    'Filter: LIKE',
    ...[`t LIKE 'a%'`, `t LIKE '%a'`, `t LIKE '_'`, `t NOT LIKE '%a%'`, `t LIKE '%\\%%'`, `t LIKE 'under\\_%'`].map(where),
    ...[`t LIKE ''`, `t LIKE '%😀%'`, `t LIKE 'A%'`, `code LIKE 'c%'`, `t LIKE 'back\\\\%'`].map(where),
  ), // prettier-ignore
  ...all('Filter: ILIKE, regular expressions', where(`t ILIKE 'A%'`), where(`t ~ '^[a-z]'`)),
  ...['i4', 'i8', 't', 'd', 'money'].flatMap((c) => ({
    group: 'Filter: keys = ANY ($1)',
    sql: where(`${c} = ANY ($1)`),
    parameters: [KEYS[c as keyof typeof KEYS]],
  })),
  ...all(
    'Filter: two columns',
    where('i4 = i2'),
    where('i8 > i4'),
    where('t = code'),
    where('ts > d'),
    where('n = money'),
    where('f8 = i4'),
  ),
  ...all(
    'Value: arithmetic',
    'SELECT id, i4 + i2, i4 - 1 FROM edges WHERE id > 2 AND id < 7',
    'SELECT id, money + 1, money * 2, - money FROM edges',
    'SELECT id, i4 / 2, i4 % 2 FROM edges WHERE id > 1',
    'SELECT id, n * money FROM edges WHERE id > 3',
    'SELECT id, f8 * 2 FROM edges WHERE id > 3 AND id < 9',
    'SELECT id, money / 3 FROM edges',
  ),
  ...all(
    'Value: CASE, COALESCE, NULLIF',
    `SELECT id, CASE WHEN i4 > 0 THEN 'p' WHEN i4 < 0 THEN 'n' ELSE '0' END FROM edges`,
    `SELECT id, coalesce(t, code, 'none') FROM edges`,
    `SELECT id, nullif(i4, 7) FROM edges`,
  ),
  ...all(
    'Value: text functions',
    'SELECT id, length(t) FROM edges',
    'SELECT id, upper(code), lower(code) FROM edges',
    'SELECT id, upper(t) FROM edges',
    `SELECT id, t || 'x' FROM edges`,
    'SELECT id, substring(t from 1 for 2) FROM edges',
    'SELECT id, trim(t) FROM edges',
    `SELECT id, replace(t, 'a', 'b') FROM edges`,
  ),
  ...all(
    'Value: date functions',
    'SELECT id, extract(year FROM d), extract(month FROM ts) FROM edges',
    `SELECT id, date_trunc('month', ts) FROM edges`,
    `SELECT id, date_trunc('day', tz) FROM edges`,
    'SELECT id, d + 1 FROM edges WHERE id > 2',
    'SELECT id, ts::date FROM edges',
  ),
  ...all(
    'Value: casts',
    'SELECT id, i4::int8, i2::int4 FROM edges',
    'SELECT id, i4::text FROM edges',
    'SELECT id, money::int4 FROM edges WHERE id > 3',
    'SELECT id, i4::float8 FROM edges',
    'SELECT id, d::text FROM edges',
  ),
  ...all('Value: jsonb', `SELECT id, j -> 'a', j ->> 'a' FROM edges`, where(`j ->> 'a' = '1'`)),
  ...all(
    'Aggregate: count',
    'SELECT count(*), count(t), count(f8) FROM edges',
    'SELECT count(*) FROM edges WHERE i4 > 1000000000',
  ),
  ...all('Aggregate: count(DISTINCT)', 'SELECT count(DISTINCT code), count(DISTINCT i4) FROM edges', 'SELECT count(DISTINCT t) FROM edges'), // prettier-ignore
  ...all('Aggregate: sum of integers', 'SELECT sum(i2), sum(i4) FROM edges', 'SELECT sum(i8) FROM edges', 'SELECT sum(i4) FROM edges WHERE id > 1000'), // prettier-ignore
  ...all('Aggregate: sum of numerics', 'SELECT sum(money) FROM edges', 'SELECT sum(n) FROM edges'),
  ...all('Aggregate: sum of floats', 'SELECT sum(f8) FROM edges WHERE id BETWEEN 4 AND 9'),
  ...all('Aggregate: avg', 'SELECT avg(i4) FROM edges', 'SELECT avg(money) FROM edges', 'SELECT avg(f8) FROM edges WHERE id BETWEEN 4 AND 9'), // prettier-ignore
  ...all(
    'Aggregate: min, max',
    'SELECT min(i4), max(i8), min(money), max(d), min(ts) FROM edges',
    'SELECT min(t), max(t) FROM edges',
    'SELECT min(code), max(code) FROM edges',
    'SELECT min(f8), max(f8) FROM edges',
  ),
  ...all('Aggregate: bool_and, bool_or', 'SELECT bool_and(flag), bool_or(flag) FROM edges'),
  ...all('Aggregate: FILTER', `SELECT count(*) FILTER (WHERE i4 > 0), sum(i4) FILTER (WHERE code = 'a') FROM edges`), // prettier-ignore
  ...all('Aggregate: string_agg, array_agg', `SELECT string_agg(code, ',' ORDER BY id) FROM edges`, 'SELECT array_agg(i4 ORDER BY id) FROM edges'), // prettier-ignore
  ...ofGroups(),
  ...all('HAVING', 'SELECT i4, count(*) FROM edges GROUP BY i4 HAVING count(*) > 1'),
  ...all('GROUPING SETS', 'SELECT code, flag, count(*) FROM edges GROUP BY ROLLUP (code, flag)'),
  ...all('DISTINCT', 'SELECT DISTINCT i4 FROM edges', 'SELECT DISTINCT code, flag FROM edges', 'SELECT DISTINCT t FROM edges'), // prettier-ignore
  ...inOrder(
    'ORDER BY',
    'SELECT id FROM edges ORDER BY i4, id',
    'SELECT id FROM edges ORDER BY i4 DESC NULLS LAST, id DESC',
    'SELECT id FROM edges ORDER BY d NULLS FIRST, id',
    'SELECT id FROM edges ORDER BY money DESC, id',
    'SELECT id FROM edges ORDER BY ts, id',
  ),
  ...inOrder('ORDER BY text', 'SELECT id FROM edges ORDER BY t, id', 'SELECT id FROM edges ORDER BY code DESC, id'), // prettier-ignore
  ...inOrder('ORDER BY double precision', 'SELECT id FROM edges ORDER BY f8, id'),
  ...inOrder(
    'Top-N',
    'SELECT id, i4 FROM edges ORDER BY i4 DESC NULLS LAST, id LIMIT 3',
    'SELECT id FROM edges ORDER BY d, id LIMIT 2 OFFSET 3',
    'SELECT id, t FROM edges ORDER BY t, id LIMIT 4',
  ),
  ...all('LIMIT', 'SELECT count(*) FROM (SELECT id FROM edges LIMIT 5) s', 'SELECT id FROM edges WHERE i4 = 7 LIMIT 100'), // prettier-ignore
  ...all(
    'Inner join',
    'SELECT e.id, l.n FROM edges e JOIN links l ON l.edge_id = e.id',
    'SELECT e.id, l.n FROM edges e JOIN links l ON l.day = e.d',
    'SELECT e.id, l.n FROM edges e JOIN links l ON l.edge_id = e.id AND l.cost > e.id',
  ),
  ...all('Join on text', 'SELECT e.id, l.n FROM edges e JOIN links l ON l.label = e.t'),
  ...all('Left join', 'SELECT e.id, l.n, l.label FROM edges e LEFT JOIN links l ON l.edge_id = e.id', `SELECT e.id, l.n FROM edges e LEFT JOIN links l ON l.edge_id = e.id AND l.cost > 1 WHERE l.n IS NULL`), // prettier-ignore
  ...all('Full join', 'SELECT e.id, l.n FROM edges e FULL JOIN links l ON l.edge_id = e.id'),
  ...all('Semi join', 'SELECT e.id FROM edges e WHERE EXISTS (SELECT 1 FROM links l WHERE l.edge_id = e.id)', 'SELECT e.id FROM edges e WHERE e.id IN (SELECT edge_id FROM links)'), // prettier-ignore
  ...all('Anti join', 'SELECT e.id FROM edges e WHERE NOT EXISTS (SELECT 1 FROM links l WHERE l.edge_id = e.id)'), // prettier-ignore
  ...all('NOT IN (subquery)', 'SELECT e.id FROM edges e WHERE e.id NOT IN (SELECT edge_id FROM links)', 'SELECT e.id FROM edges e WHERE e.id NOT IN (SELECT n FROM links)'), // prettier-ignore
  ...all('Join and aggregate', 'SELECT e.code, count(*), sum(l.cost) FROM edges e JOIN links l ON l.edge_id = e.id GROUP BY e.code'), // prettier-ignore
  ...all('UNION ALL', 'SELECT id FROM edges UNION ALL SELECT n FROM links', `SELECT code FROM edges WHERE code = 'a' UNION ALL SELECT label FROM links`), // prettier-ignore
  ...all('UNION, INTERSECT, EXCEPT', 'SELECT id FROM edges UNION SELECT n FROM links', 'SELECT id FROM edges INTERSECT SELECT edge_id FROM links', 'SELECT id FROM edges EXCEPT SELECT edge_id FROM links'), // prettier-ignore
  ...all('Window functions', 'SELECT id, row_number() OVER (PARTITION BY code ORDER BY id) FROM edges', 'SELECT id, sum(i4) OVER (ORDER BY id) FROM edges WHERE id > 2 AND id < 8'), // prettier-ignore
  ...all('WITH', 'WITH w AS MATERIALIZED (SELECT code, count(*) AS n FROM edges GROUP BY code) SELECT a.code, b.n FROM w a JOIN w b ON a.code = b.code'), // prettier-ignore
  ...COLUMNS.flatMap((c) => all(`Read: ${TITLES[c]}`, `SELECT id, ${c} FROM edges`)),
  ...all(
    'Names that need quoting',
    `SELECT s."order", s."from", s."Mixed Case" FROM "select" s WHERE s."group" = 'g1'`,
    `SELECT s."from", count(*) AS "where" FROM "select" s GROUP BY s."from"`,
  ),
]

function ofGroups(): UntitledProbe[] {
  const columns: EdgeColumn[] = ['flag', 'i4', 'i8', 'money', 'n', 'f8', 't', 'code', 'd', 'ts', 'tz', 'u', 'by'] // prettier-ignore
  return columns.map((c) => ({
    group: `GROUP BY ${TITLES[c]}`,
    // 0 and -0 are one group, and either may stand for it.
    sql: `SELECT ${c === 'f8' ? '' : `${c}, `}count(*) FROM edges GROUP BY ${c}`,
  }))
}

/** Every probe. */
export const PROBES: readonly Probe[] = [
  ...TYPE_PROBES.map((probe) => ({ ...probe, section: 'By type and fragment' })),
  ...SUBJECT_PROBES,
]
