/** Text equality and IN reach MariaDB: asserted on the statements that its general log recorded, and on the index it used for them. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { Connection } from 'mysql2/promise'
import { connector } from '../../../../src/connectors/mysql/index.js'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../../servers/mariadb.js'
import { Federation, sorted, tableFrom } from '../federation.js'

describe.skipIf(!mariadbInstalled())('texts in filters', () => {
  let server: MariadbServer
  let root: Connection
  let federation: Federation

  beforeAll(async () => {
    server = await startMariadb()
    root = await server.connect()
    await root.query(
      `USE shop;
       CREATE TABLE people (id INT PRIMARY KEY, code VARCHAR(20), note VARCHAR(200), KEY by_code (code));
       INSERT INTO people SELECT seq, CONCAT('c', seq), 'x' FROM seq_1_to_5000;
       INSERT INTO people VALUES (6001, 'C7', 'upper'), (6002, 'c7 ', 'padded'), (6003, NULL, 'none');
       ANALYZE TABLE people;
       SET GLOBAL log_output = 'TABLE'; SET GLOBAL general_log = 1`,
    )
    const source: SourceDefinition = {
      ...{ name: 'shop', connector: 'mysql', limits: {}, discover: {}, directory: '/', tables: [] },
      connection: { host: server.host, port: server.port, user: server.user, password: server.password, database: 'shop' }, // prettier-ignore
    }
    const open = connector.open(source)
    const signal = AbortSignal.timeout(30_000)
    const { tables } = await open.discover({ include: [], exclude: [], declared: [], signal })
    await open.close()
    const people = tableFrom('people', tables[0]!)
    // As a source file may declare it: varchar, not discovery's text.
    const columns = people.columns.map((c) => (c.name === 'code' ? { ...c, type: 'varchar(20)' } : c)) // prettier-ignore
    const asVarchar = { ...people, name: 'people_varchar', columns }
    federation = await Federation.start([{ ...source, tables: [people, asVarchar] }])
  })
  afterAll(async () => {
    await federation?.close()
    await root?.end()
    await server?.stop()
  })

  /** What the server was asked to run, newest first. */
  async function recorded(): Promise<readonly string[]> {
    const [rows] = await root.query(
      `SELECT CONVERT(argument USING utf8mb4) AS sent FROM mysql.general_log
       WHERE command_type = 'Execute' AND argument LIKE 'SELECT%people%' ORDER BY event_time DESC`,
    )
    return (rows as { sent: string }[]).map(({ sent }) => sent)
  }

  test.each([
    [`code = 'c7'`, ['7']],
    [`code IN ('c7', 'c8', 'C9')`, ['7', '8']],
    [`code IN ('c7', NULL)`, ['7']],
    [`code = 'C7'`, ['6001']],
    [`code IN ('c7 ', 'C7')`, ['6001', '6002']],
  ])('%s is one statement there, by the index', async (condition, ids) => {
    for (const table of ['people', 'people_varchar']) {
      const before = (await recorded()).length
      const { rows, nodes } = await federation.run(`SELECT id FROM ${table} WHERE ${condition}`)
      expect(nodes).toEqual(['remote-query'])
      expect(sorted(rows)).toEqual(ids.map((id) => JSON.stringify([id])))
      const sent = await recorded()
      expect(sent).toHaveLength(before + 1)
      expect(sent[0]).toMatch(/WHERE \(t1\.`code` (=|IN) .* AND CAST\(CONVERT\(t1\.`code`/)
      const [plan] = await root.query(`EXPLAIN ${sent[0]!}`)
      expect((plan as { key: string | null }[])[0]!.key).toBe('by_code')
    }
  })

  test.each([
    [`code NOT IN ('c7', 'C7')`, 5000],
    [`code <> 'c7'`, 5001],
    [`code NOT IN ('c7', NULL)`, 0],
  ])('%s is counted there', async (condition, count) => {
    for (const table of ['people', 'people_varchar']) {
      const { rows, nodes } = await federation.run(`SELECT count(*) FROM ${table} WHERE ${condition}`) // prettier-ignore
      expect(nodes).toEqual(['remote-query'])
      expect(rows).toEqual([[String(count)]])
    }
  })
})
