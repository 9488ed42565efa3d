/**
 * PostgreSQL's answer beside ours. A case is an SQL expression over columns a, b, c of given types; it is computed
 * for the cross product of those types' sample values, by a PostgreSQL in this process and by the native kernels.
 */
import { Analyzer } from '../../../src/analyzer/analyzer.js'
import { startPostgres, type PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import type { Catalog, TableDefinition } from '../../../src/catalog/catalog.js'
import { EngineError } from '../../../src/errors.js'
import type { Batch } from '../../../src/executor/batch.js'
import { compileExpression } from '../../../src/expressions/compile-expression.js'
import type { EvaluationContext } from '../../../src/expressions/evaluation-context.js'
import type { Column, Expression } from '../../../src/expressions/expression.js'
import { whyNotNative } from '../../../src/expressions/native.js'
import type { CompileOptions } from '../../../src/session/compiler/compiled-statement.js'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../../src/session/settings/value-settings.js'
import { textAt } from '../../../src/types/text-output.js'
import { vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import { SAMPLES } from './samples.js'

/** The outcome of one row: a value's text, NULL, or an error. */
export type Outcome = string | null

export interface Comparison {
  /** Why the expression is not native; nothing was compared then. */
  readonly refusal?: string
  readonly rows: number
  readonly differences: readonly string[]
}

export interface Oracle {
  compare(types: readonly string[], expression: string): Comparison
  close(): Promise<void>
}

const NAMES = ['a', 'b', 'c', 'd']

function tableName(types: readonly string[]): string {
  return `t_${types.map((type) => type.replace(/\W+/g, '_')).join('__')}`
}

function tableOf(types: readonly string[]): TableDefinition {
  return {
    name: tableName(types),
    from: tableName(types),
    columns: ['id', ...types.map((_, k) => NAMES[k] as string)].map((name, k) => ({
      name,
      from: name,
      type: k === 0 ? 'integer' : (types[k - 1] as string),
      notNull: false,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: false,
    statistics: { columns: {} },
    requireFilter: [],
    options: {},
  }
}

/** Starts both sides with a table for each tuple of types. */
export async function startOracle(
  tuples: readonly (readonly string[])[],
  settings: ValueSettings = DEFAULT_VALUE_SETTINGS,
): Promise<Oracle> {
  const byName = new Map(tuples.map((types) => [tableName(types), types]))
  const catalog: Catalog = {
    name: 'oracle',
    database: 'oracle',
    searchPath: ['o'],
    timezone: 'UTC',
    version: '1',
    statementTimeout: 0,
    sources: [
      {
        name: 'o',
        connector: 'postgres',
        connection: {},
        limits: {},
        discover: {},
        tables: [...byName.values()].map(tableOf),
        directory: '.',
      },
    ],
    views: [],
    principals: { roles: {}, users: {}, open: true },
  }
  const analyzer = await Analyzer.start(catalog)
  const postgres = await startPostgres()
  postgres.exec('create schema o; set search_path = o, pg_catalog')
  postgres.exec(ATTEMPT)
  const loaded = new Map<string, { batch: Batch; text: (string | null)[][] }>()
  const apply = (current: ValueSettings): void => {
    postgres.exec(
      `set timezone = '${current.timeZone}'; set datestyle = '${current.dateStyle}'; set intervalstyle = '${current.intervalStyle}'`,
    )
  }
  const load = (types: readonly string[], columns: readonly Column[]): Batch => {
    const name = tableName(types)
    const known = loaded.get(name)
    if (known !== undefined) return known.batch
    apply(DEFAULT_VALUE_SETTINGS)
    fill(postgres, types)
    const text = postgres.query(
      `select ${['id', ...types.map((_, k) => NAMES[k])].join(', ')} from ${name} order by id`,
    )
    apply(settings)
    const batch: Batch = {
      length: text.length,
      columns: columns.map((column, k) =>
        vectorFromDatums(
          column.type,
          text.map((row) => row[k] ?? null),
        ),
      ),
    }
    loaded.set(name, { batch, text })
    return batch
  }
  const [now] = postgres.query(
    `select extract(epoch from now() - '2000-01-01Z'::timestamptz) * 1000000`,
  )
  const context: EvaluationContext = {
    parameters: [],
    settings,
    transactionTime: Number(now?.[0]),
    statementTime: Number(now?.[0]),
    session: { current_user: 'postgres', session_user: 'postgres', current_database: 'postgres' },
  }
  return {
    compare: (types, sql) => {
      const name = tableName(types)
      const columns = ['id', ...types.map((_, k) => NAMES[k] as string)]
      const { logical } = analyzer.analyze(
        `select (${sql}) as r, ${columns.join(', ')} from o.${name}`,
        [],
        compileOptions(settings),
      )
      if (logical?.kind !== 'project')
        throw new Error(`Unexpected plan of ${sql}: ${logical?.kind}`)
      const { expression } = logical.expressions[0] as { expression: Expression }
      const input = logical.expressions.slice(1).map(({ column, expression: source }) => ({
        id: (source as { id: number }).id,
        name: column.name,
        type: source.type,
      }))
      const refusal = whyNotNative(expression)
      const batch = load(types, input)
      if (refusal !== undefined) return { refusal, rows: 0, differences: [] }
      const expected = answers(postgres, name, sql)
      const actual = evaluateRows(expression, input, batch, context, settings)
      const differences: string[] = []
      for (const [row, theirs] of expected.entries()) {
        const ours = actual[row]
        if (ours === theirs) continue
        const values = loaded
          .get(name)
          ?.text[row]?.slice(1)
          .map((v) => JSON.stringify(v))
        differences.push(
          `${sql} [${types.join(', ')}] of ${values?.join(', ')}: PostgreSQL ${JSON.stringify(theirs)}, ours ${JSON.stringify(ours)}`,
        )
      }
      return { rows: expected.length, differences }
    },
    close: async () => {
      await analyzer.close()
      await postgres.close()
    },
  }
}

function compileOptions(values: ValueSettings): CompileOptions {
  return { user: 'tester', role: 'tester', searchPath: ['o'], values, planner: {}, settings: {} }
}

/** Runs an expression row by row where running it at once fails. */
const ATTEMPT = `
create function attempt(expression text, source text) returns setof text[] language plpgsql as $$
declare i int; v text; n boolean; code text; message text;
begin
  for i in execute format('select id from %I order by id', source) loop
    begin
      execute format('select format(''%%s'', v), case when v is null then true else false end from (select (%s) as v from %I where id = %s offset 0) s', expression, source, i) into v, n;
      return next case when n then array[null] else array[v] end;
    exception when others then
      get stacked diagnostics code = returned_sqlstate, message = message_text;
      return next array['error', code, message];
    end;
  end loop;
end $$`

function answers(postgres: PostgresInstance, table: string, sql: string): Outcome[] {
  try {
    return postgres.query(`select (${sql}) from ${table} order by id`).map((row) => row[0] ?? null)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
    const rows = postgres.query(`select r[1], r[2], r[3] from attempt($e$${sql}$e$, '${table}') r`)
    return rows.map(([value, code, message]) =>
      code === null || code === undefined ? (value ?? null) : `ERROR ${code} ${message}`,
    )
  }
}

function evaluateRows(
  expression: Expression,
  input: readonly Column[],
  batch: Batch,
  context: EvaluationContext,
  settings: ValueSettings,
): Outcome[] {
  const compiled = compileExpression(expression, input, context)
  const texts = (part: Batch): Outcome[] => {
    const vector = compiled.evaluate(part)
    if (vector.length !== part.length) throw new Error(`${vector.length} rows for ${part.length}`)
    return Array.from({ length: part.length }, (_, row) =>
      vector.nulls?.[row] === 1
        ? null
        : textAt({ ...vector, type: expression.type }, row, settings),
    )
  }
  try {
    return texts(batch)
  } catch (error) {
    if (!(error instanceof EngineError)) throw error
  }
  return Array.from({ length: batch.length }, (_, row) => {
    try {
      return texts({ length: 1, columns: batch.columns, selection: Int32Array.of(row) })[0] ?? null
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      return `ERROR ${error.code} ${error.message}`
    }
  })
}

function fill(postgres: PostgresInstance, types: readonly string[]): void {
  const columns = types.map((type, k) => `${NAMES[k]} ${type}`)
  const name = tableName(types)
  postgres.exec(`create table ${name} (id serial, ${columns.join(', ')})`)
  const lists = types.map((type, k) => {
    const values = SAMPLES[type.replace(/\(.*\)/, '')] ?? []
    const literals = [null, ...values].map((value) =>
      value === null ? `(null::${type})` : `('${value.replaceAll("'", "''")}'::${type})`,
    )
    return `(values ${literals.join(', ')}) as v${k}(${NAMES[k]})`
  })
  postgres.exec(
    `insert into ${name} (${types.map((_, k) => NAMES[k]).join(', ')}) select * from ${lists.join(', ')}`,
  )
}
