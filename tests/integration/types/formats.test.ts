/** Text and binary forms of every type, byte for byte as PostgreSQL sends them. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { batchOf } from '../../../src/executor/batch.js'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../../src/session/settings/value-settings.js'
import { decodeBinaryDatum } from '../../../src/types/binary-input.js'
import { canonicalDatum } from '../../../src/types/text-input.js'
import { formatTypeName, parseTypeName } from '../../../src/types/type-registry.js'
import { createVectorBuilder } from '../../../src/types/vectors/vector-builder.js'
import { datumAt, vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import { createRowEncoder } from '../../../src/wire/encode-rows.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { seededRandom, TYPE_SAMPLES } from './sample-values.js'

const VALUES_PER_TYPE = 1500

const SETTINGS: readonly ValueSettings[] = [
  DEFAULT_VALUE_SETTINGS,
  {
    timeZone: 'Europe/Berlin',
    dateStyle: 'ISO, DMY',
    intervalStyle: 'sql_standard',
    extraFloatDigits: 0,
    byteaOutput: 'escape',
  },
  {
    timeZone: 'America/New_York',
    dateStyle: 'SQL, MDY',
    intervalStyle: 'postgres_verbose',
    extraFloatDigits: 3,
    byteaOutput: 'hex',
  },
  {
    timeZone: 'Asia/Kolkata',
    dateStyle: 'SQL, DMY',
    intervalStyle: 'iso_8601',
    extraFloatDigits: -15,
    byteaOutput: 'hex',
  },
  {
    timeZone: 'Europe/Dublin',
    dateStyle: 'Postgres, MDY',
    intervalStyle: 'postgres',
    extraFloatDigits: -2,
    byteaOutput: 'escape',
  },
  {
    timeZone: 'America/Sao_Paulo',
    dateStyle: 'Postgres, DMY',
    intervalStyle: 'iso_8601',
    extraFloatDigits: 1,
    byteaOutput: 'hex',
  },
  {
    timeZone: '<+02>-02',
    dateStyle: 'German, DMY',
    intervalStyle: 'sql_standard',
    extraFloatDigits: -5,
    byteaOutput: 'escape',
  },
  {
    timeZone: 'Australia/Lord_Howe',
    dateStyle: 'ISO, YMD',
    intervalStyle: 'postgres_verbose',
    extraFloatDigits: 1,
    byteaOutput: 'hex',
  },
]

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

async function apply(settings: ValueSettings): Promise<void> {
  await client.query(
    `select set_config('TimeZone', $1, false), set_config('DateStyle', $2, false),
    set_config('IntervalStyle', $3, false), set_config('extra_float_digits', $4, false),
    set_config('bytea_output', $5, false)`,
    [
      settings.timeZone,
      settings.dateStyle,
      settings.intervalStyle,
      String(settings.extraFloatDigits),
      settings.byteaOutput,
    ],
  )
}

/** The values in text format, as PostgreSQL sends them. */
async function sentText(type: string, values: readonly string[]): Promise<string[]> {
  const { rows } = await client.query<[string]>({
    text: `select v::${type} from unnest($1::text[]) with ordinality as t(v, n) order by n`,
    values: [values],
    rowMode: 'array',
    types: { getTypeParser: () => (value: unknown) => value },
  })
  return rows.map(([value]) => value)
}

/** The values in binary format. The driver would decode them as text, so the send function is called by name. */
async function sentBinary(type: string, values: readonly string[]): Promise<Buffer[]> {
  const { rows: functions } = await client.query<{ send: string }>(
    'select typsend::text as send from pg_type where oid = $1',
    [parseTypeName(type).oid],
  )
  const { rows } = await client.query<{ bytes: Buffer }>(
    `select ${functions[0]!.send}(v::${type}) as bytes
       from unnest($1::text[]) with ordinality as t(v, n) order by n`,
    [values],
  )
  return rows.map(({ bytes }) => bytes)
}

/** Takes DataRow messages of one column apart. */
function valuesOfFrames(frames: Uint8Array): Buffer[] {
  const buffer = Buffer.from(frames)
  const values: Buffer[] = []
  for (let at = 0; at < buffer.length;) {
    expect(buffer[at]).toBe(68)
    const length = buffer.readInt32BE(at + 7)
    expect(buffer.readInt32BE(at + 1)).toBe(10 + length)
    values.push(buffer.subarray(at + 11, at + 11 + length))
    at += 11 + length
  }
  return values
}

describe.each(TYPE_SAMPLES)('$type', ({ type: name, extremes, random }) => {
  const type = parseTypeName(name)
  const generator = seededRandom(20241123)
  const inputs = [...extremes, ...Array.from({ length: VALUES_PER_TYPE }, () => random(generator))]
  let canonical: string[]
  let binary: Buffer[]

  beforeAll(async () => {
    await apply(DEFAULT_VALUE_SETTINGS)
    canonical = await sentText(name, inputs)
    binary = await sentBinary(name, inputs)
  })

  it('has the name that format_type prints', async () => {
    const { rows } = await client.query('select format_type($1, $2) as name', [
      type.oid,
      type.typmod,
    ])
    expect(formatTypeName(type)).toBe(rows[0].name)
  })

  it('reads input into the canonical form', () => {
    const got = inputs.map((input) => canonicalDatum(type, input, DEFAULT_VALUE_SETTINGS))
    if (!UNREAD.has(name)) expectSame(got, canonical, inputs)
  })

  it('keeps canonical text through vectors of text and of binary', () => {
    const builder = createVectorBuilder(type, 16)
    for (const value of canonical) {
      const bytes = Buffer.from(value)
      builder.appendText(bytes, 0, bytes.length)
    }
    const fromText = builder.finish()
    for (const value of binary) builder.appendBinary(value, 0, value.length)
    const fromBinary = builder.finish()
    expectSame(
      canonical.map((_, row) => datumAt(fromText, row)),
      canonical,
      inputs,
    )
    expectSame(
      canonical.map((_, row) => datumAt(fromBinary, row)),
      canonical,
      inputs,
    )
    expectSame(
      binary.map((bytes) => decodeBinaryDatum(type.oid, bytes)),
      canonical,
      inputs,
    )
  })

  it('encodes binary rows', () => {
    const batch = batchOf([vectorFromDatums(type, canonical)])
    const { frames } = createRowEncoder([type], [1], DEFAULT_VALUE_SETTINGS).encode(batch)
    const hex = (bytes: Buffer): string => bytes.toString('hex')
    expectSame(valuesOfFrames(frames).map(hex), binary.map(hex), inputs)
  })

  it.each(SETTINGS)('encodes text rows: $dateStyle $timeZone $intervalStyle', async (settings) => {
    await apply(settings)
    const expected = await sentText(name, canonical)
    // Small batches, so that some hold only plain values and take the fast paths.
    const got: string[] = []
    const encoder = createRowEncoder([type], [0], settings)
    for (let at = 0; at < canonical.length; at += 25) {
      const batch = batchOf([vectorFromDatums(type, canonical.slice(at, at + 25))])
      got.push(...valuesOfFrames(encoder.encode(batch).frames).map((bytes) => bytes.toString()))
    }
    expectSame(got, expected, inputs)
  })
})

/** Types whose input passes unread: their canonical form needs PostgreSQL. */
const UNREAD = new Set([
  ...['inet', 'cidr', 'macaddr', 'money', 'pg_lsn', 'point', 'box', 'polygon', 'path'],
  ...['int4range', 'tstzrange', 'datemultirange'],
])

/** Shows the first differences with the input that caused them. */
function expectSame(
  got: readonly unknown[],
  expected: readonly unknown[],
  inputs: readonly string[],
): void {
  const differences = expected.flatMap((value, i) =>
    got[i] === value ? [] : [{ input: inputs[i], got: got[i], expected: value }],
  )
  expect(differences.slice(0, 5)).toEqual([])
  expect(got.length).toBe(expected.length)
}
