/** `npm run test:tpch`: runs the 22 queries in each split, prints how many are right and how long each took. */
import { startServers, startWorld } from '../world/world.js'
import { TPCH_SPLITS, tpchQueries, wrongWith } from './splits.js'
import { tpchTables } from './tables.js'

const scale = Number(process.argv[2] ?? '0.01')
const verbose = process.argv.includes('--times')
const tables = tpchTables(scale)
const servers = await startServers(true)
let isWrong = false
for (const [name, split] of Object.entries(TPCH_SPLITS)) {
  const world = await startWorld(tables, split, servers)
  const queries = tpchQueries()
  let right = 0
  for (const query of queries) {
    const start = performance.now()
    const problem = await wrongWith(world, query.sql)
    const time = Math.round(performance.now() - start)
    if (problem === undefined) right++
    else console.log(`${name}: ${query.name}: ${problem}`)
    if (verbose) console.log(`${name}: ${query.name}: ${time} ms with PostgreSQL's own run`)
  }
  await world.stop()
  if (right < queries.length) isWrong = true
  console.log(`${name}: ${right}/${queries.length}`)
}
await servers.stop()
process.exit(isWrong ? 1 : 0)
