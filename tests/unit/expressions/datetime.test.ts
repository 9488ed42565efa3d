import { describeCases, type Case } from './describe-cases.js'

const cases: Case[] = []
const unary = (type: string, ...list: string[]): void => {
  for (const sql of list) cases.push([[type], sql])
}

const MOMENTS = ['date', 'timestamp', 'timestamptz']
for (const a of MOMENTS) {
  for (const b of MOMENTS) {
    for (const op of ['<', '<=', '=', '<>', '>', '>=']) cases.push([[a, b], `a ${op} b`])
  }
  cases.push([[a, 'interval'], 'a + b'], [[a, 'interval'], 'a - b'], [[a, 'interval'], 'b + a'])
  cases.push([[a, a], 'a - b'], [[a, a], 'greatest(a, b)'], [[a, a], 'a is distinct from b'])
  for (const to of [
    'date',
    'time',
    'timestamp',
    'timestamptz',
    'timestamp(0)',
    'timestamptz(3)',
    'text',
  ]) {
    if (a !== 'date' || to !== 'time') unary(a, `a::${to}`)
  }
  unary(a, 'isfinite(a)')
  for (const unit of [
    'day',
    'week',
    'month',
    'quarter',
    'year',
    'decade',
    'century',
    'millennium',
    'dow',
    'isodow',
    'doy',
    'isoyear',
    'julian',
    'epoch',
  ]) {
    unary(a, `extract(${unit} from a)`)
    if (!['dow', 'isodow', 'doy', 'isoyear', 'julian', 'epoch'].includes(unit))
      unary(a, `date_trunc('${unit}', a)`)
    if (unit !== 'julian') unary(a, `date_part('${unit}', a)`)
  }
  if (a === 'date') continue
  for (const unit of ['microseconds', 'milliseconds', 'second', 'minute', 'hour']) {
    unary(a, `extract(${unit} from a)`, `date_trunc('${unit}', a)`, `date_part('${unit}', a)`)
  }
  cases.push([[a, a], 'age(a, b)'])
  unary(
    a,
    "a at time zone 'UTC'",
    "a at time zone 'America/New_York'",
    `date_bin('15 minutes', a, '2001-02-16 20:05')`,
    `date_bin('1 day', a, '2001-02-16')`,
  )
  unary(
    a,
    `a in ('2000-01-01', 'infinity', '1970-01-01', '2023-10-29 02:30')`,
    `a between '2000-01-01' and '2024-01-01'`,
  )
  unary(
    a,
    `a + interval '1 month'`,
    `a - interval '1 day'`,
    `a + interval '3 hours'`,
    `a + interval '90 minutes' * 2`,
  )
}
cases.push(
  [['date', 'integer'], 'a + b'],
  [['date', 'integer'], 'a - b'],
  [['date', 'integer'], 'b + a'],
  [['date', 'time'], 'a + b'],
  [['time', 'date'], 'a + b'],
)
unary(
  'date',
  "a in ('2000-01-01', '1999-12-31', 'infinity', '1970-01-01')",
  "a >= '2000-01-01'",
  "date_trunc('month', a)::date",
  "a = any(array['2000-01-01'::date, null])",
)
for (const op of ['<', '<=', '=', '<>', '>', '>=', '-']) {
  cases.push([['time', 'time'], `a ${op} b`], [['interval', 'interval'], `a ${op} b`])
}
cases.push(
  [['time', 'interval'], 'a + b'],
  [['time', 'interval'], 'a - b'],
  [['time', 'interval'], 'b + a'],
  [['interval', 'interval'], 'a + b'],
)
cases.push([['interval', 'interval'], 'greatest(a, b)'], [['interval', 'interval'], 'nullif(a, b)'])
cases.push(
  [['interval', 'double precision'], 'a * b'],
  [['interval', 'double precision'], 'b * a'],
  [['interval', 'double precision'], 'a / b'],
)
cases.push(
  [['integer', 'integer'], 'make_date(a, 2, 29)'],
  [['integer', 'integer'], 'make_date(2024, a, b)'],
)
unary(
  'interval',
  '-a',
  'a * 1.5',
  'a / 3',
  'a::time',
  'a::text',
  'a::interval(0)',
  'justify_hours(a)',
  'justify_days(a)',
  'isfinite(a)',
  'a * 0.1',
  'a * -2',
)
unary(
  'time',
  'a::interval',
  'a::time(0)',
  'a::time(3)',
  'a::text',
  "a > '06:30'",
  "a in ('06:30', '24:00', '00:00', '01:00')",
)
for (const unit of ['microseconds', 'milliseconds', 'second', 'minute', 'hour', 'epoch'])
  unary('time', `extract(${unit} from a)`)
for (const unit of [
  'microseconds',
  'milliseconds',
  'second',
  'minute',
  'hour',
  'day',
  'month',
  'year',
  'decade',
  'century',
  'millennium',
  'epoch',
]) {
  unary('interval', `extract(${unit} from a)`)
}
unary(
  'timestamptz',
  "date_trunc('day', a, 'Asia/Kathmandu')",
  "date_trunc('hour', a, 'Asia/Kathmandu')",
  'a < now()',
  'a::date = current_date',
  'a <= current_timestamp(0)',
  "concat(a, '')",
  "a || ''",
)
unary('timestamp', 'a < localtimestamp', 'a < current_date', "a || 'x'")

describeCases('dates and times in UTC', cases)
describeCases('dates and times in a zone with daylight saving', cases, {
  timeZone: 'Europe/Berlin',
  dateStyle: 'SQL, DMY',
  intervalStyle: 'iso_8601',
})
