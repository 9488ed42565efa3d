/** The 22 TPC-H queries over three splits: rows as PostgreSQL's, plans without the local PostgreSQL. */
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import { TPCH_SPLITS, tpchQueries, wrongWith } from '../../tpch/splits.js'
import { tpchTables } from '../../tpch/tables.js'
import { spilledBy } from '../../world/explain.js'
import { startServers, startWorld, type Servers, type World } from '../../world/world.js'

/** Holds a group a line item. */
const MANY_GROUPS =
  'SELECT l_orderkey, l_linenumber, min(l_comment) FROM lineitem GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 9'

describe.skipIf(!mariadbInstalled())('TPC-H (needs MariaDB)', () => {
  const tables = tpchTables(0.01)
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(true)
  })
  afterAll(() => servers.stop())

  describe.each(Object.entries(TPCH_SPLITS))('split: %s', (_name, split) => {
    let world: World
    beforeAll(async () => {
      world = await startWorld(tables, split, servers)
    })
    afterAll(() => world.stop())

    test.each(tpchQueries())('$name', async ({ sql }) => {
      expect(await wrongWith(world, sql)).toBeUndefined()
    })

    test('all of them in the least memory there is, on disk', async () => {
      await world.tributary.query("SET tributary.memory_limit = '1MB'")
      for (const { name, sql } of tpchQueries()) {
        expect(await wrongWith(world, sql), name).toBeUndefined()
      }
      // With all the work here there is more than fits.
      await world.tributary.query('SET tributary.pushdown = off')
      expect(await wrongWith(world, MANY_GROUPS)).toBeUndefined()
      expect(await spilledBy(world.tributary, MANY_GROUPS)).toBeGreaterThan(0)
      const left = (await readdir(tmpdir())).filter((file) =>
        file.startsWith(`tributary-spill-${world.process.pid}-`),
      )
      expect(left).toEqual([])
    }, 120_000)
  })
})
