/** EXPLAIN: renders the description of a plan as a text tree, as JSON or as a Mermaid flowchart. */
import type { ExecutionReport, SourceEstimate } from '../../session/runner/statement-protocol.js'
import type { SerializedError } from '../../errors.js'
import { describePlan } from './describe-plan.js'
import type { PlanDescription } from './describe-plan.js'
import { renderMermaid } from './explain-mermaid.js'
import type { LedgerEntry } from './ledger.js'
import type { PhysicalPlan } from '../physical-plan.js'
import type { SourcePrices } from '../estimates/source-prices.js'

export type ExplainFormat = 'text' | 'json' | 'mermaid'

export interface ExplainOptions {
  readonly format: ExplainFormat
  /** Adds each node's output columns, and the rewrite rules that fired. */
  readonly verbose: boolean
  /** Adds estimated rows. */
  readonly costs: boolean
  /** Rewrite rules that fired, in the order they first did. */
  readonly rules?: readonly string[]
  /** What runs where, and why: VERBOSE shows it, JSON always. */
  readonly ledger?: readonly LedgerEntry[]
  /** Why the plan may not run. */
  readonly refusal?: SerializedError | undefined
  /** What running the plan took: EXPLAIN ANALYZE. */
  readonly report?: ExecutionReport
  /** Of a plan that ran: false leaves out what planning and running took. */
  readonly summary?: boolean
  /** Of a plan that ran: false leaves out what each node took. */
  readonly timing?: boolean
  /** What analysis and planning took, in ms. */
  readonly planningMilliseconds?: number | undefined
  /** What sources said that running it would cost. */
  readonly estimates?: ExecutionReport['estimates'] | undefined
}

/** Renders a plan as the lines EXPLAIN answers. */
export function renderPlan(plan: PhysicalPlan, options: ExplainOptions): string[] {
  const description = describePlan(plan, options.report, options.estimates)
  const totals = options.report && totalsOf(description, options.report, options.summary ?? true)
  if (options.format === 'mermaid') return renderMermaid(description, options.timing ?? true)
  const rules = options.verbose ? options.rules : undefined
  const planning = (options.summary ?? true) ? options.planningMilliseconds?.toFixed(3) : undefined
  if (options.format === 'json') {
    const json = [
      {
        ...(options.refusal ? { Refused: jsonRefusal(options.refusal) } : {}),
        Plan: jsonOf(description, options),
        ...(totals ? { Totals: totals } : {}),
        ...(rules ? { Rules: rules } : {}),
        ...(options.ledger ? { Pushdown: options.ledger.map(jsonEntry) } : {}),
        ...(planning === undefined ? {} : { 'Planning Time': Number(planning) }),
      },
    ]
    return JSON.stringify(json, null, 2).split('\n')
  }
  const lines: string[] = []
  if (options.refusal !== undefined) lines.push(...refusalLines(options.refusal))
  if (totals !== undefined) lines.push(...totalLines(totals))
  if (rules !== undefined) lines.push(`Rules: ${rules.length === 0 ? 'none' : rules.join(', ')}`)
  renderNode(description, '', '', options, lines)
  if (options.verbose && options.ledger !== undefined) {
    lines.push('Pushdown:', ...options.ledger.map((entry) => `  ${entryLine(entry)}`))
  }
  if (planning !== undefined) lines.push(`Planning Time: ${planning} ms`)
  return lines
}

/** Why the statement would be refused, and what to do about it. */
function refusalLines({ code, message, detail, hint }: SerializedError): string[] {
  const below = [detail, hint].filter((text) => text !== undefined)
  return [`Refused: ${message} (${code})`, ...below.map((text) => `   ${text}`)]
}

function jsonRefusal({ code, message, detail, hint }: SerializedError) {
  return {
    Code: code,
    Message: message,
    ...(detail === undefined ? {} : { Detail: detail }),
    ...(hint === undefined ? {} : { Hint: hint }),
  }
}

/** `filter price > 5: at lake` */
function entryLine({ work, detail, source, outcome, reason, remedy }: LedgerEntry): string {
  const place =
    outcome === 'exact'
      ? source === undefined
        ? 'here'
        : `at ${source}`
      : outcome === 'superset'
        ? `at ${source}, checked again here`
        : outcome === 'apart'
          ? 'where it is read'
          : 'here'
  const why = [reason, remedy && `to change it, ${remedy}`].filter((part) => part !== undefined)
  const what = detail.startsWith(`${work} `) ? detail : `${work} ${detail}`
  return `${what}: ${place}${why.length === 0 ? '' : `: ${why.join('; ')}`}`
}

function jsonEntry({ work, detail, source, outcome, reason, remedy }: LedgerEntry) {
  return {
    Work: work,
    Detail: detail,
    Source: source ?? null,
    Outcome: outcome,
    ...(reason === undefined ? {} : { Reason: reason }),
    ...(remedy === undefined ? {} : { Remedy: remedy }),
  }
}

interface Totals {
  readonly Milliseconds?: number
  readonly 'Peak Memory': number
  readonly 'Rows Moved': number
  readonly 'Bytes Moved': number
  readonly 'Remote Calls': number
  readonly 'Rows Sent': number
  readonly 'Keys Sent': number
  readonly 'Bytes Sent': number
}

function totalsOf(description: PlanDescription, report: ExecutionReport, summary: boolean): Totals {
  let rows = 0
  let bytes = 0
  let calls = 0
  const sent = { rows: 0, keys: 0, bytes: 0 }
  const add = (node: PlanDescription) => {
    sent.rows += node.actual?.shipped ?? 0
    sent.keys += node.actual?.keysSent ?? 0
    sent.bytes += node.actual?.bytesSent ?? 0
    if (node.source !== undefined) {
      rows += node.actual?.rows ?? 0
      bytes += node.actual?.bytes ?? 0
      calls += node.actual?.remoteCalls ?? 0
    }
    node.inputs.forEach(add)
  }
  add(description)
  return {
    ...(summary ? { Milliseconds: round(report.milliseconds) } : {}),
    'Peak Memory': report.peakMemory,
    'Rows Moved': rows,
    'Bytes Moved': bytes,
    'Remote Calls': calls,
    'Rows Sent': sent.rows,
    'Keys Sent': sent.keys,
    'Bytes Sent': sent.bytes,
  }
}

function totalLines(totals: Totals): string[] {
  const { Milliseconds: milliseconds } = totals
  const time = milliseconds === undefined ? '' : `${milliseconds} ms, `
  return [
    `Total: ${time}peak memory ${totals['Peak Memory']} bytes`,
    `Moved: ${totals['Rows Moved']} rows, ${totals['Bytes Moved']} bytes in ${totals['Remote Calls']} remote calls${sentText(totals)}`,
  ]
}

/** `; sent 84 rows, 12 keys, 700 bytes`: what went to sources from other ones. */
function sentText(totals: Totals): string {
  const parts = [
    ...(totals['Rows Sent'] > 0 ? [`${totals['Rows Sent']} rows`] : []),
    ...(totals['Keys Sent'] > 0 ? [`${totals['Keys Sent']} keys`] : []),
  ]
  return parts.length === 0
    ? ''
    : `; sent ${[...parts, `${totals['Bytes Sent']} bytes`].join(', ')}`
}

function round(milliseconds: number): number {
  return Math.round(milliseconds * 100) / 100
}

/** `first` starts the node's own line, `rest` every line below it. */
function renderNode(
  node: PlanDescription,
  first: string,
  rest: string,
  options: ExplainOptions,
  lines: string[],
): void {
  lines.push(first + headOf(node) + figuresOf(node, options))
  const bar = node.inputs.length > 0 ? '│ ' : '  '
  const below = (text: string) => lines.push(`${rest}${bar}  ${text}`)
  if (node.text !== undefined) for (const line of node.text.split('\n')) below(line)
  if (node.parameters !== undefined && node.parameters.length > 0) {
    below(`parameters: ${node.parameters.join(', ')}`)
  }
  if (node.estimate !== undefined) below(`estimate: ${estimateText(node.estimate)}`)
  if (options.verbose) below(`output: ${node.output.join(', ')}`)
  if (options.verbose && node.prices !== undefined) below(`prices: ${pricesText(node.prices)}`)
  for (const note of node.notes) below(`note: ${note}`)
  node.inputs.forEach((input, index) => {
    const last = index === node.inputs.length - 1
    renderNode(
      input,
      `${rest}${last ? '└─ ' : '├─ '}`,
      `${rest}${last ? '   ' : '│  '}`,
      options,
      lines,
    )
  })
}

/** `reads 1234 bytes, 0.0000071 dollars`. */
function estimateText(estimate: SourceEstimate): string {
  if ('failure' in estimate) return `none, ${estimate.failure}`
  const { bytes, dollars } = estimate
  const cost = dollars === undefined ? '' : `, ${Number(dollars.toPrecision(3))} dollars`
  return `reads ${bytes} bytes${cost}`
}

/** `round trip 64 ms, 0.8 µs a row, 0.01 µs a byte`. */
function pricesText({ roundTrip, rowMoved, byteMoved }: SourcePrices): string {
  return `round trip ${roundTrip / 1000} ms, ${rowMoved} µs a row, ${byteMoved} µs a byte`
}

function headOf(node: PlanDescription): string {
  return node.detail === '' ? node.node : `${node.node}: ${node.detail}`
}

function figuresOf(
  node: PlanDescription,
  { costs, report, timing = true }: ExplainOptions,
): string {
  const parts: string[] = []
  if (costs) parts.push(`rows=${node.estimatedRows ?? '?'}`)
  if (costs && node.learned !== undefined) parts.push('learned')
  if (report !== undefined) {
    const { actual } = node
    if (actual === undefined) parts.push('never run')
    else {
      parts.push(`actual rows=${actual.rows}`)
      if (timing) parts.push(`time=${round(actual.milliseconds)} ms`)
      if (node.source !== undefined) {
        parts.push(`bytes=${actual.bytes}`, `calls=${actual.remoteCalls}`)
      }
      if (actual.memory > 0) parts.push(`memory=${actual.memory}`)
      if (actual.keys !== undefined) parts.push(`keys=${actual.keys}`)
      if (actual.keysUnsent !== undefined) parts.push(`no keys sent: ${actual.keysUnsent}`)
      if (actual.ranges !== undefined) parts.push(`ranges=${actual.ranges}`)
      if (actual.shipped !== undefined) parts.push(`shipped=${actual.shipped}`)
      if (actual.bytesSent !== undefined) parts.push(`sent bytes=${actual.bytesSent}`)
      if (actual.spilled > 0) parts.push(`spilled=${actual.spilled}`)
    }
  }
  return parts.length === 0 ? '' : `  (${parts.join(' ')})`
}

function jsonOf(node: PlanDescription, options: ExplainOptions): Record<string, unknown> {
  const { actual } = node
  return {
    'Node Type': node.node,
    ...(node.detail === '' ? {} : { Detail: node.detail }),
    ...(node.source === undefined ? {} : { Source: node.source }),
    ...(options.costs ? { 'Plan Rows': node.estimatedRows ?? null } : {}),
    ...(options.costs && node.learned !== undefined ? { 'Learned From': node.learned } : {}),
    ...(actual === undefined
      ? {}
      : {
          'Actual Rows': actual.rows,
          ...((options.timing ?? true)
            ? { 'Actual Milliseconds': round(actual.milliseconds) }
            : {}),
          Memory: actual.memory,
          ...(actual.keys === undefined ? {} : { Keys: actual.keys }),
          ...(actual.keysUnsent === undefined ? {} : { 'Keys Not Sent': actual.keysUnsent }),
          ...(actual.ranges === undefined ? {} : { 'Key Ranges': actual.ranges }),
          ...(actual.shipped === undefined ? {} : { 'Rows Shipped': actual.shipped }),
          ...(actual.keysSent === undefined ? {} : { 'Keys Sent': actual.keysSent }),
          ...(actual.bytesSent === undefined ? {} : { 'Bytes Sent': actual.bytesSent }),
          ...(actual.spilled > 0 ? { 'Spilled Bytes': actual.spilled } : {}),
          ...(node.source === undefined
            ? {}
            : { Bytes: actual.bytes, 'Remote Calls': actual.remoteCalls }),
        }),
    ...(options.verbose ? { Output: node.output } : {}),
    ...(node.text === undefined ? {} : { Text: node.text }),
    ...(node.parameters === undefined ? {} : { Parameters: node.parameters }),
    ...(node.estimate === undefined ? {} : { Estimate: node.estimate }),
    ...(node.prices === undefined
      ? {}
      : {
          Prices: {
            'Round Trip Milliseconds': node.prices.roundTrip / 1000,
            'Row Microseconds': node.prices.rowMoved,
            'Byte Microseconds': node.prices.byteMoved,
          },
        }),
    ...(node.notes.length === 0 ? {} : { Notes: node.notes }),
    ...(node.inputs.length === 0 ? {} : { Plans: node.inputs.map((i) => jsonOf(i, options)) }),
  }
}
