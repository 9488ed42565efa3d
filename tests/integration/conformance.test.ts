/** Every connector keeps what it declares, and docs/connectors.md says what was seen. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { connectorsDocument } from '../conformance/connectors-document.js'
import { loadFixtures } from '../conformance/load-fixtures.js'
import { proveConnector, type ConformanceReport } from '../conformance/suite.js'
import { startPostgres, type PostgresServer } from '../servers/postgres.js'

const root = new URL('../../', import.meta.url)
const fixtures = await loadFixtures()
const reports: ConformanceReport[] = []
let server: PostgresServer
let oracle: pg.Client

beforeAll(async () => {
  server = await startPostgres()
  oracle = await server.connect()
})
afterAll(async () => {
  await oracle?.end()
  await server?.stop()
})

describe.each(fixtures.map((fixture) => [fixture.kind, fixture] as const))(
  '%s',
  (_kind, fixture) => {
    test.skipIf(!fixture.isAvailable())('keeps what it declares', async () => {
      const report = await proveConnector(fixture, oracle)
      reports.push(report)
      const failures = report.results.filter((result) => result.failure !== undefined)
      expect(failures.map(({ what, failure }) => `${what}: ${failure}`)).toEqual([])
    })
  },
)

test.skipIf(fixtures.some((fixture) => !fixture.isAvailable()))(
  'docs/connectors.md says what was seen (UPDATE_GOLDEN=1 rewrites it)',
  async () => {
    const file = new URL('docs/connectors.md', root)
    const text = readFileSync(file, 'utf8')
    const written = await connectorsDocument(text, reports, root)
    const options = await resolveConfig(file)
    const expected = await format(written, { ...options, parser: 'markdown' })
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, expected)
    expect(readFileSync(file, 'utf8')).toBe(expected)
  },
)
