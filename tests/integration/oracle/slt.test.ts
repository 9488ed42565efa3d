/** Every statement of tests/slt/*.slt, in every split: Tributary answers what one PostgreSQL with the same data answers. */
import { readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import { mariadbInstalled } from '../../servers/mariadb.js'
import { readSlt } from '../../slt/read-slt.js'
import { BASIC_SPLITS, BASIC_TABLES } from '../../world/basic-tables.js'
import { ENUM_TABLE } from '../../world/enum-table.js'
import { answerOf, differenceOf } from '../../world/compare.js'
import { startServers, startWorld, type Servers, type World } from '../../world/world.js'

const directory = join(dirname(fileURLToPath(import.meta.url)), '..', '..', 'slt')
const files = readdirSync(directory).filter((name) => name.endsWith('.slt'))

describe.skipIf(!mariadbInstalled())('statements (needs MariaDB)', () => {
  let servers: Servers
  beforeAll(async () => {
    servers = await startServers(true)
  })
  afterAll(() => servers.stop())

  describe.each(Object.entries(BASIC_SPLITS))('split: %s', (_name, split) => {
    let world: World
    beforeAll(async () => {
      world = await startWorld([...BASIC_TABLES, ENUM_TABLE], { ...split, graded: 'pg' }, servers)
    })
    afterAll(() => world.stop())

    describe.each(files)('%s', (file) => {
      const statements = readSlt(join(directory, file))
      test.each(
        statements.map(
          (s) => [`${s.line}: ${s.sql.replaceAll(/\s+/g, ' ').slice(0, 100)}`, s] as const,
        ),
      )('line %s', async (_title, { sql, ordered, error }) => {
        const expected = await answerOf(world.oracle, sql)
        expect(expected.error?.code, 'what PostgreSQL says').toBe(error)
        for (const pushdown of ['on', 'off']) {
          await world.tributary.query(`SET tributary.pushdown = ${pushdown}`)
          const actual = await answerOf(world.tributary, sql)
          const difference = differenceOf(expected, actual, { ordered })
          expect(difference && `with pushdown ${pushdown}: ${difference}`).toBeUndefined()
        }
      })
    })
  })
})
