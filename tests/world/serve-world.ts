/** Serves a world of the basic tables until it is interrupted, for looking into a difference by hand: `serve-world.ts SPLIT`. */
import { BASIC_SPLITS, BASIC_TABLES } from './basic-tables.js'
import { startServers, startWorld } from './world.js'

const name = process.argv[2] ?? 'three sources'
const split = BASIC_SPLITS[name]
if (split === undefined)
  throw new Error(`No split is named ${name}: ${Object.keys(BASIC_SPLITS).join(', ')}`)
const servers = await startServers(true)
const world = await startWorld(BASIC_TABLES, split, servers)
const oracle = `${world.oracle.host}:${world.oracle.port}/${world.oracle.database ?? ''}`
console.log(
  `tributary 127.0.0.1:${world.process.port}, oracle ${oracle}, catalog ${world.catalogDirectory}`,
)
await new Promise<void>((resolve) => {
  process.once('SIGTERM', resolve)
  process.once('SIGINT', resolve)
})
await world.stop()
await servers.stop()
