/** Offsets and abbreviations of all zones, and local times around their changes, as PostgreSQL has them. */
import type pg from 'pg'
import { afterAll, beforeAll, expect, it } from 'vitest'
import {
  findZone,
  fixedZone,
  instantOfLocal,
  localTimestamp,
  zoneNamed,
  zoneOfSetting,
} from '../../../src/types/datetime/time-zone.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { seededRandom } from './sample-values.js'

let server: PostgresServer
let client: pg.Client

beforeAll(async () => {
  server = await startPostgres()
  client = await server.connect()
})

afterAll(async () => {
  await client?.end()
  await server?.stop()
})

const random = seededRandom(99)
/** µs since 2000: mostly 1850 to 2100, some far away. */
const INSTANTS = Array.from(
  { length: 60 },
  (_, i) =>
    Math.floor((i % 10 === 0 ? random() * 1.6e4 - 7e3 : random() * 250 - 150) * 31_556_952) *
    1_000_000,
).filter((micros) => Number.isSafeInteger(micros))

it('gives every zone its offset and abbreviation at any time', async () => {
  const { rows: names } = await client.query<{ name: string }>(
    'select name from pg_timezone_names order by name',
  )
  expect(names.length).toBeGreaterThan(500)
  const differences: unknown[] = []
  for (const { name } of names) {
    const zone = findZone(name.toLowerCase())
    if (zone === undefined) {
      differences.push({ name, missing: true })
      continue
    }
    expect(zone.name).toBe(name)
    await client.query(
      "select set_config('TimeZone', $1, false), set_config('DateStyle', 'ISO', false)",
      [name],
    )
    const { rows } = await client.query<{ seconds: number; abbreviation: string }>(
      `select extract(timezone from t)::int as seconds, to_char(t, 'TZ') as abbreviation
         from (select n, timestamptz '2000-01-01 00:00:00+00' + m * interval '1 second' as t
                 from unnest($1::float8[]) with ordinality as u(m, n)) s order by n`,
      [INSTANTS.map((micros) => micros / 1_000_000)],
    )
    INSTANTS.forEach((micros, i) => {
      const { offset, abbreviation } = localTimestamp(zone, micros)
      const expected = rows[i]!
      if (
        offset !== expected.seconds ||
        abbreviation.toUpperCase() !== expected.abbreviation.toUpperCase()
      ) {
        differences.push({ name, micros, offset, abbreviation, expected })
      }
    })
  }
  expect(differences.slice(0, 10)).toEqual([])
})

const ZONES = [
  ...[
    'Europe/Berlin',
    'America/New_York',
    'Europe/Dublin',
    'Australia/Lord_Howe',
    'Europe/Moscow',
    'America/Sao_Paulo',
  ],
  ...[
    'Asia/Kolkata',
    'Africa/Casablanca',
    'Pacific/Apia',
    'America/St_Johns',
    'EST5EDT',
    '<+02>-02',
    'CET-1CEST,M3.5.0,M10.5.0/3',
    'XYZ3',
    'NZST-12NZDT',
  ],
]

it.each(ZONES)('finds the instant of local times in %s', async (name) => {
  const zone = zoneNamed(name)
  // Every 20 minutes around all changes of some years, where times are skipped or come twice.
  const locals: number[] = []
  for (const year of [1916, 1945, 1981, 1999, 2005, 2011, 2014, 2024, 2050]) {
    let at = (year - 1970) * 31_556_952
    const end = at + 31_556_952
    while (at < end) {
      const period = zone.periodAt(at)
      at = period.end
      if (at >= end) break
      for (let step = -9; step <= 9; step++) {
        locals.push((at + period.offset + step * 1200 - 946_684_800) * 1_000_000)
      }
    }
  }
  locals.push(0, 7e14, -4e15)
  await client.query("select set_config('TimeZone', $1, false)", [name])
  const { rows } = await client.query<{ seconds: string }>(
    `select extract(epoch from (timestamp '2000-01-01' + m * interval '1 second')::timestamptz)::text as seconds
       from unnest($1::float8[]) with ordinality as u(m, n) order by n`,
    [locals.map((micros) => micros / 1_000_000)],
  )
  const got = locals.map((micros) => instantOfLocal(zone, micros) / 1_000_000 + 946_684_800)
  expect(got).toEqual(rows.map(({ seconds }) => Number(seconds)))
})

it.each(['2', '-3.5', '+02', 'utc', 'europe/berlin', '<+02>-02', 'EST5EDT', 'GMT', 'cet', '5.25'])(
  'names the zone that SET TimeZone = %s means as SHOW does',
  async (setting) => {
    await client.query("select set_config('TimeZone', $1, false)", [setting])
    const { rows } = await client.query<{ TimeZone: string }>('show TimeZone')
    expect(zoneOfSetting(setting)?.name).toBe(rows[0]!.TimeZone)
  },
)

it('knows fixed zones and refuses unknown ones', () => {
  expect(fixedZone(-12_600).name).toBe('<-03:30>+03:30')
  expect(findZone('Europe/Nowhere')).toBeUndefined()
  expect(() => zoneNamed('nowhere at all')).toThrow('invalid value for parameter "TimeZone"')
})
