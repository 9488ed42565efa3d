/** Writes the catalog of a world: its sources, and the tables with what is known about them. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { WorldTable } from './table.js'

/** A table as the catalog describes it. */
export type CatalogTable = Omit<WorldTable, 'rows'> & {
  readonly stats: {
    readonly rows: number
    readonly columns: Readonly<Record<string, { readonly distinct: number }>>
  }
}

export interface WorldSource {
  readonly name: string
  readonly connector: string
  readonly connection: Readonly<Record<string, unknown>>
  readonly tables: readonly CatalogTable[]
  from(table: string): string
}

/** Writes the catalog's files and names the sources that have tables. */
export async function writeCatalog(
  directory: string,
  sources: readonly WorldSource[],
): Promise<string[]> {
  await mkdir(join(directory, 'sources'), { recursive: true })
  const used = sources.filter((source) => source.tables.length > 0)
  const header = {
    version: 1,
    kind: 'catalog',
    name: 'world',
    search_path: used.map((s) => s.name),
  }
  await writeFile(join(directory, 'catalog.yaml'), JSON.stringify(header, null, 1))
  for (const source of used) {
    const tables = source.tables.map((table) => ({
      name: table.name,
      from: source.from(table.name),
      columns: table.columns.map(({ name, type }) => {
        // An enum's type is known to the lock alone.
        const isEnum = table.enums?.[type.replace('[]', '')] !== undefined
        return { name, from: name, ...(isEnum ? {} : { type }) }
      }),
      ...(table.primaryKey === undefined ? {} : { primary_key: table.primaryKey, rely: true }),
      stats: table.stats,
    }))
    const { name, connector, connection } = source
    const file = { version: 1, kind: 'source', name, connector, connection, tables }
    // JSON is YAML.
    await writeFile(join(directory, 'sources', `${name}.yaml`), JSON.stringify(file, null, 1))
  }
  return used.map((source) => source.name)
}
