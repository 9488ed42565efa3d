/** The forms a plan is shown in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { renderPlan, type ExplainOptions } from '../../../src/planner/explain/explain.js'
import { planStatement } from '../../../src/planner/plan-statement.js'
import { BASIC_CATALOG, logicalOf, plannerContext, withStatistics } from './planner-world.js'

const SQL = `SELECT c.name, o.total FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = 5 AND o.status = 'say "hi"'`

describe('EXPLAIN', () => {
  let analyzer: Analyzer

  beforeAll(async () => {
    analyzer = await Analyzer.start(BASIC_CATALOG)
  }, 60_000)
  afterAll(() => analyzer?.close())

  function explain(options: Partial<ExplainOptions>): string[] {
    const { plan, rules } = planStatement(logicalOf(analyzer, SQL), plannerContext())
    return renderPlan(plan, { format: 'text', verbose: false, costs: false, rules, ...options })
  }

  it('VERBOSE names the rules that fired', () => {
    expect(explain({ verbose: true })[0]).toBe('Rules: push-filter, infer-conditions')
    expect(explain({})[0]).not.toMatch(/^Rules/)
    const [json] = JSON.parse(explain({ format: 'json', verbose: true }).join('\n')) as [
      { Rules: string[] },
    ]
    expect(json.Rules).toContain('infer-conditions')
  })

  it('SUMMARY ends with what planning took', () => {
    expect(explain({ planningMilliseconds: 1.2345 }).at(-1)).toBe('Planning Time: 1.234 ms')
    expect(explain({}).at(-1)).not.toMatch(/^Planning/)
    const json = explain({ format: 'json', planningMilliseconds: 2 }).join('\n')
    expect(JSON.parse(json)).toMatchObject([{ 'Planning Time': 2 }])
  })

  it('numbers what is handed on without gaps, from the client’s own parameters on', () => {
    // The ends of keys have numbers as well, but are not shown.
    const catalog = withStatistics(BASIC_CATALOG, ({ statistics, columns }) => ({
      ...statistics,
      columns: Object.fromEntries(
        columns.map(({ name, type }) => [
          name,
          {
            ...statistics.columns[name],
            ...(type.startsWith('int') ? { min: '1', max: '1000' } : {}),
          },
        ]),
      ),
    }))
    const sql = `SELECT c.name, m.v FROM orders o JOIN customer c ON c.id = o.customer_id
      LEFT JOIN mixed m ON m.m = o.id AND m.customer_id = o.customer_id WHERE o.status = $1 AND c.country < $2`
    const context = plannerContext()
    const { plan } = planStatement(logicalOf(analyzer, sql), { ...context, catalog })
    const lines = renderPlan(plan, { format: 'text', verbose: false, costs: false })
    const given = lines.flatMap((line) =>
      [...line.matchAll(/\$(\d+) = /g)].map((match) => Number(match[1])),
    )
    expect(given.length).toBeGreaterThan(1)
    expect(given).toEqual(given.map((_, at) => 3 + at))
    const used =
      lines
        .filter((line) => line.includes('parameters:'))
        .join()
        .match(/\$\d+/g) ?? []
    expect(new Set(used)).toEqual(new Set(['$1', '$2', ...given.map((number) => `$${number}`)]))
  })

  it('MERMAID draws rows flowing from the sources', () => {
    const lines = explain({ format: 'mermaid' })
    expect(lines[0]).toBe('flowchart BT')
    expect(lines).toContain('  s1[("east")]')
    expect(lines).toContain('  s2[("west")]')
    expect(lines.filter((line) => /^ {2}s\d -\.-> n\d$/.test(line))).toHaveLength(2)
    expect(lines.some((line) => /^ {2}n\d\["Hash Join: .*<br\/>rows \d+"\]$/.test(line))).toBe(true)
    // A label ends at a quote: there is none inside.
    for (const line of lines.filter((text) => text.includes('["')))
      expect(line.match(/"/g)).toHaveLength(2)
  })
})
