/** Decimal arithmetic and functions, digit for digit as PostgreSQL's numeric. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import { EngineError } from '../../../src/errors.js'
import {
  addDecimal,
  ceilDecimal,
  compareDecimal,
  decimalFromFloat4,
  decimalFromFloat8,
  decimalToNumber,
  divDecimal,
  divideDecimal,
  floorDecimal,
  formatDecimal,
  moduloDecimal,
  multiplyDecimal,
  parseDecimal,
  roundDecimal,
  subtractDecimal,
  truncateDecimal,
  type Decimal,
} from '../../../src/types/numbers/decimal.js'
import {
  expDecimal,
  lnDecimal,
  log10Decimal,
  logDecimal,
  powerDecimal,
  sqrtDecimal,
} from '../../../src/types/numbers/decimal-functions.js'
import { float8Text } from '../../../src/types/numbers/float-output.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { seededRandom } from './sample-values.js'

let server: PostgresServer
let client: pg.Client

beforeAll(async () => {
  server = await startPostgres()
  client = await server.connect()
  // Errors become values, so that thousands of calculations fit one query.
  await client.query(`create function attempt(a numeric, b numeric, expression text) returns text
    language plpgsql as $$ declare r text; begin
      execute 'select (' || expression || ')::text' into r using a, b; return r;
    exception when others then return sqlstate || ' ' || sqlerrm; end $$`)
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

const random = seededRandom(7)
const digits = (count: number): string =>
  Array.from({ length: count }, () => Math.floor(random() * 10)).join('')

function randomDecimal(): string {
  const whole = digits(Math.floor(random() ** 2 * 24))
  const fraction = digits(Math.floor(random() ** 2 * 20))
  return `${random() < 0.3 ? '-' : ''}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`
}

const SPECIAL = [
  ...[
    '0',
    '0.00',
    '1',
    '-1',
    '1.0',
    '2',
    '10',
    '0.5',
    '-0.5',
    '100',
    '10000',
    '9999',
    '0.0001',
    '0.00009999',
  ],
  ...[
    'NaN',
    'Infinity',
    '-Infinity',
    '1000000000000000000000',
    '0.000000000000000000001',
    '1.0000001',
    '0.9999',
    '3',
    '-3',
    '0.9',
    '1.1',
    '99.99',
  ],
]

const PAIRS: (readonly [string, string])[] = [
  ...SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const)),
  ...Array.from({ length: 1200 }, () => [randomDecimal(), randomDecimal()] as const),
]

const SMALL_PAIRS: (readonly [string, string])[] = [
  ...SPECIAL.flatMap((a) => SPECIAL.map((b) => [a, b] as const)),
  ...Array.from({ length: 400 }, () => {
    const base = `${Math.floor(random() * 50)}.${digits(1 + Math.floor(random() * 6))}`
    const exponent =
      random() < 0.5
        ? String(Math.floor(random() * 60 - 20))
        : `${Math.floor(random() * 40 - 20)}.${digits(3)}`
    return [base, exponent] as const
  }),
]

const text = (value: Decimal): string => formatDecimal(value)

const OPERATIONS: readonly {
  readonly sql: string
  readonly apply: (a: Decimal, b: Decimal) => string
  readonly pairs?: readonly (readonly [string, string])[]
}[] = [
  { sql: '$1 + $2', apply: (a, b) => text(addDecimal(a, b)) },
  { sql: '$1 - $2', apply: (a, b) => text(subtractDecimal(a, b)) },
  { sql: '$1 * $2', apply: (a, b) => text(multiplyDecimal(a, b)) },
  { sql: '$1 / $2', apply: (a, b) => text(divideDecimal(a, b)) },
  { sql: '$1 % $2', apply: (a, b) => text(moduloDecimal(a, b)) },
  { sql: 'div($1, $2)', apply: (a, b) => text(divDecimal(a, b)) },
  {
    sql: 'sign(numeric_cmp($1, $2))::int',
    apply: (a, b) => String(Math.sign(compareDecimal(a, b))),
  },
  {
    sql: 'round($1, 2) + 0 * $2',
    apply: (a, b) => text(addDecimal(roundDecimal(a, 2), multiplyDecimal(parseDecimal('0'), b))),
  },
  { sql: 'round($1, -3)', apply: (a) => text(roundDecimal(a, -3)) },
  { sql: 'trunc($1, 1)', apply: (a) => text(truncateDecimal(a, 1)) },
  { sql: 'ceil($1)', apply: (a) => text(ceilDecimal(a)) },
  { sql: 'floor($1)', apply: (a) => text(floorDecimal(a)) },
  { sql: '$1::float8', apply: (a) => float8Text(decimalToNumber(a)) },
  { sql: '$1::float8::numeric', apply: (a) => text(decimalFromFloat8(decimalToNumber(a))) },
  {
    sql: '$1::float8::float4::numeric',
    apply: (a) => text(decimalFromFloat4(Math.fround(decimalToNumber(a)))),
  },
  { sql: 'sqrt($1)', apply: (a) => text(sqrtDecimal(a)) },
  { sql: 'ln($1)', apply: (a) => text(lnDecimal(a)) },
  { sql: 'log($1)', apply: (a) => text(log10Decimal(a)) },
  { sql: 'log($1, $2)', apply: (a, b) => text(logDecimal(a, b)) },
  { sql: 'exp($2)', apply: (_, b) => text(expDecimal(b)), pairs: SMALL_PAIRS },
  { sql: 'power($1, $2)', apply: (a, b) => text(powerDecimal(a, b)), pairs: SMALL_PAIRS },
]

it.each(OPERATIONS)('$sql', async ({ sql, apply, pairs = PAIRS }) => {
  const { rows } = await client.query<{ result: string }>(
    `select attempt(a::numeric, b::numeric, $3) as result
       from unnest($1::text[], $2::text[]) with ordinality as t(a, b, n) order by n`,
    [pairs.map(([a]) => a), pairs.map(([, b]) => b), sql],
  )
  const differences = pairs.flatMap(([a, b], i) => {
    const expected = rows[i]!.result
    let got: string
    try {
      got = apply(parseDecimal(a), parseDecimal(b))
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      got = `${error.code} ${error.message}`
    }
    return got === expected ? [] : [{ a, b, got, expected }]
  })
  expect(differences.slice(0, 8)).toEqual([])
})
