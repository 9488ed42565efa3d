/** The connector for CSV, JSON and Parquet files. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Connector } from '../connector.js'
import { openLazily } from '../open-lazily.js'
import { CAPABILITIES } from './capabilities.js'
import { filesPushdown } from './pushdown.js'

const KEYS = new Set(['root', 'memory_limit'])

/** Serves sources with `connector: files`. */
export const connector: Connector = {
  kind: 'files',
  capabilities: CAPABILITIES,
  validate: problems,
  pushdown: filesPushdown,
  open: (source) =>
    openLazily(async () => {
      const { FilesSource } = await import('./open-source.js')
      return new FilesSource(source)
    }),
}

function problems(
  source: SourceDefinition,
): readonly { readonly key: string; readonly message: string }[] {
  const { connection } = source
  const found: { key: string; message: string }[] = []
  for (const key of Object.keys(connection)) {
    if (!KEYS.has(key)) found.push({ key, message: 'Unknown key; known are root, memory_limit' })
  }
  if (typeof connection.root !== 'string' || connection.root === '') {
    found.push({ key: 'root', message: 'Expected the directory of the files' })
  }
  const memory = connection.memory_limit
  if (memory !== undefined && !/^\d+ ?(MB|GB|MiB|GiB)$/.test(String(memory))) {
    found.push({ key: 'memory_limit', message: 'Expected a size such as 256MB' })
  }
  return found
}
