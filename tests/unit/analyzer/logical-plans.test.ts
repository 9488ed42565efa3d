/**
 * Golden logical plans: in plans/*.txt each line `> sql` is followed by the plan it must give.
 * UPDATE_GOLDEN=1 rewrites the files.
 */
import { readdirSync, readFileSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { EngineError } from '../../../src/errors.js'
import { columnsOf } from '../../../src/planner/logical-plan.js'
import { printLogicalPlan } from '../../../src/planner/explain/print-logical-plan.js'
import { OPTIONS, SAMPLE_CATALOG } from './sample-catalog.js'

const DIRECTORY = join(import.meta.dirname, 'plans')

let analyzer: Analyzer

beforeAll(async () => {
  analyzer = await Analyzer.start(SAMPLE_CATALOG)
}, 60_000)

afterAll(async () => {
  await analyzer.close()
})

function planText(sql: string): string {
  try {
    const { kind, logical, columns } = analyzer.analyze(sql, [], OPTIONS)
    if (logical === undefined) return kind
    // What the wire announces and what the plan yields must be the same types.
    expect(columnsOf(logical).map((column) => column.type.oid)).toEqual(
      columns.map((column) => column.type.oid),
    )
    expect(columnsOf(logical).map((column) => column.type.typmod)).toEqual(
      columns.map((column) => column.type.typmod),
    )
    return printLogicalPlan(logical)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    return `${error.code} ${error.message}`
  }
}

for (const file of readdirSync(DIRECTORY)) {
  const path = join(DIRECTORY, file)
  const text = readFileSync(path, 'utf8')
  const cases = text
    .split(/^> /m)
    .slice(1)
    .map((block) => {
      const end = block.indexOf('\n')
      return { sql: block.slice(0, end), expected: block.slice(end + 1).trimEnd() }
    })
  describe(file, () => {
    if (process.env['UPDATE_GOLDEN'] === '1') {
      test('rewrites', () => {
        const blocks = cases.map(({ sql }) => `> ${sql}\n${planText(sql)}\n`)
        writeFileSync(path, blocks.join('\n'))
      })
      return
    }
    test.each(cases)('$sql', ({ sql, expected }) => {
      expect(planText(sql)).toBe(expected)
    })
  })
}
