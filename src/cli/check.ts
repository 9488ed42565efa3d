/** `tributary check`: every mistake in the catalog's files, at its place. Contacts sources with `--online` alone. */
import { Analyzer } from '../analyzer/analyzer.js'
import { hasErrors, renderProblems, sortProblems } from '../catalog/problem.js'
import { serializeError } from '../errors.js'
import { withSystemTables } from '../system/system-tables.js'
import { checkContracts } from './check-contracts.js'
import { findDrift } from './find-drift.js'
import { catalogDirectory, checkFiles, problemsOfCompiler } from './open-catalog.js'
import { readArguments, UsageError } from './usage.js'

/** Exit code 1 when there is an error. */
export async function check(argv: string[]): Promise<number> {
  const args = readArguments(argv, ['catalog', 'format'], ['online'])
  const format = args.text('format') ?? 'text'
  if (format !== 'text' && format !== 'json' && format !== 'github') {
    throw new UsageError(`--format is text, json or github: ${format}`)
  }
  const directory = catalogDirectory(args.text('catalog'))
  const checked = await checkFiles(directory)
  const problems = [...checked.problems]
  const filesAreSound = !hasErrors(problems)
  // The analyzer alone: sources of no known connector have views all the same.
  const analyzer = await Analyzer.start(withSystemTables(checked.catalog))
  const refused = analyzer.problems.map((p) => ({ ...p, error: serializeError(p.error) }))
  problems.push(...problemsOfCompiler(refused, checked))
  const failed = new Set(refused.map(({ view }) => view))
  // What views yield of tables that are not known is not known either.
  if (checked.unknown.tablesOf.size === 0) {
    problems.push(...checkContracts(analyzer, checked, failed))
  }
  await analyzer.close()
  if (args.flag('online') && filesAreSound) {
    const { sources } = checked.catalog
    const drift = await Promise.all(sources.map((source) => findDrift(directory, source)))
    problems.push(...drift.flat())
  }
  const sorted = sortProblems(problems)
  const report = renderProblems(sorted, checked.texts, format)
  if (report !== '') console.log(report)
  const errors = sorted.filter((p) => p.severity === 'error').length
  const { sources, views } = checked.catalog
  if (format === 'text') {
    const warnings = sorted.length - errors
    console.log(
      `${directory}: ${sources.length} sources, ` +
        `${sources.reduce((n, s) => n + s.tables.length, 0)} tables, ${views.length} views: ` +
        `${errors} error${errors === 1 ? '' : 's'}, ${warnings} warning${warnings === 1 ? '' : 's'}`,
    )
  }
  return errors > 0 ? 1 : 0
}
