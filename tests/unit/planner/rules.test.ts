/**
 * Every rewrite rule: what it changes, and what it must not. The golden texts show the plan without and with the rule;
 * UPDATE_GOLDEN=1 rewrites them.
 */
import { existsSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { EXACT, type Pushdown } from '../../../src/connectors/connector.js'
import type { Expression } from '../../../src/expressions/expression.js'
import { somePart } from '../../../src/planner/expression-traversal.js'
import type { PlannerSettings } from '../../../src/planner/plan-statement.js'
import { rewriteStatement } from '../../../src/planner/plan-statement.js'
import { printLogicalPlan } from '../../../src/planner/explain/print-logical-plan.js'
import { PHASES } from '../../../src/planner/rules/rule-list.js'
import {
  BASIC_CATALOG,
  enlarged,
  logicalOf,
  plannerContext,
  pretendPushdown,
} from './planner-world.js'
import { RULE_CASES } from './rule-cases.js'

const DIRECTORY = fileURLToPath(new URL('./golden/', import.meta.url))

/** Judgements of a source that does not know a function, or no aggregate over an expression of a kind. */
function refusing(name: string | undefined): Partial<Pushdown> {
  if (name === undefined) return {}
  const isCall = (part: Expression) => part.kind === 'call' && part.function.name === name
  return {
    judgeNode: (node) =>
      node.kind === 'aggregate' &&
      (node.aggregates.some(
        (call) =>
          call.function.name === name ||
          call.arguments.some((argument) => somePart(argument, (part) => part.kind === name)),
      ) ||
        node.groups.some(({ expression }) => somePart(expression, isCall)))
        ? { support: 'none', reason: `${name} is unknown here` }
        : EXACT,
  }
}

describe('rewrite rules', () => {
  let analyzer: Analyzer

  beforeAll(async () => {
    analyzer = await Analyzer.start(BASIC_CATALOG)
  }, 60_000)
  afterAll(() => analyzer?.close())

  it('have cases each', () => {
    const names = new Set(PHASES.flatMap((phase) => phase.rules.map(({ rule }) => rule.name)))
    expect(Object.keys(RULE_CASES).sort()).toEqual([...names].sort())
  })

  it.each(Object.keys(RULE_CASES))('%s', (rule) => {
    const texts: string[] = []
    for (const { sql, fires, without: refused, factor = 1 } of RULE_CASES[rule]!) {
      const logical = logicalOf(analyzer, sql)
      const sources = (source: string) => pretendPushdown(source, refusing(refused))
      const catalog = ['east', 'west'].reduce(
        (grown, source) => enlarged(grown, source, factor),
        BASIC_CATALOG,
      )
      const rewrite = (settings: Partial<PlannerSettings>) =>
        rewriteStatement(logical, { ...plannerContext(settings, sources), catalog })
      const without = rewrite({ disabledRules: [rule] })
      const rewritten = rewrite({})
      const plan = (label: string, text: string) => `${label}\n${text.replace(/^/gm, '  ')}`
      texts.push(
        [
          sql,
          `fires: ${fires ? 'yes' : 'no'}`,
          ...(fires ? [plan('without', printLogicalPlan(without.plan))] : []),
          plan(fires ? 'with' : 'plan', printLogicalPlan(rewritten.plan)),
        ].join('\n'),
      )
      expect(rewritten.fired.has(rule), `${rule} fires for ${sql}`).toBe(fires)
    }
    const golden = `${texts.join('\n\n')}\n`
    const path = `${DIRECTORY}${rule}.txt`
    if (process.env.UPDATE_GOLDEN === '1' || !existsSync(path)) {
      if (process.env.UPDATE_GOLDEN !== '1') expect.fail(`${path} is missing: UPDATE_GOLDEN=1`)
      mkdirSync(DIRECTORY, { recursive: true })
      writeFileSync(path, golden)
    }
    expect(golden).toBe(readFileSync(path, 'utf8'))
  })
})
