/** The running half of the MySQL connector against a real MariaDB. */
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test, vi } from 'vitest'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/mysql/index.js'
import { EngineError } from '../../../../src/errors.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { freePort } from '../../../servers/free-port.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../../servers/mariadb.js'

const TYPES_SQL = `
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE types (id INT PRIMARY KEY, a TINYINT(1), b TINYINT UNSIGNED, c SMALLINT UNSIGNED, d MEDIUMINT, e INT UNSIGNED,
  f BIGINT, g BIGINT UNSIGNED, h DECIMAL(38,10), i FLOAT, j DOUBLE, k CHAR(5), l ENUM('x','y''z'), m SET('p','q'), n VARBINARY(5),
  o BLOB, p DATE, q DATETIME(6), r TIMESTAMP(3) NULL, s TIME(6), t YEAR, u BIT(1), v BIT(10), w LONGTEXT, x JSON);
INSERT INTO types VALUES
 (1, 1, 255, 65535, 8388607, 4294967295, 9223372036854775807, 18446744073709551615, 1234567890123456789012345678.0123456789, 0.1, 1.7976931348623157e308,
  'ab  ', 'y''z', 'p,q', x'00ff', x'', '9999-12-31', '9999-12-31 23:59:59.999999', '2038-01-19 03:14:07.999', '838:59:59', 2155, b'1', b'1000000001', REPEAT('😀', 20000), '{"b":1}'),
 (2, 0, 0, 0, -8388608, 0, -9223372036854775808, 0, -9999999999999999999999999999.9999999999, -3.4e38, -5e-324,
  '', 'x', '', x'', NULL, '0001-01-01', '0001-01-01 00:00:00', '1970-01-01 00:00:01', '-838:59:59', 1901, b'0', b'0', '', 'null'),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 2, 1, 1, 1, 1, 9007199254740993, 1, 0.5, 0, 0, 'x', 'x', 'p', 'a', 'b', '0000-00-00', '0000-00-00', '0000-00-00', '0', 0, b'1', b'1', 'a', '[]'),
 (5, 1, 1, 1, 1, 1, 1, 1, 1, 1, 1, 'x', 'x', 'p', 'a', 'b', '2020-02-00', '2020-00-00', NULL, '10:20:30.5', 2020, b'1', b'1', 'a', '1');
CREATE TABLE \`odd.na\`\`me\` (\`a?\`\`b\` INT, \`select\` VARCHAR(10), PRIMARY KEY (\`a?\`\`b\`));
INSERT INTO \`odd.na\`\`me\` VALUES (1, 'q');
CREATE TABLE bad_dates (d DATE);
INSERT INTO bad_dates VALUES ('2020-02-31');
CREATE TABLE numbers (n INT PRIMARY KEY, t VARCHAR(100));
INSERT INTO numbers SELECT seq, REPEAT('x', 100) FROM seq_1_to_300000;
CREATE TABLE few (id INT PRIMARY KEY, kind VARCHAR(9), part INT, day DATE, note TEXT);
INSERT INTO few SELECT seq, CONCAT('kind ', seq % 7), IF(seq % 10 = 9, NULL, seq DIV 10), CASE seq % 3 WHEN 0 THEN '0000-00-00' WHEN 1 THEN '2020-01-01' ELSE '2020-01-02' END, 'x' FROM seq_1_to_1000;
CREATE TABLE many (id INT PRIMARY KEY, code INT NOT NULL, part INT NOT NULL, KEY (part, code));
INSERT INTO many SELECT seq, seq % 9, CAST(seq % 500 AS SIGNED) - 3 FROM seq_1_to_200000;
CREATE TABLE rhythmic (part INT NOT NULL, day DATE NOT NULL, KEY (part));
INSERT INTO rhythmic SELECT (seq * 2) % 180000, DATE_ADD('2000-01-01', INTERVAL (seq % 3000) DAY) FROM seq_1_to_360000;
ANALYZE TABLE many, rhythmic;
CREATE TABLE parents (a INT, b INT, c VARCHAR(5) NOT NULL, UNIQUE KEY u (b, a), KEY prefix (c(2)), KEY c (c)) ;
CREATE TABLE children (x INT, y INT, CONSTRAINT fk FOREIGN KEY (x, y) REFERENCES parents (b, a));
`

describe.skipIf(!mariadbInstalled())('a source of MariaDB', () => {
  let server: MariadbServer
  let source: SourceDefinition
  let open: OpenSource

  beforeAll(async () => {
    server = await startMariadb()
    await server.execute(TYPES_SQL)
    source = sourceOf({})
    open = connector.open(source)
  })

  afterAll(async () => {
    await open?.close()
    await server?.stop()
  })

  function sourceOf(changes: Record<string, unknown>): SourceDefinition {
    const { host, port, user, password, database } = server
    return {
      name: 'shop',
      connector: 'mysql',
      connection: { host, port, user, password, database, ...changes },
      limits: {},
      discover: {},
      tables: [],
      directory: '/',
    }
  }

  function statementOf(text: string, types: readonly string[]): RemoteStatement {
    const columns = types.map((type, i) => ({
      id: i + 1,
      name: `c${i + 1}`,
      type: parseTypeName(type),
    }))
    return { text, parameters: [], columns }
  }

  async function rowsOf(
    from: OpenSource,
    statement: RemoteStatement,
    signal = new AbortController().signal,
    batchRows = 2,
  ): Promise<(string | null)[][]> {
    const rows: (string | null)[][] = []
    for await (const batch of from.scan(statement, [], { signal, batchRows })) {
      for (let i = 0; i < batch.length; i++) rows.push(batch.columns.map((c) => datumAt(c, i)))
    }
    return rows
  }

  const discover = (include: readonly string[] = []) =>
    open.discover({
      include,
      exclude: ['shop.numbers'],
      declared: [],
      signal: new AbortController().signal,
    })

  async function failure(promise: Promise<unknown>): Promise<EngineError> {
    const error = await promise.then(
      () => undefined,
      (reason: unknown) => reason,
    )
    expect(error).toBeInstanceOf(EngineError)
    return error as EngineError
  }

  async function running(text: string): Promise<number> {
    const client = await server.connect()
    const [rows] = await client.query(
      `SELECT COUNT(*) AS n FROM information_schema.PROCESSLIST WHERE INFO LIKE '${text}%' AND COMMAND <> 'Killed'`,
    )
    await client.end()
    return Number((rows as { n: number }[])[0]!.n)
  }

  test('reads every type, extremes and NULLs exactly', async () => {
    const table = (await discover()).tables.find((found) => found.from === 'shop.types')!
    const types = table.columns.map((column) => column.type)
    const names = table.columns.map((column) => `\`${column.name}\``).join(', ')
    const statement = statementOf(`SELECT ${names} FROM types ORDER BY id`, types)
    const rows = await rowsOf(open, statement)
    expect(
      Object.fromEntries(
        table.columns.map((c, i) => [c.name, [types[i], ...rows.map((r) => r[i]!)]]),
      ),
    ).toEqual({
      id: ['integer', '1', '2', '3', '4', '5'],
      a: ['boolean', 't', 'f', null, 't', 't'],
      b: ['smallint', '255', '0', null, '1', '1'],
      c: ['integer', '65535', '0', null, '1', '1'],
      d: ['integer', '8388607', '-8388608', null, '1', '1'],
      e: ['bigint', '4294967295', '0', null, '1', '1'],
      f: ['bigint', '9223372036854775807', '-9223372036854775808', null, '9007199254740993', '1'],
      g: ['numeric(20,0)', '18446744073709551615', '0', null, '1', '1'],
      h: [
        'numeric(38,10)',
        '1234567890123456789012345678.0123456789',
        '-9999999999999999999999999999.9999999999',
        null,
        '0.5000000000',
        '1.0000000000',
      ],
      i: ['real', '0.1', '-3.4e+38', null, '0', '1'],
      j: ['double precision', '1.7976931348623157e+308', '-5e-324', null, '0', '1'],
      k: ['text', 'ab', '', null, 'x', 'x'],
      l: ['text', "y'z", 'x', null, 'x', 'x'],
      m: ['text', 'p,q', '', null, 'p', 'p'],
      n: ['bytea', '\\x00ff', '\\x', null, '\\x61', '\\x61'],
      o: ['bytea', '\\x', null, null, '\\x62', '\\x62'],
      p: ['date', '9999-12-31', '0001-01-01', null, null, null],
      q: ['timestamp', '9999-12-31 23:59:59.999999', '0001-01-01 00:00:00', null, null, null],
      r: ['timestamptz', '2038-01-19 03:14:07.999+00', '1970-01-01 00:00:01+00', null, null, null],
      s: ['interval', '838:59:59', '-838:59:59', null, '00:00:00', '10:20:30.5'],
      t: ['integer', '2155', '1901', null, '0', '2020'],
      u: ['boolean', 't', 'f', null, 't', 't'],
      v: ['bytea', '\\x0201', '\\x0000', null, '\\x0001', '\\x0001'],
      w: ['text', '😀'.repeat(20000), '', null, 'a', 'a'],
      x: ['text', '{"b":1}', 'null', null, '[]', '1'],
    })
  })

  test('reads other types where the catalog asks for them', async () => {
    const asked = statementOf('SELECT f, h, x, p, s FROM types WHERE id = 5', [
      'text',
      'double precision',
      'jsonb',
      'text',
      'time',
    ])
    expect(await rowsOf(open, asked)).toEqual([['1', '1', '1', null, '10:20:30.5']])
    const tooLarge = statementOf('SELECT f FROM types WHERE id = 1', ['integer'])
    expect((await failure(rowsOf(open, tooLarge))).code).toBe('22003')
    const notOfDay = statementOf('SELECT s FROM types WHERE id = 1', ['time'])
    expect((await failure(rowsOf(open, notOfDay))).code).toBe('22008')
  })

  test('refuses dates that neither exist nor are zero, and works on', async () => {
    const error = await failure(rowsOf(open, statementOf('SELECT d FROM bad_dates', ['date'])))
    expect(error).toMatchObject({ code: '22008' })
    expect(await rowsOf(open, statementOf('SELECT 1', ['integer']))).toEqual([['1']])
  })

  test('fails on zero dates where the column says so', async () => {
    const statement = {
      ...statementOf('SELECT p FROM types WHERE id = 4', ['date']),
      handle: { pieces: ['SELECT p FROM types WHERE id = 4'], parameters: [], zeroDates: ['fail'] },
    }
    expect((await failure(rowsOf(open, statement))).code).toBe('22008')
  })

  test('quotes names that hold quotes, dots and question marks', async () => {
    const table = (await discover()).tables.find((found) => found.from.includes('odd'))!
    expect(table).toMatchObject({
      rows: 1,
      primaryKey: ['a?`b'],
      columns: [{ name: 'a?`b' }, { name: 'select' }],
    })
    expect(table.from).toBe('shop.odd.na`me')
    const definition = {
      ...source,
      tables: [
        {
          name: 'odd',
          from: table.from,
          columns: table.columns.map((column) => ({
            name: column.name,
            from: column.name,
            type: column.type,
            notNull: false,
            hidden: false,
            tags: [],
            options: {},
          })),
          primaryKey: [],
          unique: [],
          foreignKeys: [],
          indexes: [],
          rely: true,
          statistics: { columns: {} },
          requireFilter: [],
          options: {},
        },
      ],
    }
    const columns = [
      { id: 1, name: 'a', type: parseTypeName('integer') },
      { id: 2, name: 'b', type: parseTypeName('text') },
    ]
    const statement = connector.pushdown(definition).print({
      kind: 'filter',
      input: {
        kind: 'scan',
        source: 'shop',
        schema: 'shop',
        table: 'odd',
        columns,
        tableColumns: ['a?`b', 'select'],
      },
      condition: {
        kind: 'is-null',
        argument: { kind: 'column', ...columns[0]! },
        negated: true,
        type: parseTypeName('boolean'),
      },
    })
    expect(await rowsOf(open, statement)).toEqual([['1', 'q']])
  })

  test('discovers keys, and the same twice', async () => {
    const found = await discover(['shop.*'])
    expect(await discover(['shop.*'])).toEqual(found)
    expect(found.server.product).toBe('MariaDB')
    expect(found.tables.map((table) => table.from)).not.toContain('shop.numbers')
    const parents = found.tables.find((table) => table.from === 'shop.parents')
    expect(parents).toMatchObject({ unique: [['b', 'a']], indexes: [['c'], ['b', 'a']] })
    const children = found.tables.find((table) => table.from === 'shop.children')
    expect(children?.foreignKeys).toEqual([
      { columns: ['x', 'y'], references: 'shop.parents', to: ['b', 'a'] },
    ])
  })

  test('knows columns of small tables from their rows, of large ones from their indexes and a sample', async () => {
    const figures = async (from: string) => {
      const table = (await discover(['shop.*'])).tables.find((found) => found.from === from)
      return Object.fromEntries(
        table!.columns.map(({ name, distinct, nullFraction, min, max }) => [
          name,
          { distinct, nullFraction, min, max },
        ]),
      )
    }
    expect(await figures('shop.few')).toMatchObject({
      id: { distinct: 1000, nullFraction: 0, min: '1', max: '1000' },
      kind: { distinct: 7, nullFraction: 0, min: undefined },
      // A date with zeros is no value here, and one end without the other says nothing.
      part: { distinct: 101, nullFraction: 0.1, min: '0', max: '100' },
      day: { distinct: 3, min: undefined, max: undefined },
      note: { distinct: undefined, min: undefined },
    })
    const many = await figures('shop.many')
    expect(many).toMatchObject({
      id: { distinct: 200_000, min: '1', max: '200000' },
      // Of a column that no index begins with: from a sample, whose ends are not the table's.
      code: { distinct: 9, nullFraction: 0, min: undefined },
      part: { min: '-3', max: '496' },
    })
    // The server's own estimate, from a few pages of the index.
    expect(many.part!.distinct).toBeGreaterThan(200)
    expect(many.part!.distinct).toBeLessThan(1200)
  })

  test('a sample of rows that repeat shows more than one part of them', async () => {
    const { tables } = await open.discover({ include: ['shop.rhythmic'], exclude: [], declared: [], distributions: true, signal: new AbortController().signal }) // prettier-ignore
    const [part, day] = ['part', 'day'].map((name) =>
      tables[0]!.columns.find((c) => c.name === name),
    )
    // Four rows of each; the days of as many rows as lie between two runs begin anew.
    expect(part?.distinct).toBe(90_000)
    const years = new Set(day?.histogram?.map((value) => value.slice(0, 4)))
    expect(years.size).toBeGreaterThan(6)
  })

  test('values of a sample are for the running server only', async () => {
    const columnOf = async (distributions: boolean) => {
      const { tables } = await open.discover({ include: ['shop.many'], exclude: [], declared: [], distributions, signal: new AbortController().signal }) // prettier-ignore
      return tables[0]!.columns.find(({ name }) => name === 'code')!
    }
    expect(await columnOf(false)).not.toHaveProperty('mostCommon')
    const { mostCommon = [] } = await columnOf(true)
    expect(mostCommon.map(({ value }) => value).sort()).toEqual([...'012345678'])
    for (const { share } of mostCommon) expect(share).toBeCloseTo(1 / 9, 2)
  })

  test('an abort stops the statement at the server', async () => {
    const controller = new AbortController()
    const reason = new EngineError('57014', 'canceling statement due to statement timeout')
    setTimeout(() => controller.abort(reason), 100)
    const statement = statementOf('SELECT SLEEP(30), 1 AS cancelled', ['integer', 'integer'])
    expect(await failure(rowsOf(open, statement, controller.signal))).toBe(reason)
    expect(await running('SELECT SLEEP')).toBe(0)
    expect(await rowsOf(open, statementOf('SELECT 1', ['integer']))).toEqual([['1']])
  })

  test('leaving early stops the statement and frees the only connection', async () => {
    const single = connector.open(sourceOf({ pool: { max: 1 } }))
    const huge = statementOf('SELECT a.n, a.t FROM numbers a CROSS JOIN numbers b', [
      'integer',
      'text',
    ])
    for (let round = 0; round < 3; round++) {
      for await (const batch of single.scan(huge, [], {
        signal: new AbortController().signal,
        batchRows: 1000,
      })) {
        expect(batch.length).toBe(1000)
        break
      }
      expect(await running('SELECT a.n')).toBe(0)
      expect(await rowsOf(single, statementOf('SELECT 1', ['integer']))).toEqual([['1']])
    }
    await single.close()
  })

  test('what we stop ourselves is no incident, and its connection goes on', async () => {
    const single = connector.open(sourceOf({ pool: { max: 1 } }))
    const connectionId = async (): Promise<string> =>
      (await rowsOf(single, statementOf('SELECT CONNECTION_ID()', ['bigint'])))[0]![0]!
    const written = vi.spyOn(process.stderr, 'write')
    try {
      const first = await connectionId()
      const slow = statementOf('SELECT SLEEP(30), 3 AS stopped', ['integer', 'integer'])
      const huge = statementOf('SELECT a.n, a.t FROM numbers a CROSS JOIN numbers b', ['integer', 'text']) // prettier-ignore
      for (const reason of ['statement timeout', 'user request']) {
        const controller = new AbortController()
        const thrown = new EngineError('57014', `canceling statement due to ${reason}`)
        setTimeout(() => controller.abort(thrown), 100)
        expect(await failure(rowsOf(single, slow, controller.signal))).toBe(thrown)
        expect(await connectionId()).toBe(first)
      }
      // A LIMIT that is reached: whoever reads stops reading.
      for await (const batch of single.scan(huge, [], {
        signal: new AbortController().signal,
        batchRows: 1000,
      })) {
        // prettier-ignore
        expect(batch.length).toBe(1000)
        break
      }
      expect(await connectionId()).toBe(first)
      expect(written).not.toHaveBeenCalled()
    } finally {
      written.mockRestore()
      await single.close()
    }
  })

  test('a consumer that waits makes the server wait', async () => {
    const statement = statementOf('SELECT n, t FROM numbers', ['integer', 'text'])
    let received = 0
    const options = {
      signal: new AbortController().signal,
      batchRows: 1000,
      onBytes: (n: number) => void (received += n),
    }
    let rows = 0
    for await (const batch of open.scan(statement, [], options)) {
      if (rows === 0) {
        await sleep(300)
        expect(received).toBeLessThan(2_000_000)
      }
      rows += batch.length
    }
    expect(rows).toBe(300_000)
    expect(received).toBeGreaterThan(30_000_000)
  })

  test('sets its own time zone and sql_mode, whatever the server has', async () => {
    const client = await server.connect()
    const [[before]] = (await client.query('SELECT @@global.time_zone AS zone, @@global.sql_mode AS mode')) as unknown as [[{ zone: string; mode: string }]] // prettier-ignore
    await client.query(`SET GLOBAL time_zone = '+05:00', GLOBAL sql_mode = 'ANSI_QUOTES,NO_BACKSLASH_ESCAPES,PIPES_AS_CONCAT,NO_ZERO_DATE,PAD_CHAR_TO_FULL_LENGTH'`) // prettier-ignore
    const other = connector.open(source)
    try {
      // In a session of the server's settings each of these has another answer.
      const asked = statementOf(`SELECT r, k, "text" AS quoted, 'a\\\\b' AS slash FROM types WHERE id = 1`, ['timestamptz', 'text', 'text', 'text']) // prettier-ignore
      expect(await rowsOf(other, asked)).toEqual([['2038-01-19 03:14:07.999+00', 'ab', 'text', 'a\\b']]) // prettier-ignore
    } finally {
      await other.close()
      await client.query('SET GLOBAL time_zone = ?, GLOBAL sql_mode = ?', [before.zone, before.mode]) // prettier-ignore
      await client.end()
    }
  })

  test('the session only reads', async () => {
    const error = await failure(
      rowsOf(open, statementOf('INSERT INTO bad_dates VALUES (NULL)', [])),
    )
    expect(error.message).toBe('Source "shop" failed with error 1792')
  })

  test('names the source and the remedy when something is wrong', async () => {
    const wrongPassword = connector.open(sourceOf({ password: 'wrong' }))
    const refused = await failure(wrongPassword.ping(new AbortController().signal))
    expect(refused).toMatchObject({ code: '08004', source: 'shop' })
    expect(refused.message).toContain('"shop"')
    await wrongPassword.close()
    const nobody = connector.open(sourceOf({ port: await freePort() }))
    expect(await failure(nobody.ping(new AbortController().signal))).toMatchObject({
      code: '08001',
    })
    await nobody.close()
    const missing = [
      [statementOf('SELECT 1 FROM gone', ['integer']), 'HV00R'],
      [statementOf('SELECT gone FROM types', ['integer']), 'HV005'],
      [statementOf('SELECT FROM', ['integer']), 'HV000'],
    ] as const
    for (const [statement, code] of missing) {
      expect(await failure(rowsOf(open, statement))).toMatchObject({ code, source: 'shop' })
    }
  })

  test('the server going away is an error of the source, and it recovers', async () => {
    const other = connector.open(source)
    const result = rowsOf(
      other,
      statementOf('SELECT SLEEP(30), 2 AS severed', ['integer', 'integer']),
    )
    const settled = failure(result)
    await sleep(200)
    const client = await server.connect()
    const [rows] = await client.query(
      `SELECT ID FROM information_schema.PROCESSLIST WHERE INFO LIKE 'SELECT SLEEP(30), 2%'`,
    )
    await client.query(`KILL CONNECTION ${(rows as { ID: number }[])[0]!.ID}`)
    await client.end()
    expect((await settled).source).toBe('shop')
    expect(await rowsOf(other, statementOf('SELECT 1', ['integer']))).toEqual([['1']])
    await other.close()
  })

  test('answers although the connections that lie in the pool were ended at the server', async () => {
    const other = connector.open(source)
    const client = await server.connect()
    const threadOf = statementOf('SELECT CONNECTION_ID() AS pooled', ['bigint'])
    for (let round = 0; round < 12; round++) {
      const [[thread]] = (await rowsOf(other, threadOf)) as [[string]]
      // How far the news has come when the next statement begins differs from round to round.
      await client.query(`KILL CONNECTION ${thread}`)
      for (let turn = round % 4; turn > 0; turn--) await nextTurn()
      const [[next]] = (await rowsOf(other, threadOf)) as [[string]]
      expect(next).not.toBe(thread)
    }
    await client.end()
    await other.close()
  })
})
