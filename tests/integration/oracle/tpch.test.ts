/** The 22 TPC-H queries over three splits: rows as PostgreSQL's, plans without the local PostgreSQL. */
import { readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import { TPCH_SPLITS, tpchQueries, wrongWith } from '../../tpch/splits.js'
import { tpchTables } from '../../tpch/tables.js'
import { answerOf, differenceOf } from '../../world/compare.js'
import { spilledBy } from '../../world/explain.js'
import { startServers, startWorld, type Servers, type World } from '../../world/world.js'

/** Holds a group a line item. */
const MANY_GROUPS =
  'SELECT l_orderkey, l_linenumber, min(l_comment) FROM lineitem GROUP BY 1, 2 ORDER BY 1, 2 LIMIT 9'

/** Statements over line items that hold more than the least memory there is, each in its own way. */
const LARGE: Readonly<Record<string, string>> = {
  'an answer of the local PostgreSQL': `SELECT l_orderkey, l_linenumber, to_tsvector('simple', l_comment)::text
    FROM lineitem ORDER BY 1, 2`,
  'what a recursive UNION has seen': `WITH RECURSIVE r(k, part) AS (
      SELECT l_orderkey, l_partkey FROM lineitem WHERE l_linenumber = 1
      UNION SELECT k - 1, part % 50 FROM r WHERE k % 4 > 0)
    SELECT count(*), sum(k), sum(part) FROM r`,
  'one window partition': `SELECT l_orderkey, l_linenumber, row_number() OVER w, sum(l_quantity) OVER w,
      lag(l_comment, 3) OVER w, rank() OVER (ORDER BY l_shipdate),
      count(*) OVER (ORDER BY l_shipdate ROWS BETWEEN CURRENT ROW AND UNBOUNDED FOLLOWING) > 0
    FROM lineitem WINDOW w AS (ORDER BY l_orderkey, l_linenumber) ORDER BY 1, 2`,
  'large groups of ordered-set aggregates': `SELECT l_returnflag,
      percentile_cont(0.35) WITHIN GROUP (ORDER BY l_extendedprice::float8),
      percentile_disc(0.9) WITHIN GROUP (ORDER BY l_comment COLLATE "C"),
      mode() WITHIN GROUP (ORDER BY l_shipdate)
    FROM lineitem GROUP BY 1 ORDER BY 1`,
}

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

    // One split is enough for the work that is all done here.
    test.each(split['lineitem'] === 'fs' ? Object.entries(LARGE) : [])(
      'on disk: %s',
      async (_what, sql) => {
        await world.tributary.query("SET tributary.memory_limit = '1MB'")
        await world.tributary.query('SET tributary.pushdown = off')
        const expected = await answerOf(world.oracle, sql)
        expect(
          differenceOf(expected, await answerOf(world.tributary, sql), { ordered: true }),
        ).toBeUndefined()
        expect(await spilledBy(world.tributary, sql)).toBeGreaterThan(500_000)
      },
      120_000,
    )
  })
})
