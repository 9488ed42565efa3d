/** Opens a catalog for a command: loads the files, starts the compiler over them, and gathers every problem. */
import type { Catalog } from '../catalog/catalog.js'
import { loadCatalog, type LoadedCatalog } from '../catalog/load-catalog.js'
import { hasErrors, sortProblems, type Problem } from '../catalog/problem.js'
import { YamlFile, type YamlPath } from '../catalog/yaml-file.js'
import { connectorOf } from '../connectors/registry.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { CompileOptions } from '../session/compiler/compiled-statement.js'
import type { CompilerProblem } from '../session/compiler/compiler-protocol.js'
import { DEFAULT_VALUE_SETTINGS } from '../session/settings/value-settings.js'

/** The directory a command works on. */
export function catalogDirectory(flag: string | undefined): string {
  return flag ?? 'catalog'
}

export type CheckedFiles = LoadedCatalog

/** Loads the files and lets each connector look at its sources. Contacts no source. */
export async function checkFiles(directory: string): Promise<CheckedFiles> {
  const loaded = loadCatalog(directory)
  const problems: Problem[] = [...loaded.problems]
  for (const source of loaded.catalog.sources) {
    if (loaded.unknown.connectionsOf.has(source.name)) continue
    const file = loaded.sourceFiles.get(source.name)!
    try {
      const connector = await connectorOf(source.connector)
      for (const { key, message } of connector.validate(source)) {
        problems.push({
          ...placeOf(file, loaded.texts, ['connection', ...key.split('.')], 'key'),
          ...{ severity: 'error', code: 'E3005', message },
        })
      }
    } catch (error) {
      if (!(error instanceof EngineError)) throw error
      problems.push({
        ...placeOf(file, loaded.texts, ['connector'], 'value'),
        ...{ severity: 'error', code: 'E3001', message: error.message },
        ...(error.hint === undefined ? {} : { hint: error.hint }),
      })
    }
  }
  return { ...loaded, problems: sortProblems(problems) }
}

/** Places what PostgreSQL said of views and tables in their files; what follows from broken files alone is left out. */
export function problemsOfCompiler(
  problems: readonly CompilerProblem[],
  checked: CheckedFiles,
): Problem[] {
  return withoutConsequences(problems, checked).map(({ view, table, error }) => {
    const definition = checked.catalog.views.find((v) => `${v.schema}.${v.name}` === view)
    const source = table?.split('.')[0] ?? ''
    const file = definition?.file ?? checked.sourceFiles.get(source) ?? `sources/${source}.yaml`
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

/**
 * Leaves out what PostgreSQL said only because other files are broken: of tables that are not known, and of views that may read
 * them or each other's. A view's syntax is wrong whatever it reads.
 */
function withoutConsequences(
  problems: readonly CompilerProblem[],
  { catalog, unknown }: CheckedFiles,
): CompilerProblem[] {
  const isUnknown = (schema: string): boolean => unknown.tablesOf.has(schema)
  const namesAreUnknown = unknown.names || catalog.searchPath.some(isUnknown)
  if (unknown.tablesOf.size === 0 && !namesAreUnknown) return [...problems]
  const schemas = [...unknown.tablesOf]
  const failed = problems.flatMap(({ view }) => (view === undefined ? [] : [view.split('.')[0]!]))
  return problems.filter(({ view, table, error }) => {
    if (view === undefined) return !isUnknown(table?.split('.')[0] ?? '')
    if (error.code === SQLSTATE.syntaxError) return true
    const { sql = '' } = catalog.views.find((v) => `${v.schema}.${v.name}` === view) ?? {}
    const mentions = (schema: string): boolean =>
      new RegExp(`\\b${literally(schema)}\\b`, 'i').test(sql)
    return !namesAreUnknown && ![...schemas, ...failed].some(mentions)
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

/** A pattern that matches a text as it is: the name of a broken file may be any. */
function literally(text: string): string {
  return text.replaceAll(/[^\w]/g, '\\$&')
}

/** Where the key or its value stands; the nearest enclosing piece where it is missing. */
function placeOf(
  file: string,
  texts: ReadonlyMap<string, string>,
  path: YamlPath,
  at: 'key' | 'value',
): { file: string; line: number; column: number } {
  return { file, ...new YamlFile(file, texts.get(file) ?? '').place(path, at) }
}

function placeOfCharacter(text: string, offset: number): { line: number; column: number } {
  // Positions count characters, not UTF-16 units.
  const before = [...text].slice(0, offset).join('').split('\n')
  return { line: before.length, column: [...(before.at(-1) ?? '')].length + 1 }
}
