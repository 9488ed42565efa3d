import { describeCases, type Case } from './describe-cases.js'

const cases: Case[] = []
const unary = (type: string, ...list: string[]): void => {
  for (const sql of list) cases.push([[type], sql])
}

for (const type of ['json', 'jsonb']) {
  unary(
    type,
    ...[
      "a -> 'a'",
      "a ->> 'a'",
      "a -> 'b' -> 'c'",
      "a ->> 'b'",
      'a -> 0',
      'a ->> 1',
      'a -> -1',
      'a ->> -1',
      'a ->> 2',
      'a -> 9',
    ],
    ...[
      "a #> '{b,c,2}'",
      "a #>> '{b,c,2,d}'",
      "a #>> '{b,c,-1}'",
      "a #>> '{}'",
      "a #>> '{4,0}'",
      "a #> '{b,x}'",
      "a #>> '{b,c,1}'",
    ],
    ...[
      `${type}_typeof(a)`,
      `${type}_array_length(a)`,
      "a ->> 'x'",
      "a -> 'x'",
      "a ->> ''",
      'a::text',
      "(a ->> 'a')::int + 1",
    ],
  )
}
for (const operator of ['=', '<>', '<', '<=', '>', '>=', '@>', '<@', 'IS DISTINCT FROM']) {
  cases.push([['jsonb', 'jsonb'], `a ${operator} b`])
}
cases.push([['jsonb', 'jsonb'], 'greatest(a, b)'], [['jsonb', 'jsonb'], 'nullif(a, b)'])
unary('jsonb', `a @> '[]'`, `a <@ '[1, 2, [3]]'`, `a @> '"text"'`, `a < '[]'`, `a > 'null'`)
unary('jsonb', "a - 'a'", "a - 'two'", 'a - 0', 'a - 1', 'a - (-1)', 'a - 7')
unary('jsonb', "jsonb_extract_path(a, 'b', 'c')", "jsonb_extract_path_text(a, 'x')")
cases.push([['jsonb', 'text'], 'a - b'], [['jsonb', 'integer'], 'a - b'])
unary('jsonb', "a ? 'a'", "a ? 'two'", "a ? 'text'", "a ? 'x'")
for (const type of ['integer[]', 'text[]']) {
  const [x, y] = type === 'text[]' ? ["'a'", "'NULL'"] : ['1', '7']
  unary(
    type,
    ...[
      'cardinality(a)',
      'array_length(a, 1)',
      'array_length(a, 2)',
      'array_upper(a, 1)',
      'array_lower(a, 1)',
      'array_ndims(a)',
    ],
    ...[
      "array_to_string(a, ',')",
      'a[1]',
      'a[0]',
      'a[2]',
      'a[2][1]',
      'a is null',
      `${x} = any(a)`,
      `${y} = all(a)`,
      `${x} <> all(a)`,
      `${y} < any(a)`,
    ],
    ...['a::text', `a = array[${x}]`],
  )
  for (const op of ['@>', '<@', '&&', '=', '<>']) cases.push([[type, type], `a ${op} b`])
}
unary('integer[]', 'a::text[]', 'a::bigint[]', '3 in (a[1], a[2], 3)')
cases.push(
  [['integer', 'integer[]'], 'a = any(b)'],
  [['text', 'text[]'], 'a = any(b)'],
  [['integer', 'integer'], 'array[a, b]'],
  [['text', 'text'], 'array[a, b]'],
  [['integer', 'integer'], 'array[array[a, b], array[1, 2]]'],
  [['numeric', 'text'], 'array[a, 1.50]'],
  [['timestamp', 'timestamp'], 'array[a]'],
)

const TEMPLATES = [
  'YYYY-MM-DD',
  'YYYY-MM-DD HH24:MI:SS',
  'yyyymmdd',
  'DD.MM.YY',
  'Mon YYYY',
  'FMMonth FMDD, YYYY',
  'Month',
  'Day',
  'DY dy Dy',
  'HH12:MI AM',
  'HH:MI:SS pm',
  'IYYY-"W"IW-ID',
  'YYYY"Q"Q',
  'DDD D J',
  'SSSS SS.MS US',
  'WW',
  'MON/month/MONTH',
  'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"',
  'FMHH24',
  'YYY Y',
  'CC Y,YYY BC',
  'cc AD FMCC',
  'Day, DDth "of" FMMonth',
  'FMDDTH FMHH24th YYYYth',
  'TMMon TMMonth TMDay TMDy',
  'y,yyyth bc',
]
for (const template of TEMPLATES) {
  unary('timestamp', `to_char(a, '${template}')`)
  unary('timestamptz', `to_char(a, '${template}')`)
  unary('date', `to_char(a, '${template}')`)
}

describeCases('nested values and templates', cases, { timeZone: 'America/New_York' })
