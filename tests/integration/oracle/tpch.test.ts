/** The 22 TPC-H queries over three splits: rows as PostgreSQL's, plans without the local PostgreSQL. */
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import { TPCH_SPLITS, tpchQueries, wrongWith } from '../../tpch/splits.js'
import { tpchTables } from '../../tpch/tables.js'
import { spilledBy } from '../../world/explain.js'
import { startServers, startWorld, type Servers, type World } from '../../world/world.js'

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
      let spilled = 0
      for (const { name, sql } of tpchQueries()) {
        expect(await wrongWith(world, sql), name).toBeUndefined()
        spilled += await spilledBy(world.tributary, sql)
      }
      expect(spilled).toBeGreaterThan(0)
      const left = (await readdir(tmpdir())).filter((file) =>
        file.startsWith(`tributary-spill-${world.process.pid}-`),
      )
      expect(left).toEqual([])
    }, 120_000)
  })
})
