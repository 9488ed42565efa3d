/**
 * The strongest test of the planner: whatever it does to a statement, the answer is PostgreSQL's. Statements run over pretend
 * sources that live in one PostgreSQL in this process, which is also the oracle.
 */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import type { Pushdown } from '../../../src/connectors/connector.js'
import { EngineError } from '../../../src/errors.js'
import { expressionKey } from '../../../src/planner/expression-traversal.js'
import { renderPlan } from '../../../src/planner/explain/explain.js'
import { inputsOf } from '../../../src/planner/physical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { planStatement } from '../../../src/planner/plan-statement.js'
import type { PlannerContext } from '../../../src/planner/plan-statement.js'
import { PHASES } from '../../../src/planner/rules/rule-list.js'
import { BASIC_TABLES } from '../../world/basic-tables.js'
import { CURATED_STATEMENTS } from './curated-statements.js'
import { BASIC_CATALOG, enlarged, logicalOf, plannerContext, pretendPushdown } from './planner-world.js' // prettier-ignore
import { PretendSources } from './pretend-sources.js'
import type { Rows } from './pretend-sources.js'
import { randomStatement, seededRandom } from './random-statement.js'

/** Random statements per run. `SEED=n` runs that one alone, `SEEDS=n` as many. */
const SEEDS =
  process.env.SEED === undefined
    ? Array.from({ length: Number(process.env.SEEDS ?? 120) }, (_, i) => i)
    : [Number(process.env.SEED)]

function hash(text: string): number {
  let value = 7
  for (let i = 0; i < text.length; i++) value = (value * 31 + text.charCodeAt(i)) | 0
  return Math.abs(value)
}

/** A source that takes some work, refuses some, and calls some filters supersets: always the same ones. */
function moodyPushdown(site: string): Pushdown {
  return pretendPushdown(site, {
    judgeExpression(expression, use) {
      const mood = hash(expressionKey(expression) + use) % 4
      if (mood === 0) return { support: 'none', reason: 'not today' }
      if (mood === 1 && use === 'filter') return { support: 'superset', reason: 'not sure' }
      return { support: 'exact' }
    },
    judgeNode(node) {
      const easy = node.kind === 'filter' || node.kind === 'project'
      return easy || hash(JSON.stringify(node)) % 4 > 0
        ? { support: 'exact' }
        : { support: 'none', reason: 'not today' }
    },
  })
}

const TAKES_ROWS = { rows: { maximum: 50_000 } } as const

function takesRows(site: string): Pushdown {
  return pretendPushdown(site, TAKES_ROWS)
}

function shipJoins(plan: PhysicalPlan): number {
  const below = inputsOf(plan).reduce((sum, input) => sum + shipJoins(input), 0)
  return below + (plan.kind === 'ship-join' ? 1 : 0)
}

const ALL_RULES = PHASES.flatMap((phase) => phase.rules.map(({ rule }) => rule.name))
const CONTEXTS: Readonly<Record<string, PlannerContext>> = {
  'two sources': plannerContext(),
  'one source': plannerContext({}, () => pretendPushdown('same')),
  'rows sent to a large source': {
    ...plannerContext({}, takesRows),
    catalog: enlarged(BASIC_CATALOG, 'west', 10_000),
  },
  'rows sent to a large, moody source': {
    ...plannerContext({}, (site) => ({ ...moodyPushdown(site), ...TAKES_ROWS })),
    catalog: enlarged(BASIC_CATALOG, 'east', 10_000),
  },
  'moody sources': plannerContext({}, moodyPushdown),
  'pushdown off': plannerContext({ pushdown: false }),
  'only subquery rules': plannerContext({
    disabledRules: ALL_RULES.filter((name) => !/subquery|unnest/.test(name)),
  }),
  'correlation run row by row': plannerContext({
    pushdown: false,
    disabledRules: ['unnest-lateral-join', 'join-domain'],
  }),
}

describe('every way of planning a statement gives the answer of PostgreSQL', () => {
  let analyzer: Analyzer
  let all: PretendSources
  let few: PretendSources
  /** Ship joins in all plans so far. */
  let shipped = 0

  beforeAll(async () => {
    analyzer = await Analyzer.start(BASIC_CATALOG)
    all = await PretendSources.start(BASIC_TABLES)
    few = await PretendSources.start(
      // All products: items refer to them.
      BASIC_TABLES.map((table) =>
        table.name === 'product' ? table : { ...table, rows: table.rows.slice(0, 25) },
      ),
    )
  }, 60_000)

  afterAll(async () => {
    await analyzer?.close()
    await all?.close()
    await few?.close()
  })

  /** The answer as sorted lines, or the SQLSTATE. */
  async function outcome(answer: () => Rows | Promise<Rows>): Promise<readonly string[]> {
    try {
      return (await answer()).map((row) => JSON.stringify(row)).sort()
    } catch (error) {
      if (error instanceof EngineError && !error.code.startsWith('XX'))
        return [`error ${error.code}`]
      throw error
    }
  }

  async function check(sql: string, world: PretendSources, name: string): Promise<void> {
    const expected = await outcome(() => world.query(sql))
    const logical = logicalOf(analyzer, sql)
    for (const [way, context] of Object.entries(CONTEXTS)) {
      const { plan } = planStatement(logical, context)
      shipped += shipJoins(plan)
      const actual = await outcome(() => world.run(plan))
      const shown = renderPlan(plan, { format: 'text', verbose: false, costs: false }).join('\n')
      expect(actual, `${name}, ${way}: ${sql}\n${shown}`).toEqual(expected)
    }
  }

  it.each(CURATED_STATEMENTS)('%s', (sql) => check(sql, all, 'curated'))

  it('for random statements', async () => {
    for (const seed of SEEDS) await check(randomStatement(seededRandom(seed)), few, `SEED=${seed}`)
  }, 3_600_000)

  it('ship joins were among the plans', () => {
    expect(shipped).toBeGreaterThan(20)
  })
})
