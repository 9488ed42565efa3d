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

over(['numeric'], 'exp(a)', 'ln(a)', 'log(a)', 'sqrt(a)')
over(['numeric', 'numeric'], 'log(a, b)', 'power(a, b)')
over(['double precision'], 'degrees(a)', 'radians(a)')
for (const name of ['exp', 'ln', 'log10', 'sin', 'cos', 'tan', 'cbrt', 'asin', 'atan']) {
  over(['double precision'], `round(${name}(a)::numeric, 8)`)
}
over(['double precision', 'double precision'], 'round(power(a, b)::numeric, 6)')

for (const pattern of ['o', '[a-z]+', '[^a-z]', '[0-9]+']) {
  over(['text'], `regexp_substr(a, '${pattern}')`, `regexp_count(a, '${pattern}')`)
  over(['text'], `regexp_instr(a, '${pattern}')`, `regexp_match(a, '${pattern}')`)
  over(['text'], `substring(a from '${pattern}')`)
}
for (const pattern of ['o', '[a-z]', '[0-9]+', ' ']) {
  over(['text'], `regexp_split_to_array(a, '${pattern}')`)
}

describeCases('values built of values', cases, { timeZone: 'America/New_York' })
