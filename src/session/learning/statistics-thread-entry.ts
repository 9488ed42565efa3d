/** Entry of a thread that reads one source's statistics and ends: neither sessions nor statements wait for it. */
import { parentPort, workerData } from 'node:worker_threads'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { liveStatisticsOf } from '../../catalog/live-statistics.js'
import { connectorOf } from '../../connectors/registry.js'

const { source, milliseconds } = workerData as {
  readonly source: SourceDefinition
  readonly milliseconds: number
}
const open = (await connectorOf(source.connector)).open(source)
try {
  const discovered = await open.discover({
    // No remote name is this: only what the catalog has.
    include: ['-'],
    exclude: [],
    distributions: true,
    declared: source.tables.filter((table) => table.query === undefined),
    signal: AbortSignal.timeout(milliseconds),
  })
  parentPort?.postMessage(liveStatisticsOf(source, discovered))
} finally {
  await open.close()
}
