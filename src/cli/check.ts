/** `tributary check`: every mistake in the catalog's files, at its place. Contacts sources with `--online` alone. */
import { hasErrors, renderProblems, sortProblems } from '../catalog/problem.js'
import { serializeError } from '../errors.js'
import { LocalCompiler } from '../session/local-compiler.js'
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
  // A broken file would make PostgreSQL complain of what is merely missing.
  if (!hasErrors(problems)) {
    const compiler = await LocalCompiler.start(checked.catalog)
    const found = compiler.problems.map((p) => ({ ...p, error: serializeError(p.error) }))
    problems.push(...problemsOfCompiler(found, checked))
    if (found.length === 0) problems.push(...checkContracts(compiler, checked))
    await compiler.close()
    if (args.flag('online')) {
      const { sources } = checked.catalog
      const drift = await Promise.all(sources.map((source) => findDrift(directory, source)))
      problems.push(...drift.flat())
    }
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
