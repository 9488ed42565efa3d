/** Finds the files of a catalog directory and reads them. */
import { existsSync, readdirSync, readFileSync, statSync } from 'node:fs'
import { join, relative } from 'node:path'

export interface CatalogText {
  /** As shown to users: the catalog directory as given, then the path inside it. */
  readonly file: string
  /** Path inside the catalog directory, with forward slashes. */
  readonly path: string
  readonly text: string
}

/** Reads every YAML and SQL file below the directory, in a stable order. Hidden folders are left out. */
export function readCatalogFiles(directory: string): CatalogText[] {
  const found: CatalogText[] = []
  const visit = (folder: string): void => {
    for (const entry of readdirSync(folder).sort()) {
      if (entry.startsWith('.')) continue
      const full = join(folder, entry)
      if (statSync(full).isDirectory()) visit(full)
      else if (/\.(ya?ml|sql)$/.test(entry)) {
        const path = relative(directory, full).replaceAll('\\', '/')
        found.push({ file: join(directory, path), path, text: readFileSync(full, 'utf8') })
      }
    }
  }
  if (existsSync(directory)) visit(directory)
  return found
}
