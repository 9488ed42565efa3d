/** Random and extreme values of each type, as text that PostgreSQL accepts. A seed makes them repeatable. */

export type Random = () => number

/** A small generator of pseudo-random numbers in [0,1). */
export function seededRandom(seed: number): Random {
  let state = seed >>> 0
  return () => {
    state = (state + 0x6d2b79f5) >>> 0
    let mixed = Math.imul(state ^ (state >>> 15), state | 1)
    mixed ^= mixed + Math.imul(mixed ^ (mixed >>> 7), mixed | 61)
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4294967296
  }
}

const between = (random: Random, low: number, high: number): number =>
  low + Math.floor(random() * (high - low + 1))
const pick = <T>(random: Random, values: readonly T[]): T =>
  values[Math.floor(random() * values.length)]!
const two = (value: number): string => String(value).padStart(2, '0')
const digits = (random: Random, count: number): string =>
  Array.from({ length: count }, () => between(random, 0, 9)).join('')

function bigintText(random: Random): string {
  const size = digits(random, between(random, 1, 19))
  const value = BigInt(size) % 9223372036854775807n
  return String(random() < 0.5 ? -value : value)
}

function numericText(random: Random): string {
  const sign = random() < 0.4 ? '-' : ''
  const whole = digits(random, between(random, 0, pick(random, [3, 8, 25, 60])))
  const fraction = digits(random, between(random, 0, pick(random, [2, 6, 30])))
  const shape = `${sign}${whole || '0'}${fraction === '' ? '' : `.${fraction}`}`
  return random() < 0.1 ? `${shape}e${between(random, -20, 20)}` : shape
}

const doubles = new DataView(new ArrayBuffer(8))

function float8Text(random: Random): string {
  if (random() < 0.3) return String(between(random, -1e9, 1e9) / pick(random, [1, 10, 100, 1000]))
  if (random() < 0.2)
    return String(between(random, 1, 9007199254740991) * 2 ** between(random, 0, 60))
  for (;;) {
    for (let i = 0; i < 8; i++) doubles.setUint8(i, between(random, 0, 255))
    const value = doubles.getFloat64(0)
    if (Number.isFinite(value)) return String(value)
  }
}

function float4Text(random: Random): string {
  if (random() < 0.3) return String(Math.fround(between(random, -1e6, 1e6) / 100))
  if (random() < 0.2) return String(2 ** between(random, -149, 127))
  for (;;) {
    for (let i = 0; i < 4; i++) doubles.setUint8(i, between(random, 0, 255))
    const value = doubles.getFloat32(0)
    if (Number.isFinite(value)) return String(value)
  }
}

function dateText(random: Random, lastYear = 5874896): string {
  const kind = random()
  const year =
    kind < 0.7 ? between(random, 1850, 2120) : between(random, 1, kind < 0.9 ? 9999 : lastYear)
  const isBefore = kind > 0.85 && year < 4713
  const date = `${String(year).padStart(4, '0')}-${two(between(random, 1, 12))}-${two(between(random, 1, 28))}`
  return isBefore ? `${date} BC` : date
}

function timeText(random: Random): string {
  const clock = `${two(between(random, 0, 23))}:${two(between(random, 0, 59))}:${two(between(random, 0, 59))}`
  return random() < 0.5 ? clock : `${clock}.${digits(random, between(random, 1, 6))}`
}

function timestampText(random: Random): string {
  const date = dateText(random, 294275)
  const [day = '', era = ''] = date.split(' ')
  return `${day} ${timeText(random)}${era === '' ? '' : ` ${era}`}`
}

function intervalText(random: Random): string {
  const parts: string[] = []
  if (random() < 0.5) parts.push(`${between(random, -40, 40)} years`)
  if (random() < 0.5) parts.push(`${between(random, -40, 40)} months`)
  if (random() < 0.5) parts.push(`${between(random, -400, 400)} days`)
  if (random() < 0.6) parts.push(`${between(random, -100, 100)} hours`)
  if (random() < 0.4) parts.push(`${between(random, -100, 100)} minutes`)
  if (random() < 0.5)
    parts.push(`${between(random, -100, 100)}.${digits(random, between(random, 1, 6))} seconds`)
  return parts.length === 0 ? '0' : parts.join(' ')
}

const LETTERS = [
  'a',
  'B',
  'ä',
  '€',
  '😀',
  ' ',
  '"',
  '\\',
  ',',
  '{',
  '}',
  "'",
  '\n',
  '\t',
  '0',
  'NULL',
]

function wordText(random: Random): string {
  return Array.from({ length: between(random, 0, 12) }, () => pick(random, LETTERS)).join('')
}

function hexText(random: Random): string {
  let text = '\\x'
  for (let left = between(random, 0, 12); left > 0; left--) {
    text += between(random, 0, 255).toString(16).padStart(2, '0')
  }
  return text
}

function uuidText(random: Random): string {
  const hex = Array.from({ length: 32 }, () => between(random, 0, 15).toString(16)).join('')
  return hex.replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')
}

function jsonText(random: Random, depth = 0): string {
  const kind = random()
  if (depth > 2 || kind < 0.2) return numericText(random).replace(/^(-?)0+(?=\d)/, '$1')
  if (kind < 0.4) return JSON.stringify(wordText(random))
  if (kind < 0.5) return pick(random, ['true', 'false', 'null'])
  const count = between(random, 0, 4)
  if (kind < 0.7)
    return `[${Array.from({ length: count }, () => jsonText(random, depth + 1)).join(',')}]`
  const members = Array.from(
    { length: count },
    () => `${JSON.stringify(wordText(random))} : ${jsonText(random, depth + 1)}`,
  )
  return `{${members.join(', ')}}`
}

function arrayText(random: Random, element: (random: Random) => string): string {
  const item = (): string =>
    random() < 0.1 ? 'NULL' : `"${element(random).replace(/["\\]/g, '\\$&')}"`
  const list = (): string => Array.from({ length: 2 }, item).join(',')
  if (random() < 0.1) return '{}'
  if (random() < 0.15) return `{{${list()}},{${list()}}}`
  if (random() < 0.15) return `[3:4]={${list()}}`
  return `{${Array.from({ length: between(random, 1, 5) }, item).join(',')}}`
}

/** What is tested of one type: its SQL name, extreme values, and a source of random ones. */
export interface TypeSample {
  readonly type: string
  readonly extremes: readonly string[]
  readonly random: (random: Random) => string
}

export const TYPE_SAMPLES: readonly TypeSample[] = [
  { type: 'boolean', extremes: ['t', 'f'], random: (r) => pick(r, ['t', 'f']) },
  {
    type: 'smallint',
    extremes: ['32767', '-32768', '0'],
    random: (r) => String(between(r, -32768, 32767)),
  },
  {
    type: 'integer',
    extremes: ['2147483647', '-2147483648', '0', '9', '10', '99', '100', '999999999', '1000000000'],
    random: (r) => String(between(r, -(10 ** between(r, 1, 9)), 10 ** between(r, 1, 9))),
  },
  {
    type: 'bigint',
    extremes: [
      '9223372036854775807',
      '-9223372036854775808',
      '0',
      '9007199254740993',
      '1000000000',
      '999999999999999999',
    ],
    random: bigintText,
  },
  { type: 'oid', extremes: ['0', '4294967295'], random: (r) => String(between(r, 0, 4294967295)) },
  {
    type: 'numeric',
    extremes: [
      '0',
      '0.000',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e-50',
      '9'.repeat(131),
      '0.0000000000000001',
      '10000',
      '0.0001',
      '100000000',
    ],
    random: numericText,
  },
  {
    type: 'numeric(12,2)',
    extremes: ['0', '-0.01', '9999999999.99', '-9999999999.99', '100', '10000', '0.10'],
    random: (r) =>
      `${pick(r, ['', '-'])}${between(r, 0, 10 ** between(r, 1, 10) - 1)}.${digits(r, 2)}`,
  },
  {
    type: 'numeric(15,5)',
    extremes: ['0', '9999999999.99999', '-1.00001', '20000'],
    random: (r) =>
      `${pick(r, ['', '-'])}${between(r, 0, 10 ** between(r, 1, 10) - 1)}.${digits(r, 5)}`,
  },
  {
    type: 'double precision',
    extremes: [
      ...[
        '0',
        '-0',
        'NaN',
        'Infinity',
        '-Infinity',
        '5e-324',
        '1.7976931348623157e308',
        '2.2250738585072014e-308',
      ],
      ...[
        '1e15',
        '1e-4',
        '1e-5',
        '123456789012345',
        '999999999999999.9',
        '0.1',
        '1e22',
        '1e23',
        '9007199254740993',
        '1.801439850948195e16',
      ],
      ...[
        '100000000000000.5',
        '12345678901234.25',
        '0.30000000000000004',
        '9.5367431640625e-07',
        '4.35',
        '1.005',
        '2e17',
        '36028797018963970',
        '288230376151711740',
      ],
    ],
    random: float8Text,
  },
  {
    type: 'real',
    extremes: [
      '0',
      '-0',
      'NaN',
      'Infinity',
      '1e-45',
      '3.4028235e38',
      '1.17549435e-38',
      '1e6',
      '999999',
      '1e-4',
      '1e-5',
      '16777216',
      '8388608.5',
      '33554432',
      '1.1754942e-38',
      '9.8e-45',
    ],
    random: float4Text,
  },
  {
    type: 'date',
    extremes: [
      'infinity',
      '-infinity',
      '4714-11-24 BC',
      '5874897-12-31',
      '0001-01-01',
      '0001-12-31 BC',
      '9999-12-31',
      '10000-01-01',
      '2000-02-29',
      '1900-02-28',
    ],
    random: dateText,
  },
  {
    type: 'time',
    extremes: ['00:00:00', '24:00:00', '23:59:59.999999', '00:00:00.000001'],
    random: timeText,
  },
  {
    type: 'timetz',
    extremes: ['00:00:00+00', '24:00:00-15:59', '23:59:59.999999+15:59:59'],
    random: (r) =>
      `${timeText(r)}${pick(r, ['+', '-'])}${two(between(r, 0, 15))}:${two(between(r, 0, 59))}`,
  },
  {
    type: 'timestamp',
    extremes: [
      'infinity',
      '-infinity',
      '4714-11-24 00:00:00 BC',
      '294276-12-31 23:59:59.999999',
      '0001-01-01 00:00:00',
      '1999-12-31 23:59:59.999999',
      '2285-06-05 23:47:34.740992',
      '1714-07-28 00:12:25.259007',
    ],
    random: timestampText,
  },
  {
    type: 'timestamptz',
    extremes: [
      'infinity',
      '-infinity',
      '4714-11-24 00:00:00+00 BC',
      '294276-12-31 23:59:59.999999+00',
      '0001-01-01 00:00:00+00',
      '9999-12-31 23:59:59+00',
      '2024-03-31 01:00:00+00',
      '2024-10-27 00:59:59.999999+00',
      '1883-11-18 17:00:00+00',
    ],
    random: (r) => `${timestampText(r).replace(/( BC)?$/, '+00$1')}`,
  },
  {
    type: 'interval',
    extremes: [
      'infinity',
      '-infinity',
      '0',
      '178000000 years',
      '-178000000 years',
      '2147483647 days',
      '-1 day 1 hour',
      '1 day -1 hour',
      '-1 sec',
      '-0.5 sec',
      '1 mon -1 day',
      '2562047 hours',
      '1.5 sec',
      '-1 year -2 mons +3 days -04:05:06.7',
    ],
    random: intervalText,
  },
  { type: 'text', extremes: ['', 'NULL', ' '], random: wordText },
  { type: 'varchar(20)', extremes: [''], random: (r) => [...wordText(r)].slice(0, 10).join('') },
  { type: 'character(40)', extremes: [''], random: (r) => [...wordText(r)].slice(0, 10).join('') },
  { type: 'bytea', extremes: ['\\x', '\\x00', '\\x5c', '\\x7f80ff'], random: hexText },
  { type: 'uuid', extremes: ['00000000-0000-0000-0000-000000000000'], random: uuidText },
  { type: 'json', extremes: ['{"b": 1, "a" :2}', 'null'], random: (r) => jsonText(r) },
  {
    type: 'jsonb',
    extremes: [
      '{"bb":1,"a":2,"a":3}',
      '1e2',
      '-0',
      '1.10',
      '"\\u00e4\\ud83d\\ude00\\/"',
      '{}',
      '[]',
    ],
    random: (r) => jsonText(r),
  },
  {
    type: 'bit varying',
    extremes: ['', '1', '101010101'],
    random: (r) => between(r, 0, 65535).toString(2),
  },
  {
    type: 'inet',
    extremes: ['::', '::1', '::ffff:1.2.3.4', '1.2.3.4/24', 'fe80::1:0:0:1/64', '1:0:0:2:0:0:0:3'],
    random: (r) => Array.from({ length: 4 }, () => between(r, 0, 255)).join('.'),
  },
  {
    type: 'cidr',
    extremes: ['10.0.0.0/8', '2001:db8::/32'],
    random: (r) => `${between(r, 1, 255)}.0.0.0/8`,
  },
  { type: 'macaddr', extremes: ['08:00:2b:01:02:03'], random: () => 'ff:ff:00:00:00:01' },
  {
    type: 'money',
    extremes: ['0', '-1234567.89', '92233720368547758.07'],
    random: (r) => String(between(r, -1e9, 1e9) / 100),
  },
  {
    type: 'pg_lsn',
    extremes: ['0/0', 'FFFFFFFF/FFFFFFFF'],
    random: (r) => `${between(r, 0, 65535).toString(16)}/${between(r, 0, 4294967295).toString(16)}`,
  },
  {
    type: 'point',
    extremes: ['(0,0)', '(-1.5,1e+20)'],
    random: (r) => `(${between(r, -99, 99)},${between(r, -99, 99) / 8})`,
  },
  {
    type: 'box',
    extremes: ['(1,2),(0,0)'],
    random: (r) => `(${between(r, 50, 99)},${between(r, 50, 99)}),(1,2)`,
  },
  {
    type: 'polygon',
    extremes: ['((0,0),(1,1),(1,0))'],
    random: (r) => `((0,0),(1,${between(r, 1, 9)}))`,
  },
  {
    type: 'path',
    extremes: ['((0,0),(1,1))', '[(0,0),(1,1)]'],
    random: (r) => `[(0,0),(1,${between(r, 1, 9)})]`,
  },
  {
    type: 'integer[]',
    extremes: ['{}', '{NULL}'],
    random: (r) => arrayText(r, (q) => String(between(q, -99, 99))),
  },
  {
    type: 'text[]',
    extremes: ['{}', '{""}', '{"null"}', '{a\\"b}'],
    random: (r) => arrayText(r, wordText),
  },
  { type: 'numeric[]', extremes: [], random: (r) => arrayText(r, numericText) },
  {
    type: 'timestamptz[]',
    extremes: ['{infinity}'],
    random: (r) => arrayText(r, (q) => timestampText(q).replace(/( BC)?$/, '+00$1')),
  },
  { type: 'date[]', extremes: [], random: (r) => arrayText(r, (q) => dateText(q)) },
  { type: 'interval[]', extremes: [], random: (r) => arrayText(r, intervalText) },
  { type: 'float8[]', extremes: [], random: (r) => arrayText(r, float8Text) },
  { type: 'bytea[]', extremes: [], random: (r) => arrayText(r, hexText) },
  { type: 'bool[]', extremes: [], random: (r) => arrayText(r, (q) => pick(q, ['t', 'f'])) },
  { type: 'uuid[]', extremes: [], random: (r) => arrayText(r, uuidText) },
  { type: 'jsonb[]', extremes: [], random: (r) => arrayText(r, (q) => jsonText(q, 2)) },
  {
    type: 'int4range',
    extremes: ['empty', '(,)', '[1,5)'],
    random: (r) => `[${between(r, 1, 50)},${between(r, 51, 99)}]`,
  },
  {
    type: 'tstzrange',
    extremes: ['empty', '(,)', '[2024-01-01 00:00:00+00,infinity)'],
    random: (r) => `(2024-01-01 00:00:00+00,2025-0${between(r, 1, 9)}-03 04:05:06+00]`,
  },
  {
    type: 'datemultirange',
    extremes: ['{}'],
    random: (r) => `{[2024-01-01,2024-01-${two(between(r, 2, 28))}),[2025-01-01,)}`,
  },
]
