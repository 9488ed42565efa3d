/** Every statement, analyzed and printed again for PostgreSQL, gives there what the statement itself gives. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type pg from 'pg'
import { Analyzer } from '../../../../src/analyzer/analyzer.js'
import type { Catalog, SourceDefinition } from '../../../../src/catalog/catalog.js'
import { postgresDialect } from '../../../../src/connectors/postgres/postgres-dialect.js'
import { postgresPushdown } from '../../../../src/connectors/postgres/pushdown.js'
import { printPlan, type PrintedStatement } from '../../../../src/connectors/sql/print-plan.js'
import type { Expression } from '../../../../src/expressions/expression.js'
import {
  DEFAULT_PLANNER_SETTINGS,
  rewriteStatement,
} from '../../../../src/planner/plan-statement.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { OPTIONS, shopCatalog, SHOP_SQL } from '../shop.js'
import { STATEMENTS } from './statements.js'

let server: PostgresServer
let client: pg.Client
let analyzer: Analyzer
let catalog: Catalog
let source: SourceDefinition

beforeAll(async () => {
  server = await startPostgres()
  await server.execute(SHOP_SQL)
  client = await server.connect()
  await client.query('set search_path = shop')
  catalog = shopCatalog(server)
  source = catalog.sources[0]!
  analyzer = await Analyzer.start(catalog)
})

afterAll(async () => {
  await client?.end()
  await analyzer?.close()
  await server?.stop()
})

const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig

interface Answer {
  readonly types: readonly number[]
  readonly rows: readonly (readonly (string | null)[])[]
}

async function answer(text: string, values: readonly (string | null)[] = []): Promise<Answer> {
  const result = await client.query<(string | null)[]>({
    text,
    values: [...values],
    rowMode: 'array',
    types: AS_TEXT,
  })
  return { types: result.fields.map((field) => field.dataTypeID), rows: result.rows }
}

function valueOf(expression: Expression): string | null {
  if (expression.kind === 'constant') return expression.value
  throw new Error(`no value for a parameter of kind ${expression.kind}`)
}

async function expectSame(sql: string, printed: PrintedStatement): Promise<void> {
  const expected = await answer(sql)
  let actual: Answer
  try {
    actual = await answer(printed.text, printed.parameters.map(valueOf))
  } catch (error) {
    throw new Error(`${String(error)}\n${printed.text}`, { cause: error })
  }
  const sorted = (rows: Answer['rows']) => {
    const texts = rows.map((row) => JSON.stringify(row))
    return /order by [^()]*$/i.test(sql) ? texts : texts.sort()
  }
  expect(sorted(actual.rows), printed.text).toEqual(sorted(expected.rows))
  expect(actual.types, printed.text).toEqual(expected.types)
}

describe('as a remote statement', () => {
  test.each(STATEMENTS)('%s', async (sql) => {
    const { logical, kind } = analyzer.analyze(sql, [], OPTIONS)
    if (logical === undefined) {
      expect(kind).toBe('catalog')
      return
    }
    await expectSame(sql, postgresPushdown(source).print(logical))
  })
})

describe('after the rewrite rules', () => {
  test.each(STATEMENTS)('%s', async (sql) => {
    const { logical } = analyzer.analyze(sql, [], OPTIONS)
    if (logical === undefined) return
    const pushdown = postgresPushdown(source)
    const rewritten = rewriteStatement(logical, {
      catalog,
      pushdownOf: () => pushdown,
      settings: DEFAULT_PLANNER_SETTINGS,
    })
    await expectSame(sql, pushdown.print(rewritten.plan))
  })
})

describe('over named relations', () => {
  test.each(STATEMENTS)('%s', async (sql) => {
    const { logical } = analyzer.analyze(sql, [], OPTIONS)
    if (logical === undefined) return
    const printed = printPlan(logical, postgresDialect, {
      relation: (node) =>
        node.kind === 'scan'
          ? { text: `"copy_${node.table}"`, columns: node.tableColumns }
          : undefined,
    })
    await expectSame(sql, printed)
  })
})
