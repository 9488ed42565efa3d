/** Opens a catalog for a command: loads the files, starts the compiler over them, and gathers every problem. */
import type { Catalog } from '../catalog/catalog.js'
import { loadCatalog } from '../catalog/load-catalog.js'
import { hasErrors, sortProblems, type Problem } from '../catalog/problem.js'
import { connectorOf } from '../connectors/registry.js'
import { EngineError } from '../errors.js'
import type { CompileOptions } from '../session/compiled-statement.js'
import type { CompilerProblem } from '../session/compiler-protocol.js'
import { DEFAULT_VALUE_SETTINGS } from '../session/settings.js'

/** The directory a command works on. */
export function catalogDirectory(flag: string | undefined): string {
  return flag ?? 'catalog'
}

export interface CheckedFiles {
  readonly catalog: Catalog
  readonly problems: readonly Problem[]
  readonly texts: ReadonlyMap<string, string>
}

/** Loads the files and lets each connector look at its sources. Contacts no source. */
export async function checkFiles(directory: string): Promise<CheckedFiles> {
  const loaded = loadCatalog(directory)
  const problems: Problem[] = [...loaded.problems]
  for (const source of loaded.catalog.sources) {
    const file = sourceFileOf(loaded.texts, source.name)
    try {
      const connector = await connectorOf(source.connector)
      for (const { key, message } of connector.validate(source)) {
        problems.push({
          ...placeOfKey(file, loaded.texts, key),
          ...{ severity: 'error', code: 'E3005', message },
        })
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      problems.push({
        ...placeOfKey(file, loaded.texts, 'connector'),
        ...{ severity: 'error', code: 'E3001', message: error.message },
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  }
  return { ...loaded, problems: sortProblems(problems) }
}

/** Places what PostgreSQL said of views and tables in their files. */
export function problemsOfCompiler(
  problems: readonly CompilerProblem[],
  checked: CheckedFiles,
): Problem[] {
  return problems.map(({ view, table, error }) => {
    const definition = checked.catalog.views.find((v) => `${v.schema}.${v.name}` === view)
    const source = table?.split('.')[0] ?? ''
    const file = definition?.file ?? sourceFileOf(checked.texts, source)
    const text = checked.texts.get(file) ?? ''
    const place =
      definition !== undefined && error.position !== undefined
        ? placeOfCharacter(text, text.length - text.trimStart().length + error.position - 1)
        : { line: 1, column: 1 }
    const subject = view === undefined && table !== undefined ? `Table ${table}: ` : ''
    const hint = error.hint ?? error.detail
    return {
      file,
      ...place,
      severity: 'error',
      code: definition === undefined ? 'E3006' : 'E2001',
      message: `${subject}${error.message} (${error.code})`,
      ...(hint === undefined ? {} : { hint }),
    }
  })
}

/** What a command-line statement is compiled under. */
export function commandLineOptions(catalog: Catalog, user: string): CompileOptions {
  return {
    user,
    role: user,
    searchPath: catalog.searchPath,
    values: { ...DEFAULT_VALUE_SETTINGS, timeZone: catalog.timezone },
    planner: {},
    settings: {},
  }
}

/** Ends a command whose catalog has errors: everything is said at once. */
export function refusal(directory: string, problems: readonly Problem[]): string | undefined {
  if (!hasErrors(problems)) return undefined
  const count = problems.filter((p) => p.severity === 'error').length
  return `${count} error${count === 1 ? '' : 's'} in catalog ${directory}`
}

function sourceFileOf(texts: ReadonlyMap<string, string>, source: string): string {
  const named = [...texts].find(
    ([file, text]) =>
      /sources[/\\][^/\\]+\.yaml$/.test(file) &&
      !file.endsWith('.lock.yaml') &&
      new RegExp(`^name:\\s*["']?${source}["']?\\s*(#.*)?$`, 'm').test(text),
  )
  return named?.[0] ?? `sources/${source}.yaml`
}

function placeOfKey(
  file: string,
  texts: ReadonlyMap<string, string>,
  key: string,
): { file: string; line: number; column: number } {
  const lines = (texts.get(file) ?? '').split('\n')
  const last = key.split('.').at(-1) ?? key
  const pattern = new RegExp(`(^|[\\s{,])${last.replaceAll(/[^\w]/g, '\\$&')}\\s*:`)
  const index = lines.findIndex((line) => pattern.test(line))
  const line = lines[index]
  return { file, line: Math.max(index, 0) + 1, column: (line?.indexOf(last) ?? 0) + 1 }
}

function placeOfCharacter(text: string, offset: number): { line: number; column: number } {
  // Positions count characters, not UTF-16 units.
  const before = [...text].slice(0, offset).join('').split('\n')
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 }
}
