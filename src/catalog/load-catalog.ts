/** Loads a catalog directory: files -> checked, merged Catalog, with every problem at its place. */
import { knowEnumTypes } from '../types/enum-types.js'
import { enumTypesOf } from './catalog-types.js'
import { createHash } from 'node:crypto'
import { basename } from 'node:path'
import type { Catalog, SourceDefinition } from './catalog.js'
import { readCatalogFiles } from './catalog-files.js'
import { didYouMean } from './did-you-mean.js'
import { milliseconds } from './duration.js'
import { checkFileSchema } from './file-schemas.js'
import { loadPrincipals, OPEN_PRINCIPALS } from './load-principals.js'
import { loadSource } from './load-source.js'
import { loadViews, viewsAreNamed } from './load-views.js'
import { sortProblems, type Problem } from './problem.js'
import { YamlFile } from './yaml-file.js'

export interface LoadedCatalog {
  /** Complete only when `problems` has no error. */
  readonly catalog: Catalog
  readonly problems: readonly Problem[]
  /** Texts by file name as problems name it. */
  readonly texts: ReadonlyMap<string, string>
  /** The file, named so, of each source in the catalog. */
  readonly sourceFiles: ReadonlyMap<string, string>
  /** What is wrong with the files leaves these unknown; whatever else there is to say of them may follow from that. */
  readonly unknown: UnknownParts
}

/** Parts of a catalog whose files cannot be read as they were meant. */
export interface UnknownParts {
  /** Sources some of whose tables or columns are not known. */
  readonly tablesOf: ReadonlySet<string>
  /** Sources whose connection cannot be judged. */
  readonly connectionsOf: ReadonlySet<string>
  /** The schemas that unqualified names are searched in, or views that others may read. */
  readonly names: boolean
}

interface CatalogFileData {
  readonly name: string
  readonly database?: string
  readonly search_path?: readonly string[]
  readonly timezone?: string
  readonly defaults?: { readonly statement_timeout?: string }
}

/** Reads and checks everything below `directory`. Contacts no source; never throws for what the files say. */
export function loadCatalog(
  directory: string,
  environment: Readonly<Record<string, string | undefined>> = process.env,
): LoadedCatalog {
  const texts = readCatalogFiles(directory)
  const problems: Problem[] = []
  const yamlFiles = new Map<string, YamlFile>()
  for (const { file, path, text } of texts) {
    if (/\.ya?ml$/.test(path)) yamlFiles.set(path, new YamlFile(file, text))
  }
  const root = yamlFiles.get('catalog.yaml')
  if (root === undefined) {
    problems.push({
      ...{ file: `${directory}/catalog.yaml`, line: 1, column: 1, severity: 'error' },
      ...{ code: 'E1000', message: `No catalog.yaml in ${directory}` },
      hint: 'give the catalog directory with --catalog DIR',
    })
  }
  const header =
    root && checkFileSchema(root, 'catalog') ? (root.data as CatalogFileData) : undefined
  const { sources, sourceFiles, unknown } = loadSources(yamlFiles, environment)
  knowEnumTypes(enumTypesOf({ sources }))
  const views = loadViews(texts, (path) => yamlFiles.get(path), problems)
  const principalsFile = yamlFiles.get('access/principals.yaml')
  const principals =
    principalsFile === undefined ? OPEN_PRINCIPALS : loadPrincipals(principalsFile, environment)
  refuseWhatIsNotEnforced(yamlFiles)
  const schemas = new Set<string>(['public'])
  for (const source of sources) schemas.add(source.name)
  for (const view of views) schemas.add(view.schema)
  // A source whose file is broken is still meant to be there.
  for (const path of yamlFiles.keys())
    schemas.add(/^sources\/(\w+)\.yaml$/.exec(path)?.[1] ?? 'public')
  header?.search_path?.forEach((schema, i) => {
    if (schemas.has(schema)) return
    const hint = didYouMean(schema, schemas)
    root?.report(['search_path', i], 'E3001', `No source or view schema is named "${schema}"`, {
      hint,
    })
  })
  for (const file of yamlFiles.values()) problems.push(...file.problems)
  const hash = createHash('sha256')
  for (const { path, text } of texts) hash.update(path).update('\0').update(text).update('\0')
  return {
    catalog: {
      name: header?.name ?? 'tributary',
      database: header?.database ?? header?.name ?? 'tributary',
      searchPath: header?.search_path ?? ['public'],
      timezone: header?.timezone ?? 'UTC',
      version: hash.digest('hex').slice(0, 16),
      statementTimeout: milliseconds(header?.defaults?.statement_timeout ?? ''),
      sources,
      views,
      principals,
    },
    problems: sortProblems(problems),
    texts: new Map(texts.map(({ file, text }) => [file, text])),
    sourceFiles,
    unknown: { ...unknown, names: header === undefined || !viewsAreNamed(texts) },
  }
}

function loadSources(
  yamlFiles: ReadonlyMap<string, YamlFile>,
  environment: Readonly<Record<string, string | undefined>>,
): Pick<LoadedCatalog, 'sourceFiles'> & {
  readonly sources: readonly SourceDefinition[]
  readonly unknown: Omit<UnknownParts, 'names'>
} {
  const sources: SourceDefinition[] = []
  const unknown = { tablesOf: new Set<string>(), connectionsOf: new Set<string>() }
  const places = new Map<string, YamlFile>()
  for (const [path, file] of yamlFiles) {
    if (!path.startsWith('sources/') || path.endsWith('.lock.yaml')) continue
    const loaded = loadSource(
      file,
      yamlFiles.get(path.replace(/\.yaml$/, '.lock.yaml')),
      environment,
    )
    if (!loaded?.tablesAreSound) {
      unknown.tablesOf.add(basename(path, '.yaml'))
      if (loaded !== undefined) unknown.tablesOf.add(loaded.source.name)
    }
    if (loaded === undefined) continue
    const { source } = loaded
    if (!loaded.connectionIsSound) unknown.connectionsOf.add(source.name)
    if (source.name === 'tributary') {
      file.report(['name'], 'E3004', 'The name "tributary" is taken by the system tables')
      continue
    }
    if (places.has(source.name)) {
      file.report(['name'], 'E3004', `Source "${source.name}" is defined twice`)
      continue
    }
    places.set(source.name, file)
    sources.push(source)
  }
  checkForeignKeys(sources, places, unknown.tablesOf)
  const sourceFiles = new Map([...places].map(([name, { file }]) => [name, file]))
  return { sources, sourceFiles, unknown }
}

function checkForeignKeys(
  sources: readonly SourceDefinition[],
  places: ReadonlyMap<string, YamlFile>,
  unknown: ReadonlySet<string>,
): void {
  const tables = new Map<string, SourceDefinition['tables'][number]>(
    sources.flatMap((source) => source.tables.map((t) => [`${source.name}.${t.name}`, t] as const)),
  )
  for (const source of sources) {
    source.tables.forEach((table, tableIndex) => {
      table.foreignKeys.forEach((key, keyIndex) => {
        const path = ['tables', tableIndex, 'foreign_keys', keyIndex]
        const report = (
          end: (string | number)[],
          message: string,
          names: Iterable<string>,
          name: string,
        ): void =>
          places.get(source.name)?.report([...path, ...end], 'E3001', message, {
            hint: didYouMean(name, names),
          })
        const own = table.columns.map((c) => c.name)
        if (own.length === 0) return // said already
        const isKnown = !unknown.has(source.name)
        key.columns.forEach((name, i) => {
          if (isKnown && !own.includes(name))
            report(
              ['columns', i],
              `Table ${source.name}.${table.name} has no column "${name}"`,
              own,
              name,
            )
        })
        if (unknown.has(key.references.split('.')[0] ?? '')) return
        const target = tables.get(key.references)
        if (target === undefined) {
          report(
            ['references'],
            `No table is named "${key.references}"`,
            tables.keys(),
            key.references,
          )
          return
        }
        const theirs = target.columns.map((c) => c.name)
        if (theirs.length === 0) return
        key.to.forEach((name, i) => {
          if (!theirs.includes(name))
            report(['to', i], `Table ${key.references} has no column "${name}"`, theirs, name)
        })
      })
    })
  }
}

/** A policy that would not be enforced must not be served around: refuse such files until the engine obeys them. */
function refuseWhatIsNotEnforced(yamlFiles: ReadonlyMap<string, YamlFile>): void {
  for (const [path, file] of yamlFiles) {
    if (/^access\//.test(path) && path !== 'access/principals.yaml') {
      file.report([], 'E4001', 'Access policies are not enforced by this version of Tributary', {
        hint: 'take the file out of the catalog, or do not serve this catalog yet',
      })
    } else if (/^identity\//.test(path)) {
      file.report([], 'E5001', 'Identity views are not built by this version of Tributary')
    } else if (/^quality\//.test(path)) {
      file.report([], 'W6001', 'Quality checks are not run by this version of Tributary', {
        severity: 'warning',
      })
    }
  }
}
