/** Templates of numbers drawn at random, over numbers drawn at random, beside PostgreSQL. */
import { afterAll, beforeAll, expect, test } from 'vitest'
import { randomFrom, type Random } from '../../world/random.js'
import { startCallOracle, type CallOracle } from './call-oracle.js'

let oracle: CallOracle
beforeAll(async () => {
  oracle = await startCallOracle()
}, 60_000)
afterAll(() => oracle.close())

const PARTS = [
  ...['9', '9', '9', '9', '0', '0', '99', '999', '.', 'D', 'G', ',', 'FM', 'S', 'MI', 'PL', 'SG'],
  ...[
    'PR',
    'L',
    'V',
    'TH',
    'th',
    'B',
    'RN',
    'rn',
    'EEEE',
    ' ',
    '-',
    'x',
    '"a\\"9"',
    'ä',
    'fm',
    'sp',
    '\\"',
  ],
]
const COMMON = [
  ...[
    '999',
    'FM999',
    '9.99',
    'FM9990.00',
    '999G999G999D99',
    'FM999,999,990.99',
    '000000',
    '9.99EEEE',
  ],
  ...[
    'S999',
    '999S',
    '999MI',
    'MI999',
    'PL999',
    '999PR',
    'FM999PR',
    '99V99',
    '99TH',
    'RN',
    'FMrn',
    'SG99.9',
  ],
  ...[
    'L999D99',
    'FM0999.990',
    '0.9',
    '99.0',
    'FM99.99',
    '.99',
    '9',
    '',
    '"#"999',
    '9.',
    'FM9.',
    'S0.0',
  ],
]
const NUMBERS: Readonly<Record<string, readonly string[]>> = {
  int4: [
    '0',
    '1',
    '-1',
    '12',
    '-485',
    '3999',
    '4000',
    '2147483647',
    '-2147483648',
    '111',
    '1234567',
  ],
  int8: ['0', '3', '-22', '485', '9223372036854775807', '-9223372036854775808', '1000000'],
  numeric: ['0', '-0.001', '0.5', '-0.5', '1.5', '2.5', '9.99', '1234567.891', 'NaN', 'Infinity', '-Infinity', '1e30', '-1e-20', '0.000', '99.95'], // prettier-ignore
  float8: ['0', '-0', '0.5', '1.5', '2.5', '-0.001', '9.99', '1234567.891', 'NaN', 'Infinity', '-Infinity', '1e30', '1e-20', '123456789012345678', '0.1', '5e-324', '1.7976931348623157e308'], // prettier-ignore
  float4: [
    '0',
    '-0',
    '0.5',
    '1.5',
    '-0.001',
    '9.99',
    '1234567.9',
    'NaN',
    'Infinity',
    '-Infinity',
    '1e30',
    '0.1',
  ],
}

function drawTemplate(random: Random): string {
  if (random.chance(0.3)) return random.pick(COMMON)
  return Array.from({ length: random.whole(1, 7) }, () => random.pick(PARTS)).join('')
}

function drawNumber(random: Random, type: string): string {
  if (random.chance(0.5)) return random.pick(NUMBERS[type]!)
  const sign = random.chance(0.5) ? '-' : ''
  const whole = String(random.whole(0, 10 ** random.whole(1, 7)))
  if (type.startsWith('int')) return sign + whole
  return `${sign}${whole}.${random.whole(0, 10 ** random.whole(1, 4))}`
}

test.each([
  ['int4', 1],
  ['int8', 2],
  ['numeric', 3],
  ['float8', 4],
  ['float4', 5],
] as const)('to_char of %s', (type, seed) => {
  const random = randomFrom(seed)
  const rows = Array.from({ length: 3000 }, () => [drawNumber(random, type), drawTemplate(random)])
  expect(oracle.differences(`to_char(${type},text)`, 'text', rows).slice(0, 12)).toEqual([])
})

const TEXT_PARTS = [...'0123456789', '-', '+', '.', ',', ' ', '<', '>', '$', 'x', 'ä', 'th', '12']
/** What the kernel leaves to PostgreSQL. */
const isForeign = (template: string): boolean => /rn|v|eeee/i.test(template)
const READ_COMMON = COMMON.filter((template) => !isForeign(template))

test('to_number', () => {
  const random = randomFrom(6)
  const written = (template: string): string =>
    random.chance(0.5)
      ? drawNumber(random, 'numeric')
      : Array.from({ length: Math.max(1, template.length - 1) }, () =>
          random.chance(0.7) ? String(random.whole(0, 9)) : random.pick(TEXT_PARTS),
        ).join('')
  const rows = Array.from({ length: 6000 }, () => {
    const template = random.chance(0.4)
      ? random.pick(READ_COMMON)
      : Array.from({ length: random.whole(1, 8) }, () => random.pick(PARTS)).join('')
    return [written(template), template]
  })
  const native = rows.filter(([, template]) => !isForeign(template!))
  expect(native.length).toBeGreaterThan(4000)
  const texts = ['-12,454.8-', ' $1,234.50 ', '<12>', '+1.5', '5.01-', '1 -', '', ' ', '.', '12.345678', '99999999', '1ä2', '12th3', '-.5'] // prettier-ignore
  for (const text of texts) for (const template of READ_COMMON) native.push([text, template])
  expect(oracle.differences('to_number(text,text)', 'numeric', native).slice(0, 12)).toEqual([])
})
