import { describeCases, type Case } from './describe-cases.js'

const INTEGERS = ['smallint', 'integer', 'bigint']
const FLOATS = ['real', 'double precision']

const cases: Case[] = []
for (const a of [...INTEGERS, ...FLOATS]) {
  for (const b of [...INTEGERS, ...FLOATS]) {
    if (INTEGERS.includes(a) !== INTEGERS.includes(b)) continue
    for (const op of ['+', '-', '*', '/', '<', '<=', '=', '<>', '>', '>=']) {
      cases.push([[a, b], `a ${op} b`])
    }
    cases.push([[a, b], 'a is distinct from b'], [[a, b], 'nullif(a, b)'])
  }
}
for (const a of INTEGERS) {
  for (const op of ['%', '&', '|', '#']) cases.push([[a, a], `a ${op} b`])
  for (const op of ['<<', '>>']) cases.push([[a, 'integer'], `a ${op} b`])
  for (const f of ['-a', '+a', '@a', 'abs(a)', '~a']) cases.push([[a], f])
}
for (const a of ['integer', 'bigint']) cases.push([[a, a], 'gcd(a, b)'], [[a, a], 'lcm(a, b)'])
for (const op of ['+', '-', '*', '/', '%', '<', '<=', '=', '<>', '>', '>=']) {
  cases.push([['numeric', 'numeric'], `a ${op} b`])
}
for (const f of ['div', 'mod', 'gcd', 'lcm', 'greatest', 'least']) {
  cases.push([['numeric', 'numeric'], `${f}(a, b)`])
}
for (const f of ['abs', 'sign', 'ceil', 'floor', 'round', 'trunc']) {
  cases.push([['numeric'], `${f}(a)`], [['double precision'], `${f}(a)`])
}
for (const f of ['-a', '+a', 'scale(a)', 'min_scale(a)', 'trim_scale(a)'])
  cases.push([['numeric'], f])
for (const digits of [-5, -1, 0, 1, 2, 20, 3000]) {
  cases.push([['numeric'], `round(a, ${digits})`], [['numeric'], `trunc(a, ${digits})`])
}
cases.push(
  [['double precision'], 'sqrt(a)'],
  [['double precision'], '|/ a'],
  [['double precision'], '-a'],
  [['real'], '-a'],
  [['real'], 'abs(a)'],
)
const NUMBERS = [...INTEGERS, ...FLOATS, 'numeric']
for (const from of NUMBERS) {
  for (const to of [
    ...NUMBERS,
    'text',
    'varchar(3)',
    'numeric(10,2)',
    'numeric(3,0)',
    'numeric(5,-2)',
    'numeric(4,6)',
  ]) {
    cases.push([[from], `a::${to}`])
  }
}
for (const type of NUMBERS) {
  cases.push(
    [[type, type], 'a in (1, 2, 3, b)'],
    [[type], 'a in (0, 1, 7, -1, 100)'],
    [[type], 'a in (0, 1, null, -1, 100)'],
    [[type], 'a not in (0, 1, 7, -1, 100)'],
    [[type], 'a not in (0, null)'],
    [[type], 'a in (1, 2)'],
    [[type, type], 'greatest(a, b, 0)'],
    [[type, type], 'least(a, b)'],
    [[type, type], 'coalesce(a, b, 1)'],
    [[type, type], 'case when a > b then a when a = b then b else 0 end'],
    [[type, type], 'case when b <> 0 then a / b end'],
    [[type, type], 'a > 0 and 1 / b > 0'],
    [[type, type], 'b = 0 or a / b > 1'],
    [[type, type], '(a, b) < (b, a)'],
    [[type, type], '(a, 1) >= (b, 2)'],
    [[type, type], 'not (a = b and a < 5 or b is null)'],
    [[type, type], '(a < b) is not true'],
    [[type, type], '(a < b) is unknown'],
    [[type], 'a is null'],
    [[type], 'a is not null'],
    [[type, type], 'a between b and 10'],
    [[type, type], 'a = any(array[b, 1])'],
    [[type, type], 'a < all(array[b, 100])'],
  )
}
cases.push(
  [['integer'], 'a::oid'],
  [['oid'], 'a::bigint'],
  [['bigint'], 'a::oid'],
  [['oid', 'oid'], 'a < b'],
)
cases.push(
  [['boolean', 'boolean'], 'a < b'],
  [['boolean'], 'a::int'],
  [['integer'], 'a::boolean'],
  [['boolean'], 'a::text'],
)
cases.push(
  [['boolean', 'boolean'], 'a and b'],
  [['boolean', 'boolean'], 'a or b'],
  [['boolean'], 'not a'],
  [['boolean', 'boolean'], 'a = b'],
)

describeCases('numbers', cases)
