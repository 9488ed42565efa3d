/** How far estimates are from true row counts, by kind of operator. */
import type { EstimateError } from './count-statement.js'

export interface ErrorSummary {
  /** An operator, or `all`. */
  readonly node: string
  readonly nodes: number
  /** Geometric. */
  readonly mean: number
  readonly median: number
  readonly ninetieth: number
  readonly worst: number
}

/** Mean, median, ninetieth percentile and worst of the q-errors: of all nodes, then of each operator, the most frequent first. */
export function summariesOf(errors: readonly EstimateError[]): readonly ErrorSummary[] {
  const byNode = new Map<string, number[]>()
  for (const { node, factor } of errors) {
    const factors = byNode.get(node)
    if (factors === undefined) byNode.set(node, [factor])
    else factors.push(factor)
  }
  const kinds = [...byNode].sort(([, a], [, b]) => b.length - a.length)
  return [['all', errors.map(({ factor }) => factor)] as const, ...kinds].map(([node, factors]) =>
    summaryOf(node, factors),
  )
}

function summaryOf(node: string, factors: readonly number[]): ErrorSummary {
  const sorted = [...factors].sort((a, b) => a - b)
  const at = (share: number): number =>
    sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? NaN
  const mean = Math.exp(sorted.reduce((sum, factor) => sum + Math.log(factor), 0) / sorted.length)
  return { node, nodes: sorted.length, mean, median: at(0.5), ninetieth: at(0.9), worst: at(1) }
}
