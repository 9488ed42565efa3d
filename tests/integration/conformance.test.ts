/** Every connector keeps what it declares, and docs/connectors.md says what was seen. */
import { readFileSync, writeFileSync } from 'node:fs'
import { format, resolveConfig } from 'prettier'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { connectorsDocument } from '../conformance/connectors-document.js'
import { loadFixtures } from '../conformance/load-fixtures.js'
import type { ConformanceFixture, RunningFixture } from '../conformance/fixture.js'
import type { SuiteTable } from '../conformance/subject-tables.js'
import { connector } from '../../examples/connectors/sheet.js'
import { EXACT, type DiscoverOptions } from '../../src/connectors/connector.js'
import { registerConnector } from '../../src/connectors/registry.js'
import type { LogicalPlan } from '../../src/planner/logical-plan.js'
import { nameOf, proveConnector, type ConformanceReport } from '../conformance/suite.js'
import { serviceVariable } from '../servers/given-service.js'
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

describe.each(fixtures.map((fixture) => [nameOf(fixture), fixture] as const))(
  '%s',
  (_name, fixture) => {
    test.skipIf(!fixture.isAvailable())(
      'keeps what it declares',
      async () => {
        const report = await proveConnector(fixture, oracle)
        reports.push(report)
        const failures = report.results.filter((result) => result.failure !== undefined)
        expect(failures.map(({ what, failure }) => `${what}: ${failure}`)).toEqual([])
      },
      400_000,
    )
  },
)

test('each format of a connector has the same done at its source', () => {
  const declared = ({ results }: ConformanceReport): string[] =>
    results.flatMap((r) => (r.declaration === 'none' ? [] : [`${r.what}: ${r.declaration}`]))
  const formats = reports.filter((report) => report.format !== undefined)
  expect(formats.map(({ name }) => name)).toEqual(['files (csv)', 'files (json)'])
  for (const report of formats) {
    const own = reports.find(({ kind, format }) => kind === report.kind && format === undefined)!
    expect(declared(report)).toEqual(declared(own))
  }
})

test('a connector that declares what it does not do is caught', async () => {
  const sheet = fixtures.find((fixture) => fixture.kind === 'sheet')!
  const lying = { ...sheet, start: (tables: readonly SuiteTable[]) => startLying(sheet, tables) }
  const probes = [
    { section: '', group: 'a filter', sql: `select * from visits where word = 'ann'` },
    { section: '', group: 'a count', sql: 'select count(*) from visits' },
  ]
  const { results } = await proveConnector(lying, oracle, probes)
  registerConnector(connector)
  const failed = results.filter((result) => result.failure !== undefined)
  expect(failed.map((result) => result.group)).toEqual([
    ...['Discovery', 'a filter', 'Keys in one statement', 'Statistics: rows', 'Statistics: width'],
  ])
})

/** The sample connector, but it takes every filter and drops it, miscounts rows and tells a width that it does not declare. */
async function startLying(
  sheet: ConformanceFixture,
  tables: readonly SuiteTable[],
): Promise<RunningFixture> {
  const running = await sheet.start(tables)
  const scanOf = (plan: LogicalPlan): LogicalPlan =>
    plan.kind === 'filter' ? scanOf(plan.input) : plan
  registerConnector({
    ...connector,
    pushdown(source) {
      const honest = connector.pushdown(source)
      return {
        ...honest,
        judgeExpression: () => EXACT,
        judgeNode: (node) => (node.kind === 'filter' ? EXACT : honest.judgeNode(node)),
        print: (fragment) => honest.print(scanOf(fragment)),
      }
    },
    open(source) {
      const honest = connector.open(source)
      const discover = async (options: DiscoverOptions) => {
        const found = await honest.discover(options)
        const lies = found.tables.map((table) => ({
          ...table,
          ...(table.from === 'many' ? { rows: 7 } : {}),
          columns: table.columns.map((column) => ({ ...column, width: 4 })),
        }))
        return { ...found, tables: lies }
      }
      return { ...honest, discover }
    },
  })
  return running
}

test.skipIf(
  fixtures.some(({ kind, isAvailable }) => !isAvailable() || process.env[serviceVariable(kind)]),
)('docs/connectors.md says what was seen (UPDATE_GOLDEN=1 rewrites it)', async () => {
  const file = new URL('docs/connectors.md', root)
  const text = readFileSync(file, 'utf8')
  const written = await connectorsDocument(text, reports, root)
  const options = await resolveConfig(file)
  const expected = await format(written, { ...options, parser: 'markdown' })
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, expected)
  expect(readFileSync(file, 'utf8')).toBe(expected)
})
