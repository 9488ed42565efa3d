/** `tributary serve`: the catalog as a PostgreSQL server, until a signal ends it. */
import { renderProblems } from '../catalog/problem.js'
import { milliseconds } from '../catalog/duration.js'
import { numberOf, readArguments, UsageError } from './usage.js'
import { catalogDirectory } from './open-catalog.js'
import { startServer } from './start-server.js'

/** Resolves when the server has stopped. */
export async function serve(argv: string[]): Promise<number> {
  const args = readArguments(argv, [
    'catalog',
    'host',
    'port',
    'statement-threads',
    'statistics-refresh',
  ])
  const server = await startServer({
    directory: catalogDirectory(args.text('catalog')),
    host: args.text('host') ?? '127.0.0.1',
    port: numberOf(args, 'port', 5433, 65_535),
    statementThreads: numberOf(args, 'statement-threads', 4, 64),
    statisticsRefresh: refreshOf(args.text('statistics-refresh') ?? '10m'),
    log: (line) => console.error(line),
  })
  if ('refusal' in server) {
    console.error(renderProblems(server.problems, server.texts))
    console.error(`tributary: ${server.refusal}: not serving`)
    return 1
  }
  const warnings = renderProblems(server.problems, server.texts)
  if (warnings !== '') console.error(warnings)
  console.log(`tributary: serving database ${server.database} on ${server.host}:${server.port}`)
  console.log(`  psql -h ${server.host} -p ${server.port} -d ${server.database}`)
  await new Promise<void>((resolve) => {
    process.once('SIGINT', resolve)
    process.once('SIGTERM', resolve)
  })
  await server.close()
  return 0
}

/** `off`, or a duration such as `10m`. */
function refreshOf(text: string): number {
  if (text === 'off') return 0
  const duration = milliseconds(text)
  if (duration === 0) throw new UsageError(`--statistics-refresh is off or a duration: ${text}`)
  return duration
}
