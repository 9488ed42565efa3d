/**
 * Rows of other sources: of every type that the connector takes among them, all values come back as they went, group and match the
 * source's own as in PostgreSQL; as many rows as it says travel in one statement.
 */
import type pg from 'pg'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import type { Capabilities, OpenSource, Pushdown } from '../../src/connectors/connector.js'
import { connectorOf } from '../../src/connectors/registry.js'
import { isOdd } from '../../src/executor/joins/sent-values.js'
import type { Column } from '../../src/expressions/expression.js'
import { columnReference } from '../../src/planner/expression-traversal.js'
import { COUNT_ROWS, equalityOf } from '../../src/planner/known-functions.js'
import type { LogicalPlan } from '../../src/planner/logical-plan.js'
import { expressionsOf } from '../../src/planner/plan-traversal.js'
import { shippedRows } from '../../src/planner/shipped-rows.js'
import { formatArray } from '../../src/types/array-text.js'
import { OID, sqlType, type Datum } from '../../src/types/sql-type.js'
import { parseTypeName } from '../../src/types/type-registry.js'
import { datumAt } from '../../src/types/vectors/vector-ops.js'
import { MANY, type SuiteTable } from './subject-tables.js'
import type { ProbeResult } from './suite.js'

type Rows = readonly (readonly Datum[])[]

/** Proves what is declared, and that nothing else is. */
export async function proveRows(
  { rows: declared }: Capabilities,
  source: SourceDefinition,
  tables: readonly SuiteTable[],
  oracle: pg.Client,
): Promise<ProbeResult[]> {
  const connector = await connectorOf(source.connector)
  const pushdown = connector.pushdown(source)
  const promise = {
    ...{ section: 'Promises', group: 'Rows in one statement', what: `${declared?.maximum} rows` },
    declaration: declared === undefined ? ('none' as const) : ('exact' as const),
  }
  if (pushdown.rows === undefined || declared === undefined) {
    const isSame = pushdown.rows === declared
    return [isSame ? promise : { ...promise, failure: 'declared and planned differ' }]
  }
  const open = connector.open(source)
  try {
    const results = [{ ...promise, ...(await proveMaximum(declared.maximum, pushdown, open)) }]
    const seen = new Set<string>()
    for (const table of tables) {
      // Of the large table every row would match thousands.
      if (table.primaryKey?.[0] !== 'id' || table.name === MANY.name) continue
      for (const { name, type } of table.columns) {
        if (name === 'id') continue
        const subject = { table, name, type, longestText: declared.longestText ?? Infinity }
        const found = await proveColumn(subject, source, pushdown, open, oracle)
        if (found === undefined) continue
        if (found.declaration === 'none' && seen.has(type)) continue
        seen.add(type)
        const group = `Rows of another source: ${type}`
        results.push({ section: 'By type and fragment', group, what: `${table.name}.${name}`, ...found }) // prettier-ignore
      }
    }
    return results
  } finally {
    await open.close()
  }
}

async function proveMaximum(
  maximum: number,
  pushdown: Pushdown,
  open: OpenSource,
): Promise<{ failure?: string }> {
  const value = { id: 1, name: 'n', type: sqlType(OID.int4) }
  const fragment = counted(shippedRows([value], 1)!)
  const keys = Array.from({ length: maximum }, (_, i) => String(i))
  const [[count] = []] = await answer(fragment, [keys], pushdown, open)
  return count === String(maximum) ? {} : { failure: `${count} of ${maximum} rows arrived` }
}

interface Subject {
  readonly table: SuiteTable
  readonly name: string
  readonly type: string
  readonly longestText: number
}

async function proveColumn(
  { table, name, type, longestText }: Subject,
  source: SourceDefinition,
  pushdown: Pushdown,
  open: OpenSource,
  oracle: pg.Client,
): Promise<{ declaration: 'exact' | 'none'; failure?: string } | undefined> {
  const number: Column = { id: 1, name: 'n', type: sqlType(OID.int4) }
  const value: Column = { id: 2, name: 'value', type: parseTypeName(type) }
  const relation = shippedRows([number, value], 1)
  if (relation === undefined) return undefined
  if (pushdown.judgeNode(relation).support !== 'exact') return { declaration: 'none' }

  const own = `"${name}"`
  const stored = await texts(oracle, `SELECT id, ${own} FROM "${table.name}" ORDER BY id`, [])
  const isSent = ([, text = null]: readonly Datum[]): boolean =>
    text === null ||
    (!(isNumber(value) && isOdd(text, value.type.oid)) && text.length <= longestText)
  const sent = stored.filter(isSent)
  // Each value twice: rows that are equal stay two.
  const rows = [...sent, ...sent]
  const arrays = [0, 1].map((at) => rows.map((row) => row[at] ?? null))
  const unnested = `unnest($1::int4[], $2::${type}[]) AS r (sent_n, sent_value)`
  const literals = arrays.map(arrayOf)

  const failures: string[] = []
  const compare = async (what: string, fragment: LogicalPlan, sql: string): Promise<void> => {
    if (!takes(pushdown, fragment)) return
    const actual = sorted(await answer(fragment, arrays, pushdown, open))
    const expected = sorted(await texts(oracle, sql, literals))
    const at = expected.findIndex((row, i) => row !== actual[i])
    if (at >= 0 || expected.length !== actual.length) {
      failures.push(`${what}: expected ${expected[at]}, got ${actual[Math.max(0, at)]}`)
    }
  }
  await compare('read back', relation, `SELECT sent_n, sent_value FROM ${unnested}`)
  if (value.type.oid !== OID.float8 && value.type.oid !== OID.float4) {
    await compare(
      'grouped',
      counted(relation, value),
      `SELECT sent_value, count(*) FROM ${unnested} GROUP BY 1`,
    )
  }
  const id: Column = { id: 3, name: 'id', type: sqlType(OID.int4) }
  const there: Column = { id: 4, name, type: value.type }
  const condition = equalityOf(columnReference(there), columnReference(value))
  if (condition !== undefined) {
    const scan: LogicalPlan = {
      ...{ kind: 'scan', source: source.name, schema: source.name, table: table.name },
      ...{ columns: [id, there], tableColumns: ['id', name] },
    }
    const joined = { left: scan, right: relation, condition, lateral: false }
    await compare(
      'joined',
      { kind: 'join', joinType: 'left', ...joined },
      `SELECT t.id, t.${own}, sent_n, sent_value FROM "${table.name}" t LEFT JOIN ${unnested} ON t.${own} = sent_value`,
    )
  }
  return { declaration: 'exact', ...(failures.length > 0 ? { failure: failures.join('\n') } : {}) }
}

const FREE_FORM: readonly number[] = [OID.bool, OID.bytea, OID.jsonb]

function isNumber({ type }: Column): boolean {
  return !FREE_FORM.includes(type.oid)
}

function counted(input: LogicalPlan, group?: Column): LogicalPlan {
  const groups =
    group === undefined ? [] : [{ column: { ...group, id: 8 }, expression: columnReference(group) }]
  const call = {
    ...{ column: { id: 9, name: 'count', type: sqlType(OID.int8) }, function: COUNT_ROWS },
    ...{ arguments: [], star: true, distinct: false, orderBy: [], directArguments: [] },
    ...({ form: 'normal', collation: 'binary' } as const),
  }
  return { kind: 'aggregate', input, groups, aggregates: [call] }
}

/** Whether the source does all of a fragment exactly, as the planner asks it. */
function takes(pushdown: Pushdown, fragment: LogicalPlan): boolean {
  const use = fragment.kind === 'join' ? 'filter' : 'value'
  const own = fragment.kind === 'table-function' ? [] : expressionsOf(fragment)
  return (
    own.every((expression) => pushdown.judgeExpression(expression, use).support === 'exact') &&
    pushdown.judgeNode(fragment).support === 'exact'
  )
}

async function answer(
  fragment: LogicalPlan,
  arrays: readonly (readonly Datum[])[],
  pushdown: Pushdown,
  open: OpenSource,
): Promise<Rows> {
  const statement = pushdown.print(fragment)
  const values = statement.parameters.map((parameter) =>
    parameter.kind === 'parameter' ? arrayOf(arrays[parameter.index - 1]!) : null,
  )
  const rows: Datum[][] = []
  const options = { signal: AbortSignal.timeout(60_000), batchRows: 1024 }
  for await (const batch of open.scan(statement, values, options)) {
    for (let i = 0; i < batch.length; i++) {
      const row = batch.selection === undefined ? i : batch.selection[i]!
      rows.push(batch.columns.map((vector) => datumAt(vector, row)))
    }
  }
  return rows
}

function arrayOf(elements: readonly Datum[]): string {
  return formatArray({ elements, dimensions: [elements.length], lowerBounds: [1] })
}

async function texts(oracle: pg.Client, text: string, values: readonly string[]): Promise<Rows> {
  await oracle.query("SET timezone TO 'UTC'")
  const types = { getTypeParser: () => (value: string) => value }
  const query = { text, values: [...values], rowMode: 'array' as const, types }
  return (await oracle.query<(string | null)[]>(query)).rows
}

function sorted(rows: Rows): string[] {
  return rows.map((row) => JSON.stringify(row)).sort()
}
