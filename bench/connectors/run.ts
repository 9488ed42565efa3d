/**
 * `npm run bench:connectors`: how fast the connectors read into column batches on one thread, each against other ways to get the
 * same rows, in turn. `ratio` is the connector's rate over the other's, on the clock and in processor time of the reading process;
 * server and reader share the machine.
 *   --only TEXT    only the connectors whose name contains it
 *   --runs N       counted runs of each way (default 5)
 *   --rows N       rows (default 300000)
 */
import { parseArgs } from 'node:util'
import { measureMysql, measurePostgres, measureSplitPostgres } from './databases.js'
import { measureMongodb } from './mongodb.js'
import type { ConnectorRate } from './rate.js'
import { measureBigQuery, measureSnowflake } from './warehouses.js'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    runs: { type: 'string', default: '5' },
    rows: { type: 'string', default: '300000' },
  },
})
const runs = Number(flags.runs)
const rows = Number(flags.rows)
if (!(rows >= 1) || !(runs >= 1)) throw new Error('--rows and --runs must be positive numbers')

const MEASUREMENTS: Readonly<
  Record<string, (rows: number, runs: number) => Promise<ConnectorRate | undefined>>
> = {
  postgres: measurePostgres,
  // Smaller tables are read whole.
  'postgres-split': (rows, runs) => measureSplitPostgres(Math.max(rows, 1_000_000), runs),
  mysql: measureMysql,
  mongodb: measureMongodb,
  bigquery: measureBigQuery,
  snowflake: measureSnowflake,
}

let isMissed = false
for (const [kind, measure] of Object.entries(MEASUREMENTS)) {
  if (!kind.includes(flags.only)) continue
  const measured = await measure(rows, runs)
  if (measured === undefined) {
    console.log(`${kind}: skipped, its server or its client is not installed`)
    continue
  }
  const { name, rate, cpuMicroseconds, comparisons } = measured
  console.log(`${name}: ${thousands(rate)}, ${cpuMicroseconds.toFixed(2)} us of processor a row`)
  for (const { against, rate: other, ratio, cpuRatio, target } of comparisons) {
    const isMet = target === undefined || ratio >= target
    isMissed ||= !isMet
    const cpu = cpuRatio === undefined ? '' : `, by processor time ${cpuRatio.toFixed(2)} x`
    const goal = target === undefined ? '' : ` (target ${target} x${isMet ? '' : ', missed'})`
    console.log(`  ${ratio.toFixed(2)} x ${against}, ${thousands(other)}${cpu}${goal}`)
  }
}
process.exitCode = isMissed ? 1 : 0

function thousands(rows: number): string {
  return `${Math.round(rows / 1000)} k rows/s`
}
