/** The connector for CSV, JSON and Parquet files. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import type { Batch } from '../../executor/batch.js'
import type { Connector, OpenSource } from '../connector.js'
import { filesPushdown } from './pushdown.js'

const KEYS = new Set(['root', 'memory_limit'])

/** Serves sources with `connector: files`. */
export const connector: Connector = {
  kind: 'files',
  validate: problems,
  pushdown: filesPushdown,
  open: lazily,
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

/** Loads DuckDB when the source is first used: a catalog whose files nobody reads costs nothing. */
function lazily(source: SourceDefinition): OpenSource {
  let opened: Promise<OpenSource> | undefined
  const open = (): Promise<OpenSource> =>
    (opened ??= import('./open-source.js').then(({ FilesSource }) => new FilesSource(source)))
  return {
    async *scan(statement, values, options): AsyncGenerator<Batch, void, undefined> {
      yield* (await open()).scan(statement, values, options)
    },
    discover: async (options) => (await open()).discover(options),
    ping: async (signal) => (await open()).ping(signal),
    close: async () => {
      if (opened) await (await opened).close()
    },
  }
}
