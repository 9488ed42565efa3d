/** Input in all the forms users write, with PostgreSQL's results and errors. */
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { EngineError } from '../../../src/errors.js'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../../src/session/settings/value-settings.js'
import { formatDatum } from '../../../src/types/text-output.js'
import { canonicalDatum } from '../../../src/types/text-input.js'
import { parseTypeName } from '../../../src/types/type-registry.js'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { INPUTS } from './sample-inputs.js'

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

interface Outcome {
  readonly value?: string
  readonly error?: string
  readonly detail?: string
  readonly hint?: string
}

/** Calls the type's input function with its modifier: a cast would treat the modifier differently. */
async function theirs(type: string, input: string): Promise<Outcome> {
  const { oid, typmod } = parseTypeName(type)
  const { rows: functions } = await client.query<{ name: string; count: number; element: number }>(
    `select p.proname as name, p.pronargs as count, case when t.typcategory = 'A' then t.typelem else t.oid end::int as element
       from pg_type t join pg_proc p on p.oid = t.typinput where t.oid = $1`,
    [oid],
  )
  const { name, count, element } = functions[0]!
  try {
    const { rows } = await client.query<[string]>({
      text: `select ${name}($1::cstring${count === 1 ? '' : `, ${element}, ${typmod}`})`,
      values: [input],
      rowMode: 'array',
      types: { getTypeParser: () => (value: unknown) => value },
    })
    return { value: rows[0]![0] }
  } catch (error) {
    const { code, message, detail, hint } = error as pg.DatabaseError
    return outcomeOf(code!, message, detail, hint)
  }
}

function ours(type: string, input: string, settings: ValueSettings): Outcome {
  const sqlType = parseTypeName(type)
  try {
    const datum = canonicalDatum(sqlType, input, settings)
    return { value: formatDatum(sqlType.oid, datum, settings) }
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return outcomeOf(error.code, error.message, error.detail, error.hint)
  }
}

function outcomeOf(code: string, message: string, detail?: string, hint?: string): Outcome {
  return {
    error: `${code} ${message}`,
    ...(detail === undefined ? {} : { detail }),
    ...(hint === undefined ? {} : { hint }),
  }
}

const SETTINGS: readonly ValueSettings[] = [
  DEFAULT_VALUE_SETTINGS,
  {
    ...DEFAULT_VALUE_SETTINGS,
    dateStyle: 'ISO, DMY',
    timeZone: 'Europe/Berlin',
    intervalStyle: 'sql_standard',
  },
  {
    ...DEFAULT_VALUE_SETTINGS,
    dateStyle: 'SQL, YMD',
    timeZone: 'America/New_York',
    intervalStyle: 'iso_8601',
  },
]

describe.each(SETTINGS)('$dateStyle $timeZone', (settings) => {
  beforeAll(async () => {
    await client.query(
      `select set_config('TimeZone', $1, false), set_config('DateStyle', $2, false), set_config('IntervalStyle', $3, false)`,
      [settings.timeZone, settings.dateStyle, settings.intervalStyle],
    )
  })

  it.each(INPUTS)('$type', async ({ type, inputs }) => {
    const differences: unknown[] = []
    for (const input of inputs) {
      const expected = await theirs(type, input)
      const got = ours(type, input, settings)
      if (JSON.stringify(got) !== JSON.stringify(expected)) {
        differences.push({ input, got, expected })
      }
    }
    expect(differences).toEqual([])
  })
})
