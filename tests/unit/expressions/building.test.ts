import { describeCases, type Case } from './describe-cases.js'

const cases: Case[] = []
const over = (types: readonly string[], ...list: string[]): void => {
  for (const sql of list) cases.push([types, sql])
}

for (const [array, element, other] of [
  ['integer[]', 'integer', '1'],
  ['text[]', 'text', "'a'"],
] as const) {
  for (const operator of ['<', '<=', '>', '>=', '=', '<>']) {
    over([array, array], `a ${operator} b`)
  }
  over(
    [array, element],
    'array_append(a, b)',
    'array_prepend(b, a)',
    'array_remove(a, b)',
    'a || b',
  )
  over([array, element], 'array_position(a, b)', 'array_positions(a, b)')
  over([array, array], 'array_cat(a, b)', 'greatest(a, b)', 'a IS DISTINCT FROM b')
  over([array], `array_replace(a, ${other}, NULL)`, `array_replace(a, NULL, ${other})`)
  over([array], "array_to_string(a, ',', 'none')", 'to_json(a)', 'to_jsonb(a)', 'array_to_json(a)')
}

const TYPES = [
  ...['boolean', 'smallint', 'integer', 'bigint', 'real', 'double precision', 'numeric', 'text'],
  ...['date', 'time', 'timestamp', 'timestamptz', 'interval', 'uuid', 'bytea', 'json', 'jsonb'],
]
for (const type of TYPES) {
  over([type], 'to_json(a)', 'to_jsonb(a)', 'json_build_array(a, NULL, 1)')
  over([type], "jsonb_build_object('k', a, 'j', 2)", "json_build_object('k', a)")
  over([type, 'integer'], 'num_nulls(a, b)', 'num_nonnulls(a, b, a)')
}
over(['text', 'integer'], 'json_build_object(a, b)', "jsonb_build_object('x', 1, 'x', b)")
over(['jsonb', 'jsonb'], 'a || b')

over(['interval'], 'justify_interval(a)')
for (const operator of ['<', '=', '>=', '<>']) over(['timetz', 'timetz'], `a ${operator} b`)
over(['timetz'], 'a::time', 'a::time(3)')

over(['numeric'], 'exp(a)', 'ln(a)', 'log(a)', 'sqrt(a)')
over(['numeric', 'numeric'], 'log(a, b)', 'power(a, b)')
over(['double precision'], 'degrees(a)', 'radians(a)')
for (const name of ['exp', 'ln', 'log10', 'sin', 'cos', 'tan', 'cbrt', 'asin', 'atan']) {
  over(['double precision'], `round(${name}(a)::numeric, 8)`)
}
over(['double precision', 'double precision'], 'round(power(a, b)::numeric, 6)')

for (const pattern of [
  ...['o', '[a-z]+', '[^a-z]', '[0-9]+', '(b)(o)', '^[a-z]', '^(.).', '([a-z]+)', 'a|b', '(a|o).'],
  ...['(?i)A', '(?i)^(x|B)', 'e$', '.$', '(?:a)(.)'],
]) {
  over(['text'], `regexp_substr(a, '${pattern}')`, `regexp_count(a, '${pattern}')`)
  over(['text'], `regexp_instr(a, '${pattern}')`, `regexp_match(a, '${pattern}')`)
  over(['text'], `substring(a from '${pattern}')`)
}
for (const [pattern, replacement] of [
  ...[
    ['(.)(.)', '\\2\\1'],
    ['a|b', '<\\&>'],
    ['([0-9]+)', '[\\1\\2\\\\\\z]'],
  ],
  ...[
    ['^.', '$1$&'],
    ['.$', ''],
    ['(x|A)', '\\1\\1'],
  ],
]) {
  for (const flags of ['', 'g', 'i', 'gi']) {
    over(['text'], `regexp_replace(a, '${pattern!}', '${replacement!}', '${flags}')`)
  }
}
for (const flags of ['', 'i', 'c']) over(['text'], `regexp_like(a, '^[A-M]|x(y|z)*', '${flags}')`)
for (const pattern of ['o', '[a-z]', '[0-9]+', ' ']) {
  over(['text'], `regexp_split_to_array(a, '${pattern}')`)
}

for (const form of ["'%s|%5s|%-4s|'", "'%2$s %1$s %%'", "'%L %L'"]) {
  over(['text', 'integer'], `format(${form}, a, b, 'x')`)
}
over(
  ['text'],
  "format('%I', coalesce(a, 'x'))",
  'quote_ident(a)',
  'normalize(a)',
  'normalize(a, NFKD)',
)
over(['text'], 'a IS NFC NORMALIZED', "convert_from(convert_to(a, 'UTF8'), 'UTF8')")
over(['text'], "decode(md5(a), 'hex')", "decode(a, 'hex')")
over(['bytea'], "convert_from(a, 'UTF8')")
over(['json'], 'a::jsonb', "jsonb_exists_any(a::jsonb, array['a', 'x'])")
over(['jsonb'], 'a::json', "a ?| array['a', 'two']", "a ?& array['a', 'b']")
over(
  ['integer', 'integer'],
  'make_time(abs(a % 24), abs(b % 60), 1.5)',
  'make_interval(days => a % 1000)',
)
over(['integer', 'integer'], 'make_interval(years => a % 100, mins => b % 1000)')
over(['integer', 'integer'], 'make_timestamp(2000 + a % 99, 1 + abs(b % 12), 1, 2, 3, 4.5)')
over(['integer', 'integer'], 'make_timestamptz(2000 + a % 99, 1 + abs(b % 12), 1, 2, 3, 4.5)')
over(['integer', 'integer'], 'make_time(a % 30, b % 70, 0)')
over(['double precision'], 'to_timestamp(a)')
for (const unit of ['century', 'decade', 'year', 'quarter', 'month', 'day', 'hour', 'second']) {
  over(['interval'], `date_trunc('${unit}', a)`)
}

describeCases('values built of values', cases, { timeZone: 'America/New_York' })
