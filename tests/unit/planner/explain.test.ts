/** The forms a plan is shown in. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { renderPlan, type ExplainOptions } from '../../../src/planner/explain/explain.js'
import { planStatement } from '../../../src/planner/plan-statement.js'
import { BASIC_CATALOG, logicalOf, plannerContext } from './planner-world.js'

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
