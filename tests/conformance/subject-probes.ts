/**
 * What a source may be asked, a statement an operator, function or construct, over the tables of `subject-tables.ts`. A statement with
 * ORDER BY orders its rows completely.
 */
import type { Probe } from './probe.js'

interface Asked {
  readonly sql: string
  readonly values?: readonly (string | null)[]
  readonly timeZone?: string
}

type Statement = string | Asked

const GROUPS: Readonly<Record<string, Readonly<Record<string, Statement>>>> = {
  'Text in filters': {
    'text = constant': `select id from texts where word = 'ann'`,
    'text = constant with a trailing space': `select id from texts where word = 'ann '`,
    "text = ''": `select id from texts where word = ''`,
    'text = constant outside the BMP': `select id from texts where word = '😀'`,
    'text = constant with quotes and backslashes': `select id from texts where word = 'o''neil' or word = 'back\\slash' or word = '\\'`,
    'text = constant that looks like a marker': `select id from texts where word = '?' or word = '$1' or word = ':name' or word = '{x}' or word = '$name'`,
    'text = parameter': { sql: 'select id from texts where word = $1', values: ['änn'] },
    'text = NULL parameter': { sql: 'select id from texts where word = $1', values: [null] },
    'text = parameter that closes a quote': {
      sql: 'select id from texts where word = $1 or n = 1',
      values: [`' or '1'='1`],
    },
    'text = in a case-insensitive collation': `select id from texts where ci = 'ann'`,
    'text <> in a case-insensitive collation': `select id from texts where ci <> 'ann'`,
    'text < in a case-insensitive collation': `select id from texts where ci < 'a'`,
    "text < in a language's order": `select id from texts where lang < 'b'`,
    'text = in latin1': `select id from texts where latin = 'änn'`,
    'latin1 = what latin1 has not': `select id from texts where latin = '李雷' or latin = '😀'`,
    'text <> constant': `select id from texts where word <> 'ann'`,
    'not (text = constant)': `select id from texts where not (word = 'ann')`,
    'text < constant': `select id from texts where word < 'a'`,
    'text >= constant outside the BMP': `select id from texts where word >= '😀'`,
    'text between': `select id from texts where word between 'A' and 'a'`,
    'text in (list)': `select id from texts where word in ('ann', 'Ä', 'ÄNN', '')`,
    'text not in (list)': `select id from texts where word not in ('ann', 'ÄNN', '')`,
    'text not in (list with NULL)': `select id from texts where word not in ('ann', null)`,
    'text = column': `select id from texts where word = ci`,
    'text < column': `select id from texts where word < lang`,
    'text is distinct from constant': `select id from texts where word is distinct from 'ann'`,
    'text is not distinct from column': `select id from texts where word is not distinct from latin`,
    'varchar = constant': `select id from texts where short = 'ann '`,
    'like prefix%': `select id from texts where word like 'a%'`,
    'like %suffix': `select id from texts where word like '%n'`,
    'like %infix%': `select id from texts where word like '%n%'`,
    'like with _': `select id from texts where word like '_nn'`,
    'like _ outside the BMP': `select id from texts where word like 'a_b' or word like '_'`,
    'like with escaped % and _': `select id from texts where word like '100\\%' or word like 'under\\_score' or word like 'a\\\\\\%b'`,
    'like with another escape': `select id from texts where word like '100!%' escape '!'`,
    'like in a case-insensitive collation': `select id from texts where ci like 'a%'`,
    'like over line ends': `select id from texts where word like 'a%b'`,
    'like parameter': { sql: 'select id from texts where word like $1', values: ['%n_'] },
    'like column': `select id from texts where word like ci`,
    'not like': `select id from texts where word not like '%n%'`,
    ilike: `select id from texts where word ilike 'ann%'`,
    starts_with: `select id from texts where starts_with(word, 'an')`,
    'regular expression': `select id from texts where word ~ '^[a-c]n+ ?$'`,
    'similar to': `select id from texts where word similar to '(a|A)nn%'`,
  },
  'Numbers in filters': {
    'int4 = constant': 'select id from numbers where i4 = 7',
    'int8 = 2^53+1': 'select id from numbers where i8 = 9007199254740993',
    'int8 < constant': 'select id from numbers where i8 < -9007199254740992',
    'int8 in (list)': 'select id from numbers where i8 in (9007199254740993, 9007199254740992)',
    'int8 not in (list)': 'select id from numbers where i8 not in (9007199254740993, 7)',
    'int4 not in (list with NULL)': 'select id from numbers where i4 not in (7, null)',
    'int2 = int8 column': 'select id from numbers where i2 = i8',
    'int4 between': 'select id from numbers where i4 between -7 and 7',
    'int4 = numeric constant': 'select id from numbers where i4 = 7.5 or i4 = 7.0',
    'int4 < float8 constant': `select id from numbers where i4 < 6.5::float8`,
    'numeric = constant': 'select id from numbers where price = 2.5',
    'numeric = constant of more digits': 'select id from numbers where price = 2.50000000000001',
    'numeric of 38 digits = constant':
      'select id from numbers where wide = 123456789012345678.1234567890 or wide = 9999999999999999999999999999.9999999999',
    'numeric of 38 digits < constant': 'select id from numbers where wide < -0.00000000005',
    'numeric = int8 column': 'select id from numbers where wide = i8',
    'numeric between': 'select id from numbers where price between -0.01 and 2.5',
    'numeric < NaN': `select id from numbers where price < 'NaN'::numeric`,
    'float8 = constant': 'select id from numbers where f8 = 0.1',
    'float8 = 0 (and -0)': 'select id from numbers where f8 = 0',
    'float8 > constant (NaN is greatest)': 'select id from numbers where f8 > 1',
    'float8 = NaN': `select id from numbers where f8 = 'NaN'`,
    'float8 < Infinity': `select id from numbers where f8 < 'Infinity'`,
    'float8 is distinct from': 'select id from numbers where f8 is distinct from 0.1',
    'float4 = constant': 'select id from numbers where f4 = 0.1::float4',
    'float4 = float8 constant': 'select id from numbers where f4 = 0.1::float8',
    'float4 > 1 (NaN is greatest)': 'select id from numbers where f4 > 1',
  },
  'Booleans and NULL in filters': {
    boolean: 'select id from numbers where yes',
    'not boolean': 'select id from numbers where not yes',
    'is not true': 'select id from numbers where yes is not true',
    'is unknown': 'select id from numbers where (i4 > 0) is unknown',
    'boolean = comparison': 'select id from numbers where yes = (i4 > 0)',
    'is null': 'select id from numbers where i4 is null',
    'is not null': 'select id from numbers where i4 is not null',
    'not (a and b) with NULLs': 'select id from numbers where not (i4 > 0 and yes)',
    'a or b with NULLs': 'select id from numbers where i4 > 0 or yes',
    'not (a or b) with NULLs': 'select id from numbers where not (i4 > 0 or yes)',
    coalesce: 'select id from numbers where coalesce(i4, 7) = 7',
    nullif: 'select id from numbers where nullif(i4, 7) is null',
    'text = coalesce': `select id from texts where coalesce(word, 'ann') = 'ann'`,
  },
  'Dates and times in filters': {
    'date = constant': `select id from times where d = '2024-02-29'`,
    'date range': `select id from times where d >= '2020-01-01' and d < '2024-04-01'`,
    'date of year 1': `select id from times where d <= '0001-01-01'`,
    'date of year 9999': `select id from times where d >= '9999-12-31'`,
    'date before the Gregorian calendar': `select id from times where d = '1582-10-10'`,
    'date < infinity': `select id from times where d < 'infinity'`,
    'date in (list)': `select id from times where d in ('2024-03-31', '1969-12-31')`,
    'timestamp = constant': `select id from times where ts = '2024-10-27 02:30:00.000001'`,
    'timestamp < constant': `select id from times where ts < '1970-01-01'`,
    'timestamp in a DST gap': `select id from times where ts = '2024-03-31 02:30:00'`,
    'timestamp < date column': 'select id from times where d < ts',
    'timestamptz = constant': `select id from times where tz = '2024-03-31 01:00:00+00'`,
    'timestamptz in another zone': `select id from times where tz >= '2024-03-31 03:00:00+02' and tz < '2024-10-27 02:30:00+01'`,
    'timestamptz = constant in the session zone': {
      sql: `select id from times where tz = '2024-03-31 03:00:00'`,
      timeZone: 'Europe/Berlin',
    },
    'timestamptz < timestamp column': {
      sql: 'select id from times where tz < ts',
      timeZone: 'Europe/Berlin',
    },
    'timestamptz::date = constant': {
      sql: `select id from times where tz::date = '2024-03-01'`,
      timeZone: 'Europe/Berlin',
    },
    'time = constant': `select id from times where clock = '02:30:00.5'`,
    'time < constant': `select id from times where clock < '06:00'`,
    'date + integer': `select id from times where id between 3 and 8 and d + 1 = '2024-04-01'`,
    'timestamp + interval': `select id from times where ts + interval '1 month' > '2024-04-29' and id < 11`,
    'extract(year)': 'select id from times where extract(year from d) = 2024',
    'extract(dow)': 'select id from times where extract(dow from d) = 0',
    'date_trunc(month)': `select id from times where date_trunc('month', ts) = '2024-03-01'`,
    'date_part(isoyear)': `select id from times where date_part('isoyear', d) = 2020`,
  },
  'Other types in filters': {
    'uuid = constant': `select id from things where u = '00000000-0000-4000-8000-000000000001'`,
    'uuid < constant': `select id from things where u < '80000000-0000-4000-8000-000000000000'`,
    'bytea = constant': `select id from things where bin = '\\xff00'`,
    'bytea < constant': `select id from things where bin < '\\x20'`,
    'jsonb ->> key = constant': `select id from things where j ->> 'a' = 'x'`,
    'jsonb @> constant': `select id from things where j @> '{"a": 1}'`,
    'jsonb = constant': `select id from things where j = '{"b": [1, 2, {"c": null}], "a": 1}'`,
    'array contains': `select id from things where tags @> '{a}'`,
    'constant = any (array column)': `select id from things where 'a' = any (tags)`,
  },
  'Keys: column = ANY ($1)': {
    'int4 keys': { sql: 'select id from many where id = any ($1)', values: ['{1,5,5,NULL,7000}'] },
    'no keys': { sql: 'select id from many where id = any ($1::int4[])', values: ['{}'] },
    'NULL for keys': { sql: 'select id from many where id = any ($1::int4[])', values: [null] },
    'int8 keys': {
      sql: 'select id from numbers where i8 = any ($1::int8[])',
      values: ['{9007199254740993,-1,9223372036854775807}'],
    },
    'text keys': {
      sql: 'select id from texts where word = any ($1::text[])',
      values: ['{ann,"ann ",NULL,"","a\\\\%b","\\"quoted\\"",😀}'],
    },
    'text keys in a case-insensitive collation': {
      sql: 'select id from texts where ci = any ($1::text[])',
      values: ['{ann,ÄNN}'],
    },
    'text keys in latin1': {
      sql: 'select id from texts where latin = any ($1::text[])',
      values: ['{änn,李雷}'],
    },
    'numeric keys': {
      sql: 'select id from numbers where price = any ($1::numeric[])',
      values: ['{2.5,-0.01,2.505}'],
    },
    'date keys': {
      sql: 'select id from times where d = any ($1::date[])',
      values: ['{0001-01-01,2024-03-31}'],
    },
    'timestamp keys': {
      sql: 'select id from times where ts = any ($1::timestamp[])',
      values: ['{"9999-12-31 23:59:59.999999","2024-03-31 02:30:00"}'],
    },
    'uuid keys': {
      sql: 'select id from things where u = any ($1::uuid[])',
      values: ['{00000000-0000-4000-8000-00000000000a}'],
    },
    '<> ALL ($1)': {
      sql: 'select id from many where id <> all ($1::int4[]) and id < 5',
      values: ['{1,3}'],
    },
    '<> ALL ($1) with NULL': {
      sql: 'select id from many where id <> all ($1::int4[])',
      values: ['{1,NULL}'],
    },
  },
  'Computed columns': {
    'int4 + int4': 'select id, i4 + 1 from numbers where id > 2',
    'int4 + int4 that overflows': 'select id, i4 + 1 from numbers',
    'int8 * int8': 'select id, i8 * 2 from numbers where id between 3 and 10',
    'int4 / int4': 'select id, i4 / 2 from numbers',
    'int4 / 0': 'select id, i4 / (i4 - i4) from numbers',
    'int4 % int4': 'select id, i4 % 3 from numbers',
    '-int2': 'select id, -i2 from numbers where id <> 2',
    'numeric + numeric': 'select id, price + 1.005 from numbers',
    'numeric * numeric': 'select id, price * 1.19 from numbers',
    'numeric of 38 digits * numeric': 'select id, wide * 3 from numbers',
    'numeric / numeric': 'select id, price / 3 from numbers',
    'float8 + float8': 'select id, f8 + 1 from numbers where id between 3 and 10',
    'float8 * float8': 'select id, f8 * 3 from numbers where id between 3 and 10',
    'abs(int4)': 'select id, abs(i4) from numbers where id > 2',
    'round(numeric, 1)': 'select id, round(price, 1) from numbers',
    'round(float8)': 'select id, round(f8) from numbers where id between 3 and 10',
    'floor(numeric)': 'select id, floor(price) from numbers',
    'numeric::int4 (rounds half away)': 'select id, price::int4 from numbers where id > 2',
    'float8::int4 (rounds half to even)': `select id, (i4 / 2.0::float8)::int4 from numbers where id > 2`,
    'int4::text': 'select id, i4::text from numbers',
    'numeric::text': 'select id, price::text from numbers',
    'float8::text': 'select id, f8::text from numbers',
    'boolean::text': 'select id, yes::text from numbers',
    'text::int4': `select id, word::int4 from texts where word in ('0', '00')`,
    'text::date': `select id, (case when n = 1 then '2024-02-29' end)::date from texts`,
    'date::text': 'select id, d::text from times',
    'timestamp::date': 'select id, ts::date from times',
    'date::timestamp': 'select id, d::timestamp from times',
    'timestamptz::timestamp': {
      sql: 'select id, tz::timestamp from times',
      timeZone: 'Europe/Berlin',
    },
    'int4::int8': 'select id, i4::int8 from numbers',
    'int4::numeric': 'select id, i4::numeric from numbers',
    'length(text)': 'select id, length(word) from texts',
    'octet_length(text)': 'select id, octet_length(word) from texts',
    'upper(text)': 'select id, upper(word) from texts',
    'lower(text)': 'select id, lower(word) from texts',
    'text || text': `select id, word || '|' || short from texts`,
    'concat with NULL': `select id, concat(word, '|', n) from texts`,
    'substring(text, from, for)': 'select id, substring(word from 2 for 2) from texts',
    'left(text, n)': 'select id, left(word, 2), left(word, -1) from texts',
    'position(text in text)': `select id, position('n' in word) from texts`,
    'trim(text)': 'select id, trim(word) from texts',
    'replace(text)': `select id, replace(word, 'n', 'N') from texts`,
    'reverse(text)': 'select id, reverse(word) from texts',
    'case when': `select id, case when n > 2 then 1 when n is null then -1 else 0 end from texts`,
    'case of texts': `select id, case when n > 2 then word else ci end from texts`,
    'coalesce of texts': `select id, coalesce(latin, word) from texts`,
    'coalesce of numerics': 'select id, coalesce(price, 0) from numbers',
    greatest: 'select id, greatest(i4, i2) from numbers',
    'extract(epoch from timestamp)': 'select id, extract(epoch from ts) from times where id < 11',
    'extract(quarter, doy, week)':
      'select id, extract(quarter from d), extract(doy from d), extract(week from d) from times where id < 11',
    'date_trunc(week)': `select id, date_trunc('week', ts) from times where id between 2 and 10`,
    'date - date': "select id, d - date '2000-01-01' from times where id < 11",
    'age, to_char': `select id, to_char(ts, 'YYYY-MM-DD HH24:MI:SS.US') from times where id < 11`,
    'comparison as a column': `select id, word = 'ann', n > 2, n is null from texts`,
    'jsonb -> key': `select id, j -> 'b' from things`,
  },
  Aggregates: {
    'count(*)': 'select count(*) from texts',
    'count(column)': 'select count(word), count(n) from texts',
    'count(*) of an empty table': 'select count(*), count(word), sum(price), min(id) from nothing',
    'count(distinct int4)': 'select count(distinct n) from texts',
    'count(distinct text)': 'select count(distinct word) from texts',
    'count(distinct text) in a case-insensitive collation': 'select count(distinct ci) from texts',
    'sum(int4)': 'select sum(i4) from numbers',
    'sum(int8) beyond int8': 'select sum(i8) from numbers where id in (1, 3, 4, 6)',
    'sum(numeric)': 'select sum(price) from numbers',
    'sum(numeric of 38 digits)': 'select sum(wide) from numbers',
    'sum(float8)': 'select sum(f8) from numbers where id in (3, 10)',
    'avg(int4)': 'select avg(i4) from numbers',
    'avg(numeric)': 'select avg(price) from numbers',
    'min, max of int8': 'select min(i8), max(i8) from numbers',
    'min, max of numeric': 'select min(wide), max(wide), min(price), max(price) from numbers',
    'min, max of float8 (NaN is greatest)': 'select min(f8), max(f8) from numbers',
    'min, max of date': 'select min(d), max(d) from times',
    'min, max of timestamptz': 'select min(tz), max(tz) from times',
    'min, max of text': 'select min(word), max(word) from texts',
    'min, max of text in a case-insensitive collation': 'select min(ci), max(ci) from texts',
    'bool_and, bool_or': 'select bool_and(yes), bool_or(yes), every(i4 < 0) from numbers',
    'stddev, variance': 'select stddev(i4), variance(i4) from numbers where id > 2',
    'string_agg in order': `select string_agg(word, ',' order by id) from texts`,
    'array_agg in order': 'select array_agg(id order by id) from texts',
    'aggregate with FILTER':
      'select count(*) filter (where n > 2), sum(n) filter (where n = 1) from texts',
    'sum(distinct)': 'select sum(distinct n) from texts',
    'sum(case when)': 'select sum(case when n = 1 then 1 else 0 end) from texts',
    'group by int4': 'select n, count(*) from texts group by n',
    'group by text': 'select word, count(*) from texts group by word',
    'group by text in a case-insensitive collation': 'select ci, count(*) from texts group by ci',
    'group by latin1': 'select latin, count(*) from texts group by latin',
    'group by numeric': 'select price, count(*) from numbers group by price',
    'group by float8 (0 and -0)': 'select count(*) from numbers where f8 = 0 group by f8',
    'group by date': 'select d, count(*) from times group by d',
    'group by boolean': 'select yes, count(*), sum(i4) from numbers group by yes',
    'group by expression': 'select n % 2, count(*) from texts group by n % 2',
    'group by date_trunc': `select date_trunc('month', at), sum(cost) from visits group by 1`,
    'group by date_trunc of several units': `select date_trunc('week', at), date_trunc('quarter', at), date_trunc('hour', at), sum(cost) from visits group by 1, 2, 3`,
    'group by extract':
      'select extract(year from at), extract(doy from at), count(*) from visits group by 1, 2',
    'group by two columns':
      'select n, yes, count(*) from texts join numbers using (id) group by 1, 2',
    having: 'select n, sum(cost) from visits group by n having sum(cost) > 2',
    'grouping sets': 'select n, short, count(*) from texts where id < 9 group by rollup (n, short)',
  },
  'Distinct, order and limit': {
    'select distinct int4': 'select distinct n from texts',
    'select distinct text': 'select distinct word from texts',
    'select distinct text in a case-insensitive collation': 'select distinct ci from texts',
    'select distinct on': 'select distinct on (n) n, id from texts order by n, id',
    'order by int4': 'select id from many where id < 20 order by id desc',
    'order by text': 'select id from texts order by word, id',
    'order by text in a case-insensitive collation': 'select id from texts order by ci, id',
    "order by text in a language's collation": 'select id from texts order by lang desc, id',
    'order by with NULLs first': 'select id from texts order by n nulls first, id',
    'order by descending with NULLs last': 'select id from texts order by n desc nulls last, id',
    'order by numeric': 'select id from numbers order by wide, id',
    'order by float8 (NaN is greatest)': 'select id from numbers order by f8, id',
    'order by date': 'select id from times order by d, id',
    'order by boolean': 'select id from numbers order by yes, id',
    'order by expression': 'select id from texts order by n % 3, id',
    limit: 'select count(*) from (select 1 from many limit 10) x',
    'limit 0': 'select id from many limit 0',
    'limit parameter': { sql: 'select id from many order by id limit $1', values: ['3'] },
    'limit and offset': 'select id from many order by id limit 5 offset 10',
    'top-N by text': 'select id, word from texts order by word desc nulls last, id limit 5',
    'top-N by two columns': 'select id from many order by price desc, id limit 5',
    'limit with ties': 'select id from many order by id fetch first 3 rows with ties',
    'top-N of groups': 'select n, count(*) from texts group by n order by 2 desc, 1 limit 2',
  },
  'Joins in one source': {
    'inner join on int4': 'select t.id, l.n from texts t join visits l on l.text_id = t.id',
    'inner join on text': 'select t.id, l.n from texts t join visits l on l.word = t.word',
    'inner join on text of different collations':
      'select t.id, l.n from texts t join visits l on l.word = t.ci',
    'left join':
      'select t.id, l.n from texts t left join visits l on l.text_id = t.id and l.cost > 1',
    'right join': 'select t.id, l.n from texts t right join visits l on l.text_id = t.id',
    'full join': 'select t.id, l.n from texts t full join visits l on l.text_id = t.id',
    'join with an inequality':
      'select t.id, l.n from texts t join visits l on l.text_id = t.id and l.n < t.n',
    'cross join of small tables': 'select l.n, o."select" from visits l cross join "order" o',
    'semi join (exists)':
      'select id from texts t where exists (select from visits l where l.text_id = t.id)',
    'semi join (in)': 'select id from texts where id in (select text_id from visits)',
    'semi join on text': 'select id from texts where word in (select word from visits)',
    'anti join (not exists)':
      'select id from texts t where not exists (select from visits l where l.text_id = t.id)',
    'not in (subquery with NULLs)':
      'select id from texts where id not in (select text_id from visits)',
    'not in (subquery without NULLs)':
      'select id from texts where id not in (select text_id from visits where text_id is not null)',
    'exists as a column':
      'select id, exists (select from visits l where l.text_id = t.id) from texts t',
    'scalar subquery':
      'select id, (select max(cost) from visits l where l.text_id = t.id) from texts t',
    'uncorrelated scalar subquery': 'select id from texts where n > (select avg(n) from visits)',
    'lateral join':
      'select t.id, x.n from texts t cross join lateral (select l.n from visits l where l.text_id = t.id order by l.n limit 1) x',
    'join and aggregate':
      'select t.n, sum(l.cost) from texts t join visits l on l.text_id = t.id group by t.n',
    'self join': 'select a.id, b.id from texts a join texts b on b.id = a.n',
    'join of three tables':
      'select t.id, l.n, x.yes from texts t join visits l on l.text_id = t.id join numbers x on x.id = t.id',
  },
  'Set operations, windows and WITH': {
    'union all': 'select id from texts where id < 5 union all select text_id from visits',
    union: 'select n from texts union select n from visits',
    intersect: 'select word from texts intersect select word from visits',
    except: 'select word from texts except select word from visits',
    'row_number()': 'select id, row_number() over (partition by n order by id) from texts',
    'rank()': 'select text_id, rank() over (order by n) from visits',
    'sum() over': 'select id, sum(n) over (order by id) from texts',
    'lag()': 'select id, lag(word) over (order by id) from texts',
    'count(*) over ()': 'select id, count(*) over () from texts',
    'with (used once)':
      'with x as (select id, n from texts where n > 2) select * from x where id < 20',
    'with (used twice)':
      'with x as materialized (select id, n from texts where n > 2) select a.id, b.id from x a join x b on a.id = b.n',
    'with recursive':
      'with recursive x as (select id, n from texts where id = 1 union all select t.id, t.n from texts t join x on t.id = x.id + 10) select * from x',
  },
  Names: {
    'reserved words, quotes and capitals':
      'select "select", "group", "Mixed Case", "quo""te", "back`tick", "naïve" from "order"',
    'reserved words in every clause':
      'select "group", sum("Mixed Case") from "order" where "quo""te" <> \'b\' or "back`tick" > 5 group by "group"',
  },
}

/** Every probe by subject; each is a row of the capability table. */
export const SUBJECT_PROBES: readonly Probe[] = Object.entries(GROUPS).flatMap(
  ([section, statements]) =>
    Object.entries(statements).map(([group, statement]): Probe => {
      const { sql, values, timeZone } =
        typeof statement === 'string' ? ({ sql: statement } as Asked) : statement
      return {
        ...{ section, group, sql, ordered: isOrdered(sql) },
        ...(values === undefined ? {} : { parameters: values }),
        ...(timeZone === undefined ? {} : { timeZone }),
      }
    }),
)

/** Tells whether a statement fixes the order of its rows: an ORDER BY outside of parentheses. */
function isOrdered(sql: string): boolean {
  let outside = sql
  for (let before = ''; before !== outside;) {
    before = outside
    outside = outside.replace(/\([^()]*\)/g, '')
  }
  return /\border by\b/i.test(outside)
}
