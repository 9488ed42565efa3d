/** Writes the generated parts of docs/connectors.md: the capability table from what the suite saw, the sample from its file. */
import { readFileSync } from 'node:fs'
import { connectorOf } from '../../src/connectors/registry.js'
import type { ConformanceReport, Declaration } from './suite.js'

const WORDS: Readonly<Record<Declaration, string>> = {
  exact: 'yes',
  superset: 'prefilter',
  none: '-',
}

/** The document with its generated parts replaced; `root` is the checkout's URL. */
export async function connectorsDocument(
  text: string,
  reports: readonly ConformanceReport[],
  root: URL,
): Promise<string> {
  const own = reports.filter((report) => !report.isSample && report.format === undefined)
  const formats = reports.filter((report) => report.format !== undefined)
  const sample = readFileSync(new URL('examples/connectors/sheet.ts', root), 'utf8')
  const parts: Readonly<Record<string, string>> = {
    facts: await factTable(own, formats),
    capabilities: capabilityTable(own),
    sample: `\`\`\`ts\n${sample}\`\`\``,
  }
  return Object.entries(parts).reduce((document, [name, part]) => {
    const [begin, end] = [`<!-- ${name} -->`, `<!-- end of ${name} -->`]
    const at = document.indexOf(begin) + begin.length
    return `${document.slice(0, at)}\n\n${part}\n\n${document.slice(document.indexOf(end))}`
  }, text)
}

async function factTable(
  reports: readonly ConformanceReport[],
  formats: readonly ConformanceReport[],
): Promise<string> {
  const rows = await Promise.all(
    reports.map(async ({ kind, against, skipped }) => {
      const { title, keys, rows: sent, cancel, statistics } = (await connectorOf(kind)).capabilities
      const further = formats.filter((report) => report.kind === kind)
      const missing = [
        ...skipped.map(({ reason }) => reason),
        ...further.flatMap((f) => f.skipped.map(({ reason }) => `${f.format}: ${reason}`)),
      ]
      const met = [against, ...further.map((report) => report.against)].join('; ')
      return [
        ...[`${title} (\`${kind}\`)`, met, `${keys.transport}, ${keys.maximum}`],
        ...[sent === undefined ? '-' : `${sent.transport}, ${sent.maximum}`, cancel],
        ...[statistics.join(', '), missing.join('; ') || '-'],
      ]
    }),
  )
  return table(['Connector', 'Proved against', 'Keys of a bind join', 'Rows of a ship join', 'Cancel', 'Statistics', 'Not held'], rows) // prettier-ignore
}

/** A table a section, a row a group. */
function capabilityTable(reports: readonly ConformanceReport[]): string {
  const results = reports.flatMap((report) => report.results)
  return [...new Set(results.map((result) => result.section))]
    .map((section) => {
      const own = results.filter((result) => result.section === section)
      const rows = [...new Set(own.map((result) => result.group))].map((group) => [
        group.replace(/[|<*_`\\$~^[\]]/g, '\\$&'),
        ...reports.map((report) => wordFor(report, section, group)),
      ])
      return `### ${section}\n\n${table(['', ...reports.map((report) => report.kind)], rows)}`
    })
    .join('\n\n')
}

function wordFor({ results }: ConformanceReport, section: string, group: string): string {
  const found = results.filter((r) => r.section === section && r.group === group)
  const kinds = [...new Set(found.map((result) => result.declaration))]
  if (kinds.length === 0) return 'skipped'
  if (kinds.length === 1) return WORDS[kinds[0]!]
  const share = found.filter((result) => result.declaration === 'exact').length
  return share === 0 ? 'prefilter or -' : `${share} of ${found.length}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const line = (cells: readonly string[]): string => `| ${cells.join(' | ')} |`
  return [line(head), line(head.map(() => '---')), ...rows.map(line)].join('\n')
}
