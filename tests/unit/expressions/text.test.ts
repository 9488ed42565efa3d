import { describeCases, type Case } from './describe-cases.js'

const cases: Case[] = []

const unary = (type: string, ...list: string[]): void => {
  for (const sql of list) cases.push([[type], sql])
}

unary(
  'text',
  ...[
    'upper(a)',
    'lower(a)',
    'initcap(a)',
    'length(a)',
    'char_length(a)',
    'octet_length(a)',
    'bit_length(a)',
  ],
  ...[
    'btrim(a)',
    'ltrim(a)',
    'rtrim(a)',
    "trim(both ' a' from a)",
    "ltrim(a, 'xa')",
    "rtrim(a, 'xc ')",
    'reverse(a)',
  ],
  ...[
    'ascii(a)',
    'md5(a)',
    'quote_literal(a)',
    'quote_nullable(a)',
    "split_part(a, ',', 2)",
    "split_part(a, ',', -1)",
  ],
  ...[
    "split_part(a, '', 1)",
    "replace(a, 'a', 'bb')",
    "replace(a, '', 'x')",
    "translate(a, 'abc', 'xy')",
  ],
  ...[
    "translate(a, 'äü😀', 'aux')",
    "strpos(a, 'o')",
    "position('' in a)",
    "position('👍' in a)",
    "starts_with(a, 'a')",
  ],
  ...[
    "string_to_array(a, ',')",
    "string_to_array(a, ',', '')",
    'string_to_array(a, null)',
    "string_to_array(a, '')",
  ],
  ...[
    "overlay(a placing 'XX' from 2)",
    "overlay(a placing 'XX' from 2 for 0)",
    "overlay(a placing '' from 1 for 3)",
  ],
  ...[
    "a || '!'",
    "'<' || a || '>'",
    'a || 1',
    'a || 1.50',
    "a || '2020-01-01'::date",
    "concat(a, 1, null, true, 'x')",
  ],
  ...[
    "concat_ws('-', a, null, 'z')",
    "concat_ws(a, 'p', 'q')",
    "coalesce(a, 'none')",
    "nullif(a, 'a')",
  ],
  ...[
    'a::varchar(3)',
    'a::char(4)',
    'a::varchar',
    'a::char(4)::text',
    'a::name',
    'a::name::text',
    "a in ('a', 'abc', '', 'x', '日本語テキスト')",
  ],
  ...[
    "a not in ('a', 'b')",
    "a = any(array['a', null, 'b', 'c', 'd'])",
    "a like any(array['%a%', 'H%'])",
    "a not like all(array['%a', '_'])",
  ],
  ...[
    'substring(a from 2)',
    'substring(a from -1 for 3)',
    'substring(a from 2 for 3)',
    'left(a, 2)',
    'left(a, -2)',
    'right(a, 2)',
    'right(a, -2)',
  ],
  ...[
    "lpad(a, 5, 'xy')",
    "rpad(a, 5, 'äö')",
    'lpad(a, 3)',
    "lpad(a, -1, 'x')",
    "rpad(a, 10, '')",
    'repeat(a, 2)',
    'repeat(a, -1)',
  ],
  ...[
    "a < 'b'",
    "greatest(a, 'm')",
    "least(a, 'm', null)",
    "case a when 'a' then 1 when '' then 2 else 3 end",
    'length(a) > 3 and lower(a) = a',
  ],
)
for (const pattern of [
  'a%',
  '%c',
  '%b%',
  'a',
  '',
  '%',
  '_',
  '__',
  '%_',
  '_%c',
  'a\\%b\\_c%',
  '%xx',
  'x%ab%x',
  '%%',
  '%日_語%',
  '%😀_',
  'Hello\\',
  '%\\',
  'a_c',
  '%l%o%d',
  '_ü%',
  'A%',
  '%Ü%',
  '%ß',
]) {
  unary('text', ...['like', 'not like', 'ilike', 'not ilike'].map((op) => `a ${op} '${pattern}'`))
}
unary(
  'text',
  "a like 'a!%b%' escape '!'",
  "a like '%!' escape '!'",
  "a like 'a%' escape ''",
  "a like 'x' escape 'xy'",
  "a like '%c\\d' escape '#'",
)
for (const regex of [
  '^a',
  'c$',
  'b',
  '^[A-Z]',
  '^[A-Z]+$',
  '\\d+',
  '^-?\\d+(\\.\\d+)?$',
  '^\\w+$',
  '\\s',
  '[^a-z]',
  '^(a|abc)$',
  'x{2}',
  'x{2,}a',
  '.b.',
  '^.$',
  '[[:digit:]]',
  '[[:space:]]x',
  '(?:ab)+',
  '[äöü]',
  '[]a]',
  '[a-]',
  'ü',
  'E',
  '^[^@]+$',
  'a*b',
  '\\.',
  '%',
  'ß',
  '^\\W+$',
  '^[\\w ]+$',
  '\\S{5}',
]) {
  unary('text', ...['~', '!~', '~*', '!~*'].map((op) => `a ${op} '${regex}'`))
}
unary(
  'text',
  ...[
    "regexp_replace(a, '[^a-z]', '', 'g')",
    "regexp_replace(a, '\\s+', ' ', 'g')",
    "regexp_replace(a, 'b', 'X')",
    "regexp_replace(a, '\\D', '', 'g')",
  ],
  ...[
    "regexp_replace(a, '[a-z]*', '#', 'g')",
    "regexp_replace(a, 'x?', '-', 'g')",
    "regexp_replace(a, '.', '.')",
    "regexp_like(a, 'l+')",
  ],
)
for (const op of ['<', '<=', '=', '<>', '>', '>=', '||', 'like']) {
  cases.push([['text', 'text'], `a ${op} b`], [['varchar', 'text'], `a ${op} b`])
}
for (const op of ['<', '<=', '=', '<>', '>', '>=']) {
  cases.push([['character(5)', 'character(5)'], `a ${op} b`], [['bytea', 'bytea'], `a ${op} b`])
  cases.push([['uuid', 'uuid'], `a ${op} b`], [['name', 'name'], `a ${op} b`])
  cases.push([['name', 'text'], `a ${op} b`], [['text', 'name'], `a ${op} b`])
  cases.push([['"char"', '"char"'], `a ${op} b`])
  cases.push([['character(5)', 'text'], `a ${op} b`])
}
for (const sql of [
  'strpos(a, b)',
  'replace(a, b, b || b)',
  'starts_with(a, b)',
  'split_part(a, b, 1)',
  'translate(a, b, a)',
  'btrim(a, b)',
  'string_to_array(a, b)',
  'concat_ws(a, b, a)',
  'a is distinct from b',
  'nullif(a, b)',
  'greatest(a, b)',
  '(a, b) <= (b, a)',
  'coalesce(a, b)',
  'a ilike b',
  'lpad(a, 8, b)',
  'rpad(a, 8, b)',
]) {
  cases.push([['text', 'text'], sql])
}
for (const sql of [
  'left(a, b)',
  'right(a, b)',
  'substring(a, b)',
  'substring(a, b, 2)',
  'substring(a, 2, b)',
  "split_part(a, ',', b)",
  'lpad(a, b % 1000)',
  "overlay(a placing 'z' from b)",
  'repeat(a, b % 50)',
  'a || b',
]) {
  cases.push([['text', 'integer'], sql])
}
unary('integer', 'chr(a)', 'to_hex(a)', 'to_bin(a)', 'to_oct(a)', 'a::text', "a || 'x'")
unary('bigint', 'to_hex(a)', 'to_bin(a)', 'to_oct(a)')
unary(
  'character(5)',
  'length(a)',
  'octet_length(a)',
  'a::text',
  "a || 'x'",
  'a::varchar',
  "a like 'a%'",
  "a like 'a'",
  "a in ('a', 'ab', 'abc', '')",
  'a::char(2)',
  'upper(a)',
  "concat(a, '|')",
)
unary(
  'varchar(10)',
  'length(a)',
  'upper(a)',
  "a = 'abc'",
  "a in ('a', 'b', 'abc  ', 'Hello')",
  'a::varchar(2)',
  "a || 'x'",
  "coalesce(a, '')",
  "a like '%l%'",
)
unary(
  'bytea',
  'length(a)',
  'md5(a)',
  "encode(a, 'hex')",
  "encode(a, 'base64')",
  "encode(a, 'escape')",
  'sha256(a)',
  "a || '\\x00'",
  'substring(a, 2)',
  'substring(a from 2 for 2)',
  'a::text',
  'sha512(a)',
)
unary(
  'uuid',
  'a::text',
  "a = 'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'",
  "a in ('a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11', '00000000-0000-0000-0000-000000000000')",
)
unary('boolean', 'concat(a, a)')
unary(
  'text',
  'a::integer',
  'a::numeric',
  'a::float8',
  'a::boolean',
  'a::bigint',
  'a::date',
  'a::bytea',
  'a::uuid',
)

describeCases('text', cases)
