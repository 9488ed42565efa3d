/** Constants of every type, decoded from the server's memory, against the same server's text output. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { textRow } from '../../../src/analyzer/postgres/backend-messages.js'
import { OPTIONS, SAMPLE_CATALOG } from './sample-catalog.js'

const LITERALS: readonly string[] = [
  'true',
  'false',
  '7',
  "'-32768'::smallint",
  "'-2147483648'::integer",
  '9223372036854775807',
  "'-9223372036854775808'::bigint",
  "'4294967295'::oid",
  ...['1.5', '-0', '1e6', '123456.7', '1e-5', '3.4028235e38', 'NaN', '-Infinity'].map(
    (value) => `'${value}'::real`,
  ),
  ...['0.1', '-0', '1e15', '123456789012345.6', '1e-7', '1.7976931348623157e308', 'Infinity'].map(
    (value) => `'${value}'::double precision`,
  ),
  ...[
    '0',
    '0.00',
    '-0.5',
    '1',
    '10000',
    '12345678.9',
    '100000000',
    '0.0001',
    '0.00001000',
    '-99999999999999999999.123456789',
    '1e130',
    '1e-130',
    '123e300',
    'NaN',
    'Infinity',
    '-Infinity',
  ].map((value) => `'${value}'::numeric`),
  "''::text",
  "'it''s {text} (with) \\ \"all\" of it'::text",
  "E'tab\\tnewline\\nünï漢字😀'::text",
  `'${'long '.repeat(60)}'::text`,
  "'abc'::varchar",
  "'abc'::name",
  "'ünï'::name",
  '\'x\'::"char"',
  '\'ü\'::"char"',
  '\'\'::"char"',
  "'\\x00ff7f80'::bytea",
  "''::bytea",
  ...['2024-02-29', '0001-01-01', '4713-01-01 BC', '5874897-12-31', 'infinity', '-infinity'].map(
    (value) => `'${value}'::date`,
  ),
  ...['00:00:00', '23:59:59.999999', '24:00:00', '12:34:56.7'].map((value) => `'${value}'::time`),
  ...['00:00:00+00', '12:34:56.7-03:30', '01:02:03+15:59'].map((value) => `'${value}'::timetz`),
  ...[
    '2000-01-01',
    '1999-12-31 23:59:59.999999',
    '4713-01-01 00:00:00 BC',
    '294276-12-31 23:59:59.999999',
    'infinity',
    '-infinity',
  ].map((value) => `'${value}'::timestamp`),
  ...['2024-07-01 12:00:00+02', '1890-01-01 00:00:00+00', 'infinity', '0044-03-15 10:00:00 BC'].map(
    (value) => `'${value}'::timestamptz`,
  ),
  ...[
    '0',
    '1 year 2 months -3 days 04:05:06.789',
    '-1 month 1 day -00:00:01',
    '100000 hours',
    'infinity',
    '-infinity',
  ].map((value) => `'${value}'::interval`),
  "'a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11'::uuid",
  '\'{"b": 1,  "a": [1,2]}\'::json',
  ...[
    'null',
    'true',
    'false',
    '1',
    '-1.50',
    '1e30',
    '"x"',
    '[]',
    '{}',
    '[[], {}, [1, [2, [3]]]]',
    '{"b": 1, "a": {"c": [null, true, "q\\"uote\\\\", "\\u0001\\b\\n\\t\\r\\f ü"]}, "aa": 2.50}',
    `[${Array.from({ length: 100 }, (_, index) => `"item ${index}"`).join(',')}]`,
    `{${Array.from({ length: 80 }, (_, index) => `"k${index}": {"n": ${index}.${index}}`).join(',')}}`,
  ].map((value) => `'${value}'::jsonb`),
  "'101'::bit(3)",
  "'10101010111'::varbit",
  "''::varbit",
  "'<a>x</a>'::xml",
  "'{}'::int[]",
  "'{1,NULL,3}'::int[]",
  "'{{1,2},{3,4}}'::smallint[]",
  "'[0:1][-1:0]={{1,2},{3,NULL}}'::bigint[]",
  '\'{a,"b c","",null,"NULL","q\\"uote","back\\\\slash","{brace}","com,ma",ü}\'::text[]',
  "'{1.50,NaN,-3}'::numeric[]",
  "'{t,f,NULL}'::boolean[]",
  "'{2024-01-01,infinity}'::date[]",
  '\'{"1 day","02:00:00"}\'::interval[]',
  "'{a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11}'::uuid[]",
  '\'{"{\\"a\\": 1}","[]"}\'::jsonb[]',
  "'{0.1,NULL,1e20}'::float8[]",
  "'{a,b}'::name[]",
  '\'{x,y}\'::"char"[]',
  "'{abc,d}'::varchar[]",
  "'{2024-01-01 00:00:00+00}'::timestamptz[]",
  "'(1,2)'::point",
  "'192.168.0.1/24'::inet",
  "'[1,10)'::int4range",
  "'$.a[*] ? (@ > 1)'::jsonpath",
  "'fat & cat'::tsquery",
  "$t$('a''b')$t$::tsquery",
  "'pg_class'::regclass",
]

let analyzer: Analyzer

beforeAll(async () => {
  analyzer = await Analyzer.start(SAMPLE_CATALOG)
}, 60_000)

afterAll(async () => {
  await analyzer.close()
})

/** What the server itself prints. */
function printed(literal: string): string | null | undefined {
  const { frames } = analyzer.runCatalog(`select ${literal}`, [], [], [], [0], OPTIONS)
  return textRow(frames.subarray(5))[0]
}

describe('a constant', () => {
  test.each(LITERALS)('%s', (literal) => {
    const { logical } = analyzer.analyze(`select ${literal} as v from customers`, [], OPTIONS)
    if (logical?.kind !== 'project') throw new Error(`Not read: ${JSON.stringify(logical)}`)
    let expression = logical.expressions[0]?.expression
    // Modifiers are applied by a call around the constant.
    if (expression?.kind === 'call') expression = expression.arguments[0]
    expect(expression).toMatchObject({ kind: 'constant', value: printed(literal) })
  })
})
