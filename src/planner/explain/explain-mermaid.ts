/** EXPLAIN (FORMAT MERMAID): a plan as a flowchart, for issues, wikis and reviews. Rows flow along the arrows. */
import type { PlanDescription } from './describe-plan.js'

/** Longer texts are cut: a chart is for the shape, the text form for the words. */
const LONGEST_LINE = 90

/** Renders the lines of a flowchart, sources first. */
export function renderMermaid(description: PlanDescription, timing: boolean): string[] {
  const nodes: string[] = []
  const edges: string[] = []
  const sources = new Map<string, string>()
  let last = 0
  const visit = (node: PlanDescription): string => {
    const id = `n${++last}`
    const { actual, estimatedRows } = node
    const title = node.detail === '' ? node.node : `${node.node}: ${node.detail}`
    const figures =
      actual === undefined
        ? `rows ${estimatedRows ?? '?'}`
        : `rows ${actual.rows} of ${estimatedRows ?? '?'}${timing ? `, ${Math.round(actual.milliseconds)} ms` : ''}`
    nodes.push(`  ${id}["${escape(title)}<br/>${figures}"]`)
    for (const input of node.inputs) {
      const from = visit(input)
      const rows = input.actual?.rows ?? input.estimatedRows
      edges.push(`  ${from} -->${rows === undefined ? '' : `|${rows}|`} ${id}`)
    }
    if (node.source !== undefined) {
      const source = sources.get(node.source) ?? `s${sources.size + 1}`
      sources.set(node.source, source)
      const bytes = actual === undefined ? '' : `|${actual.bytes} bytes|`
      edges.push(`  ${source} -.->${bytes} ${id}`)
    }
    return id
  }
  visit(description)
  const cylinders = [...sources].map(([name, id]) => `  ${id}[("${escape(name)}")]`)
  return ['flowchart BT', ...cylinders, ...nodes, ...edges]
}

/** What the catalog answers by itself, as one node. */
export function renderCatalogQuery(): string[] {
  return ['flowchart BT', '  n1["Catalog Query"]']
}

/** Quotes would end the label, and # begins an entity. */
function escape(text: string): string {
  const line = text.replaceAll(/\s+/g, ' ')
  const cut = line.length > LONGEST_LINE ? `${line.slice(0, LONGEST_LINE - 1)}…` : line
  return cut.replaceAll(/[#"<>&]/g, (character) => `#${character.charCodeAt(0)};`)
}
