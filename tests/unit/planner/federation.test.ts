/** What goes to a source and what stays here, by what the source says it can do. */
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { EXACT } from '../../../src/connectors/connector.js'
import type { Judgement, Pushdown } from '../../../src/connectors/connector.js'
import { serializeError } from '../../../src/errors.js'
import type { Expression } from '../../../src/expressions/expression.js'
import { renderPlan } from '../../../src/planner/explain/explain.js'
import { somePart } from '../../../src/planner/expression-traversal.js'
import { planStatement } from '../../../src/planner/plan-statement.js'
import type { PlannedStatement } from '../../../src/planner/plan-statement.js'
import { inputsOf } from '../../../src/planner/physical-plan.js'
import type { PhysicalPlan } from '../../../src/planner/physical-plan.js'
import { BASIC_CATALOG, logicalOf, plannerContext, pretendPushdown } from './planner-world.js'

/** A source that answers as told for expressions over a column. */
function about(column: string, judgement: Judgement): (site: string) => Pushdown {
  const names = (expression: Expression) =>
    somePart(expression, (part) => part.kind === 'column' && part.name === column)
  return (site) =>
    pretendPushdown(site, {
      judgeExpression: (expression) => (names(expression) ? judgement : EXACT),
    })
}

const SUPERSET: Judgement = { support: 'superset', reason: 'blanks at the end do not count there' }
const NONE: Judgement = { support: 'none', reason: 'another collation' }

describe('federation', () => {
  let analyzer: Analyzer

  beforeAll(async () => {
    analyzer = await Analyzer.start(BASIC_CATALOG)
  }, 60_000)
  afterAll(() => analyzer?.close())

  function plan(sql: string, pushdownOf?: (source: string) => Pushdown): PlannedStatement {
    return planStatement(logicalOf(analyzer, sql), plannerContext({}, pushdownOf))
  }

  function explain(sql: string, pushdownOf?: (source: string) => Pushdown): string[] {
    return renderPlan(plan(sql, pushdownOf).plan, { format: 'text', verbose: false, costs: false })
  }

  function kinds(node: PhysicalPlan): string[] {
    return [node.kind, ...inputsOf(node).flatMap(kinds)]
  }

  it('sends a whole statement over one PostgreSQL source and lets its frames be relayed', () => {
    const { plan: root, relay } = plan(
      'SELECT country, count(*) FROM customer WHERE id > 3 GROUP BY 1 ORDER BY 2 DESC LIMIT 3',
    )
    expect(root.kind).toBe('remote-query')
    expect(relay).toBe(true)
  })

  it('writes down what runs where, and why', () => {
    const { ledger } = plan(
      "SELECT c.country, count(*) FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.name = 'bob' AND c.id > 3 AND random() < 2 GROUP BY 1 ORDER BY 2 LIMIT 3",
      about('name', SUPERSET),
    )
    const short = ledger.map(({ work, source, outcome }) => `${work} ${source ?? '-'} ${outcome}`)
    expect(short).toEqual([
      'filter east superset',
      'filter east exact',
      'filter west exact',
      'join - here',
      'keys west exact',
      'filter - here',
      'aggregate - here',
      'sort - here',
      'limit - here',
    ])
    expect(ledger[0]?.reason).toBe(SUPERSET.support === 'superset' ? SUPERSET.reason : '')
    const apart = 'its inputs are in different sources: east, west'
    const above = 'it works on a join of east and west, which is made here'
    const sent = 'filter one of them so that its rows are few enough to be sent to the other'
    expect(ledger.slice(3).map(({ work, reason, remedy }) => [work, reason, remedy])).toEqual([
      ['join', apart, undefined],
      ['keys', 'when they turn out few enough to keep rows from moving', undefined],
      ['filter', above, 'compare columns of one of them alone'],
      ['aggregate', above, sent],
      ['sort', above, sent],
      ['limit', above, sent],
    ])
    const across = plan('SELECT c.name, o.id FROM customer c JOIN orders o ON o.customer_id = c.id')
    expect(across.ledger).toMatchObject([
      { work: 'join', reason: 'its inputs are in different sources: east, west' },
      { work: 'keys', source: 'west', outcome: 'exact' },
    ])
    const whole = plan('SELECT country, count(*) FROM customer WHERE id > 3 GROUP BY 1 LIMIT 2')
    expect(whole.ledger.map(({ work, outcome }) => `${work} ${outcome}`)).toEqual([
      'filter exact',
      'aggregate exact',
      'limit exact',
    ])
  })

  const ITEMS = 'FROM item i JOIN product p ON p.sku = i.sku'
  it.each([
    [`SELECT p.category, sum(i.quantity) ${ITEMS} GROUP BY 1`, 'west makes groups of its part, which are joined here'],
    [`SELECT i.quantity > 9, string_agg(i.sku, p.title) ${ITEMS} GROUP BY 1`, "west cannot make groups of its part: string_agg(sku, title) is not put together from groups"],
    [`SELECT 100 / (i.quantity - 3), count(p.title) ${ITEMS} GROUP BY 1`, 'west would make groups of its part by every column read above: 100 / (quantity - 3) may fail for rows that the join leaves out, and is computed after it'],
    ['SELECT o.status, max(c.credit), count(*) FROM orders o JOIN customer c ON c.id = o.id GROUP BY 1', 'west would make groups of its part of one row each'],
    [`SELECT i.quantity, i.price, count(p.title) ${ITEMS} GROUP BY 1, 2`, 'west would make groups of its part, but some 900 of 900 rows: that is not worth it'],
  ])('says why a source makes no groups below a join: %s', (sql, reason) => {
    const { ledger } = plan(sql)
    const entry = ledger.findLast(({ work }) => work === 'aggregate')
    expect(entry).toMatchObject({ outcome: 'here' })
    expect(entry?.reason?.split('; ').slice(1).join('; ')).toBe(reason)
  }) // prettier-ignore

  it('names the expression that a source does not group by', () => {
    const isExtract = (part: Expression) => part.kind === 'call' && part.function.name === 'extract'
    const refusing = (site: string) =>
      pretendPushdown(site, {
        judgeNode: (node) =>
          node.kind === 'aggregate' && node.groups.some((g) => somePart(g.expression, isExtract))
            ? NONE
            : EXACT,
      })
    const sql = `SELECT extract(quarter FROM i.shipped), count(p.title) ${ITEMS} GROUP BY 1`
    const entry = plan(sql, refusing).ledger.find(({ work }) => work === 'aggregate')
    expect(entry?.reason).toContain("west does not group by extract('quarter', shipped)")
    expect(plan(sql).ledger.some((e) => e.work === 'aggregate' && e.source === 'west')).toBe(true)
  })

  it('refuses in strict mode what would pull a table without its filters', () => {
    const refusalOf = (sql: string, judgement: Judgement, pushdown = true) =>
      planStatement(
        logicalOf(analyzer, sql),
        plannerContext({ strictPushdown: true, pushdown }, about('name', judgement)),
      ).refusal
    const sql = "SELECT id FROM customer WHERE name = 'bob'"
    expect(refusalOf(sql, NONE)).toMatchObject({
      code: '53400',
      message: "The filter name = 'bob' is not pushed to source east",
      detail: 'Another collation',
      hint: 'Write the condition in another way, or SET tributary.strict_pushdown = off',
    })
    expect(refusalOf(sql, SUPERSET)).toBeUndefined()
    expect(refusalOf(sql, EXACT)).toBeUndefined()
    expect(refusalOf('SELECT id FROM customer WHERE random() < 0.5', EXACT)).toBeDefined()
    expect(refusalOf('SELECT name, count(*) FROM customer GROUP BY 1', NONE)).toBeUndefined()
    expect(refusalOf(sql, EXACT, false)).toMatchObject({
      message: "The filter name = 'bob' is not pushed to any source",
      hint: 'To have it pushed, SET tributary.pushdown = on; or SET tributary.strict_pushdown = off',
    })
    expect(refusalOf('SELECT name FROM customer', EXACT, false)).toBeUndefined()
  })

  it('shows a plan that is refused, and says so', () => {
    const { plan, refusal } = planStatement(
      logicalOf(analyzer, "SELECT id FROM customer WHERE name = 'bob'"),
      plannerContext({ strictPushdown: true }, about('name', NONE)),
    )
    const options = { verbose: false, costs: false, refusal: serializeError(refusal) }
    expect(renderPlan(plan, { format: 'text', ...options }).slice(0, 4)).toEqual([
      "Refused: The filter name = 'bob' is not pushed to source east (53400)",
      '   Another collation',
      '   Write the condition in another way, or SET tributary.strict_pushdown = off',
      'Project: id',
    ])
    const json = renderPlan(plan, { format: 'json', ...options }).join('\n')
    expect(JSON.parse(json)).toMatchObject([
      { Refused: { Code: '53400', Detail: 'Another collation' }, Plan: { 'Node Type': 'Project' } },
    ])
  })

  it('applies a superset filter again and keeps the limit above it', () => {
    expect(
      explain("SELECT id FROM customer WHERE name = 'bob' LIMIT 3", about('name', SUPERSET)),
    ).toEqual([
      'Project: id',
      '└─ Limit: limit 3',
      "   └─ Filter: name = 'bob'",
      "      │   note: checked again here: name = 'bob': blanks at the end do not count there",
      '      └─ Remote Query: east',
      '             SELECT t1."id", t1."name" FROM customer AS t1 WHERE (t1."name" = $1::text)',
      "             parameters: 'bob'",
    ])
  })

  it('sends the exact conjuncts and keeps the others with their reason', () => {
    expect(
      explain("SELECT id FROM customer WHERE name > 'b' AND id > 5", about('name', NONE)),
    ).toEqual([
      'Project: id',
      "└─ Filter: name > 'b'",
      "   │   note: not pushed: name > 'b': another collation",
      '   └─ Remote Query: east',
      '          SELECT t1."id", t1."name" FROM customer AS t1 WHERE (t1."id" > $1::integer)',
      '          parameters: 5',
    ])
  })

  it('does not aggregate at a source below a filter that is checked here', () => {
    const { plan: root } = plan(
      "SELECT count(*) FROM customer WHERE name = 'bob'",
      about('name', SUPERSET),
    )
    expect(kinds(root)).toEqual(['project', 'hash-aggregate', 'filter', 'remote-query'])
  })

  it('computes at the source what it can of a projection', () => {
    const lines = explain('SELECT id + 1, upper(name) FROM customer', about('name', NONE))
    expect(lines.at(-2)).toMatch(/SELECT t1."name", \(t1."id" \+ \$1::integer\)/)
  })

  it('joins tables of one source there, and only the result with the other source here', () => {
    const { plan: root } = plan(
      'SELECT c.id, i.sku FROM orders o JOIN customer c ON o.customer_id = c.id JOIN item i ON i.order_id = o.id',
    )
    const remotes: string[] = []
    const collect = (node: PhysicalPlan): void => {
      if (node.kind === 'remote-query') remotes.push(node.statement.text)
      inputsOf(node).forEach(collect)
    }
    collect(root)
    expect(remotes).toHaveLength(2)
    expect(remotes.some((text) => text.includes('orders') && text.includes('item'))).toBe(true)
  })

  it('never sends what is volatile', () => {
    const lines = explain('SELECT id FROM customer WHERE random() < 0.5')
    expect(lines.some((line) => line.includes('not pushed: random() < 0.5: it is volatile'))).toBe(
      true,
    )
  })

  it('scans only the columns asked for when pushdown is off', () => {
    const { plan: root } = planStatement(
      logicalOf(analyzer, "SELECT id FROM customer WHERE country = 'DE' ORDER BY id LIMIT 2"),
      plannerContext({ pushdown: false }),
    )
    expect(kinds(root)).toEqual(['top-n', 'project', 'filter', 'remote-query'])
  })

  it('widens the narrower key of a join between integer types', () => {
    const { plan: root } = plan('SELECT 1 FROM customer c JOIN item i ON i.order_id = c.id')
    const isJoin = (node: PhysicalPlan) => node.kind === 'hash-join' || node.kind === 'bind-join'
    const join = (function find(node: PhysicalPlan): PhysicalPlan | undefined {
      return isJoin(node) ? node : inputsOf(node).map(find).find(Boolean)
    })(root)
    expect(
      (join?.kind === 'hash-join' || join?.kind === 'bind-join') &&
        join.keys.map((k) => k.left.type.oid === k.right.type.oid),
    ).toEqual([true])
  })

  it('explains as JSON with totals of what ran', () => {
    const { plan: root } = plan('SELECT id FROM customer')
    const statistics = {
      ...{ rows: 60, batches: 1, milliseconds: 1.5, firstMilliseconds: 1 },
      ...{ bytes: 480, remoteCalls: 1, memory: 0, spilled: 0 },
    }
    const sent = { shipped: 3, keysSent: 2, bytesSent: 90 }
    const report = { milliseconds: 2, peakMemory: 0, nodes: [[root.id, statistics]] as const }
    const text = renderPlan(root, { format: 'json', verbose: false, costs: true, report }).join(
      '\n',
    )
    expect(JSON.parse(text)).toMatchObject([
      {
        Plan: { 'Node Type': 'Remote Query', Source: 'east', 'Plan Rows': 60, 'Actual Rows': 60 },
        Totals: {
          ...{ 'Rows Moved': 60, 'Bytes Moved': 480, 'Remote Calls': 1 },
          ...{ 'Rows Sent': 0, 'Keys Sent': 0, 'Bytes Sent': 0 },
        },
      },
    ])
    const lines = renderPlan(root, { format: 'text', verbose: false, costs: true, report })
    expect(lines.slice(0, 3)).toEqual([
      'Total: 2 ms, peak memory 0 bytes',
      'Moved: 60 rows, 480 bytes in 1 remote calls',
      'Remote Query: east  (rows=60 actual rows=60 time=1.5 ms bytes=480 calls=1)',
    ])
    const nodes = [[root.id, { ...statistics, ...sent }]] as const
    const [, moved] = renderPlan(root, {
      ...{ format: 'text', verbose: false, costs: true, report: { ...report, nodes } },
    })
    expect(moved).toBe('Moved: 60 rows, 480 bytes in 1 remote calls; sent 3 rows, 2 keys, 90 bytes')
  })
})
