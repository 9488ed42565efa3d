/** PostgreSQL's answers to the probes, over the suite's tables as a source can hold them. Where it holds all, they are asked once for all sources. */
import pg from 'pg'
import { EngineError } from '../../src/errors.js'
import { loadIntoPostgres } from '../world/load-tables.js'
import type { Probe } from './probe.js'
import type { SuiteTable } from './subject-tables.js'

export type Rows = readonly (readonly (string | null)[])[]

/** Rows, or the SQLSTATE that came instead. */
export type Answer = Rows | { readonly code: string; readonly message: string }

const TEXT = { getTypeParser: () => (value: string) => value }
const answersOfWhole = new WeakMap<pg.Client, Map<string, Promise<Answer>>>()

/** Loads the tables, and returns how to ask. `schema`: undefined where the source holds every value. */
export async function askOracle(
  client: pg.Client,
  tables: readonly SuiteTable[],
  schema: string | undefined,
): Promise<(probe: Probe) => Promise<Answer>> {
  const known = schema === undefined ? answersOfWhole.get(client) : undefined
  const answers = known ?? new Map<string, Promise<Answer>>()
  const own = schema ?? 'whole'
  if (known === undefined) {
    await client.query(`DROP SCHEMA IF EXISTS ${own} CASCADE`)
    await loadIntoPostgres(client, own, tables)
    if (schema === undefined) answersOfWhole.set(client, answers)
  }
  await client.query(`SET search_path = ${own}`)
  return (probe) => {
    const { sql, parameters = [], timeZone = 'UTC' } = probe
    const key = JSON.stringify([sql, parameters, timeZone])
    const answer = answers.get(key) ?? answerOf(client, sql, parameters, timeZone)
    answers.set(key, answer)
    return answer
  }
}

async function answerOf(
  client: pg.Client,
  text: string,
  values: readonly (string | null)[],
  timeZone: string,
): Promise<Answer> {
  await client.query(`SET timezone TO '${timeZone}'`)
  return client
    .query<(string | null)[]>({ ...{ text, values: [...values], rowMode: 'array', types: TEXT } })
    .then(({ rows }) => rows, errorOf)
}

/** An error as an answer. */
export function errorOf(error: unknown): Answer {
  if (error instanceof EngineError) return { code: error.code, message: error.message }
  if (error instanceof pg.DatabaseError) return { code: error.code ?? '', message: error.message }
  return { code: 'bug', message: String(error) }
}
