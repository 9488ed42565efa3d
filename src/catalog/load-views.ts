/** Reads `views/<schema>/<view>.sql` and the `.yaml` beside it. */
import type { ViewDefinition } from './catalog.js'
import type { CatalogText } from './catalog-files.js'
import { checkFileSchema } from './file-schemas.js'
import type { Problem } from './problem.js'
import type { YamlFile } from './yaml-file.js'

interface ViewData {
  readonly name: string
  readonly description?: string
  readonly contract?: 'enforced' | 'informational'
  readonly columns?: readonly { name: string; type?: string; description?: string }[]
}

const VIEW_FILE = /^views\/([a-z_][a-z0-9_]*)\/([a-z_][a-z0-9_]*)\.sql$/

function isViewFile(path: string): boolean {
  return path.startsWith('views/') && path.endsWith('.sql')
}

/** Tells whether every view's file has the name of a view, so that none is missing. */
export function viewsAreNamed(texts: readonly CatalogText[]): boolean {
  return texts.every(({ path }) => !isViewFile(path) || VIEW_FILE.test(path))
}

/** Returns the views in file order; problems of the SQL's own content are found later, by the analyzer. */
export function loadViews(
  texts: readonly CatalogText[],
  yamlOf: (path: string) => YamlFile | undefined,
  problems: Problem[],
): ViewDefinition[] {
  const views: ViewDefinition[] = []
  for (const { file, path, text } of texts) {
    if (!isViewFile(path)) continue
    const match = VIEW_FILE.exec(path)
    if (match === null) {
      problems.push({
        ...{ file, line: 1, column: 1, severity: 'error', code: 'E1006' },
        message: `A view's file is views/<schema>/<view>.sql, names in lower case: ${path}`,
      })
      continue
    }
    const [, schema, name] = match as unknown as [string, string, string]
    const yaml = yamlOf(path.replace(/\.sql$/, '.yaml'))
    const data =
      yaml !== undefined && checkFileSchema(yaml, 'view') ? (yaml.data as ViewData) : undefined
    if (data !== undefined && data.name !== `${schema}.${name}`) {
      yaml?.report(['name'], 'E3001', `This file describes "${schema}.${name}", not "${data.name}"`)
    }
    views.push({
      schema,
      name,
      sql: text.trim().replace(/;\s*$/, ''),
      file,
      ...(data?.description === undefined ? {} : { description: data.description }),
      columns: data?.columns ?? [],
      contractEnforced: data?.contract === 'enforced',
    })
  }
  return views
}
