/** EXPLAIN: the plan as text, JSON or Mermaid; ANALYZE runs it and drops the rows. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { RelayChunk } from '../../connectors/connector.js'
import { renderPlan, type ExplainFormat } from '../../planner/explain/explain.js'
import { renderCatalogQuery } from '../../planner/explain/explain-mermaid.js'
import type { BoundValues } from '../bind-values.js'
import type { CompiledStatement } from '../compiler/compiled-statement.js'
import { estimableQueries } from './estimate-statements.js'
import { textRows } from '../runner/data-rows.js'
import { quoteLiteral } from '../identifier.js'
import { planForValues } from '../compiler/plan-for-values.js'
import type { Analysis } from '../prepared-statement.js'
import { planInUse } from '../compiler/proven-digits.js'
import { openQuery, refreshed, runCatalog } from '../query-execution.js'
import type { ExplainStatement, StatementOption } from '../routing/routed-statement.js'
import type { SessionState } from '../session-state.js'
import { parseBoolean } from '../settings/setting-value.js'

/** The options of EXPLAIN that change what comes out. */
export interface ExplainChoices {
  readonly analyze: boolean
  readonly verbose: boolean
  readonly costs: boolean
  /** Adds what planning and running took; ANALYZE does unless told otherwise. */
  readonly summary: boolean
  /** ANALYZE adds what each node took. */
  readonly timing: boolean
  readonly format: ExplainFormat
}

/** Reads and checks the options. */
export function explainChoices(options: readonly StatementOption[]): ExplainChoices {
  const flags = new Map<string, boolean>()
  let format: ExplainFormat = 'text'
  for (const { name, value, position } of options) {
    if (name === 'format') {
      if (value === 'json' || value === 'text' || value === 'mermaid') format = value
      else if (value === 'xml' || value === 'yaml') {
        throw new EngineError(
          SQLSTATE.featureNotSupported,
          `EXPLAIN format ${value} is not supported`,
          { hint: 'Use FORMAT TEXT, FORMAT JSON or FORMAT MERMAID' },
        )
      } else {
        throw new EngineError(
          SQLSTATE.invalidParameterValue,
          `unrecognized value for EXPLAIN option "format": "${String(value)}"`,
          { position },
        )
      }
    } else if (name === 'serialize') {
      flags.set(name, value !== 'none')
    } else if (FLAGS.has(name)) {
      const flag = value === null ? 'on' : parseBoolean(String(value))
      if (flag === undefined) {
        throw new EngineError(SQLSTATE.syntaxError, `${name} requires a Boolean value`)
      }
      flags.set(name, flag === 'on')
    } else {
      throw new EngineError(SQLSTATE.syntaxError, `unrecognized EXPLAIN option "${name}"`, {
        position,
      })
    }
  }
  const analyze = flags.get('analyze') ?? false
  for (const name of ['wal', 'timing', 'serialize']) {
    if (flags.get(name) && !analyze) {
      throw new EngineError(
        SQLSTATE.invalidParameterValue,
        `EXPLAIN option ${name.toUpperCase()} requires ANALYZE`,
      )
    }
  }
  return {
    analyze,
    verbose: flags.get('verbose') ?? false,
    costs: flags.get('costs') ?? true,
    summary: flags.get('summary') ?? analyze,
    timing: flags.get('timing') ?? analyze,
    format,
  }
}

const FLAGS = new Set([
  'analyze',
  'verbose',
  'costs',
  'settings',
  'generic_plan',
  'buffers',
  'wal',
  'timing',
  'summary',
  'memory',
])

/** Explains an analyzed query: rows of QUERY PLAN. */
export async function runExplain(
  state: SessionState,
  statement: ExplainStatement,
  stale: Analysis,
  bound: BoundValues,
): Promise<RelayChunk> {
  const choices = explainChoices(statement.options)
  const started = performance.now()
  const generic = await refreshed(state, stale)
  const compiled = planInUse(await planForValues(state, generic, bound))
  const analysis = { ...generic, compiled }
  const planningMilliseconds = stale.milliseconds + performance.now() - started
  const { plan, parameterTypes, columns } = compiled
  if (plan === undefined) {
    // PostgreSQL explains it, and draws nothing.
    if (choices.format === 'mermaid') return planRows(choices, renderCatalogQuery())
    const sql = `EXPLAIN ${optionsText(statement.options)}${analysis.text.text}`
    return runCatalog(state, sql, { types: parameterTypes, bound, resultFormats: [0] })
  }
  const { analyze, ...options } = choices
  const layoutOf = ({ rules = [], ledger = [], refusal }: CompiledStatement) => ({
    ...{ ...options, rules, ledger, refusal, planningMilliseconds },
  })
  const layout = layoutOf(compiled)
  const estimates = !analyze && choices.costs && estimableQueries(plan).length > 0
  if (!analyze && !estimates) return planRows(choices, renderPlan(plan, layout))
  const formats = columns.map(() => 0)
  const { cursor, run } = await openQuery(state, analysis, bound, formats, estimates)
  await cursor.take(0, state.interruption, () => undefined)
  const report = run?.started.running.report()
  if (!analyze) {
    const asked = { ...layout, estimates: report?.estimates }
    return planRows(choices, renderPlan(plan, asked))
  }
  const ran = run?.started.compiled ?? compiled
  const shown = { ...layoutOf(ran), ...(report === undefined ? {} : { report }) }
  return planRows(choices, renderPlan(ran.plan ?? plan, shown))
}

/** Text is a row per line; JSON is one value. */
function planRows(choices: ExplainChoices, lines: readonly string[]): RelayChunk {
  return textRows(choices.format === 'json' ? [[lines.join('\n')]] : lines.map((line) => [line]))
}

function optionsText(options: readonly StatementOption[]): string {
  if (options.length === 0) return ''
  const texts = options.map(({ name, value }) =>
    value === null ? name : `${name} ${quoteLiteral(String(value))}`,
  )
  return `(${texts.join(', ')}) `
}
