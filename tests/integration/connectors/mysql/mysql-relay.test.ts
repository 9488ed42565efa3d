/** Rows printed straight from MariaDB's wire must be the very bytes that reading and encoding them gives. */
import { setTimeout as sleep } from 'node:timers/promises'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { OpenSource, RemoteStatement } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/mysql/index.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../../src/session/settings/value-settings.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { createRowEncoder } from '../../../../src/wire/encode-rows.js'
import { mariadbInstalled, startMariadb, type MariadbServer } from '../../../servers/mariadb.js'

const TABLES = `
SET sql_mode = 'ALLOW_INVALID_DATES';
CREATE TABLE extremes (id INT PRIMARY KEY, a TINYINT(1), b TINYINT UNSIGNED, b2 TINYINT, c SMALLINT UNSIGNED, c2 SMALLINT, d MEDIUMINT,
  e INT UNSIGNED, f BIGINT, h DECIMAL(38,10), h2 DECIMAL(6,2) ZEROFILL, z INT(8) ZEROFILL, k CHAR(5), n VARBINARY(300), p DATE,
  q DATETIME(6), q2 DATETIME, t YEAR, u BIT(1), w LONGTEXT);
INSERT INTO extremes VALUES
 (1, 1, 255, -128, 65535, -32768, 8388607, 4294967295, 9223372036854775807, 1234567890123456789012345678.0123456789, 1.5, 42,
  'ab', x'00ff', '9999-12-31', '9999-12-31 23:59:59.999999', '1000-01-01 00:00:00', 2155, b'1', REPEAT('😀', 200000)),
 (-2147483648, 0, 0, 127, 0, 32767, -8388608, 0, -9223372036854775808, -9999999999999999999999999999.9999999999, 0, 0,
  '', x'', '0001-01-01', '0001-01-01 00:00:00', '2020-02-29 12:34:56', 1901, b'0', ''),
 (3, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL),
 (4, 2, 1, -1, 1, -1, -1, 1, -9007199254740993, -0.5, 0.05, 12345678, 'x', 'a', '0000-00-00', '2020-01-01 00:00:00.1', '0000-00-00', 0, b'1', 'a'),
 (5, -3, 99, -99, 100, 999, 1000000, 1000000000, 9007199254740991, -0.0000000001, 9999.99, 99999999, 'äöü', REPEAT('b', 300), '2020-02-00', '2020-01-01 10:00:00.000100', NULL, 2020, b'1', REPEAT('y', 5000));
CREATE TABLE many (i BIGINT PRIMARY KEY, small INT NOT NULL, price DECIMAL(12,2), day DATE, at DATETIME(3), note VARCHAR(60));
INSERT INTO many SELECT seq * 7919 * 1000003, CAST((seq * 104729) MOD 2000003 AS SIGNED) - 1000000, IF(seq MOD 11 = 0, NULL, (CAST((seq * 7919) MOD 10000019 AS SIGNED) - 5000000) / 100),
  DATE_ADD('1992-01-01', INTERVAL (seq MOD 40000) DAY), DATE_ADD('1970-01-01', INTERVAL seq * 12345 SECOND) + INTERVAL (seq MOD 1000) * 1000 MICROSECOND,
  IF(seq MOD 13 = 0, NULL, REPEAT(CHAR(97 + seq MOD 26), seq MOD 60)) FROM seq_1_to_60000;
CREATE TABLE bad_dates (d DATE);
INSERT INTO bad_dates VALUES ('2020-01-01'), ('2020-02-31');
`

const EXTREMES: Readonly<Record<string, string>> = {
  ...{ id: 'integer', a: 'boolean', b: 'smallint', b2: 'smallint', c: 'integer', c2: 'smallint' },
  ...{ d: 'integer', e: 'bigint', f: 'bigint', h: 'numeric(38,10)', h2: 'numeric(6,2)' },
  ...{ z: 'bigint', k: 'text', n: 'bytea', p: 'date', q: 'timestamp', q2: 'timestamp' },
  ...{ t: 'integer', u: 'boolean', w: 'text' },
}

describe.skipIf(!mariadbInstalled())('rows relayed from MariaDB', () => {
  let server: MariadbServer
  let open: OpenSource

  beforeAll(async () => {
    server = await startMariadb()
    await server.execute(TABLES)
    const { host, port, user, password, database } = server
    open = connector.open({
      name: 'shop',
      connector: 'mysql',
      connection: { host, port, user, password, database },
      limits: {},
      discover: {},
      tables: [],
      directory: '/',
    })
  })

  afterAll(async () => {
    await open?.close()
    await server?.stop()
  })

  function statementOf(text: string, types: readonly string[], handle?: object): RemoteStatement {
    const columns = types.map((type, i) => ({
      ...{ id: i + 1, name: `c${i + 1}`, type: parseTypeName(type) },
    }))
    return { text, parameters: [], columns, ...(handle === undefined ? {} : { handle }) }
  }

  const options = () => ({
    signal: new AbortController().signal,
    batchRows: 1000,
    settings: DEFAULT_VALUE_SETTINGS,
  })

  function relay(statement: RemoteStatement) {
    const chunks = open.relay!(statement, [], { formats: [], settings: {} }, options())
    if (chunks === undefined) throw new Error('not relayed')
    return chunks
  }

  async function relayed(statement: RemoteStatement): Promise<Buffer> {
    const parts: Buffer[] = []
    let rows = 0
    for await (const chunk of relay(statement)) {
      parts.push(Buffer.from(chunk.frames))
      rows += chunk.rows
    }
    const bytes = Buffer.concat(parts)
    expect(countFrames(bytes)).toBe(rows)
    return bytes
  }

  async function encoded(statement: RemoteStatement): Promise<Buffer> {
    const types = statement.columns.map((column) => column.type)
    const encoder = createRowEncoder(types, [], DEFAULT_VALUE_SETTINGS)
    const parts: Buffer[] = []
    for await (const batch of open.scan(statement, [], options())) {
      parts.push(Buffer.from(encoder.encode(batch).frames))
    }
    return Buffer.concat(parts)
  }

  async function expectSame(statement: RemoteStatement): Promise<void> {
    const [ours, theirs] = [await relayed(statement), await encoded(statement)]
    expect(theirs.byteLength).toBeGreaterThan(0)
    expect(Buffer.compare(ours, theirs)).toBe(0)
  }

  test.each(Object.entries(EXTREMES))('%s as %s: extremes, NULLs, odd values', (name, type) =>
    expectSame(statementOf(`SELECT ${name} FROM extremes ORDER BY id`, [type])),
  )

  test('all columns of a row together', () =>
    expectSame(
      statementOf(
        `SELECT ${Object.keys(EXTREMES).join()} FROM extremes ORDER BY id DESC`,
        Object.values(EXTREMES),
      ),
    ))

  test('many rows, in pieces', () =>
    expectSame(
      statementOf('SELECT i, small, price, day, at, note FROM many ORDER BY i', [
        ...['bigint', 'integer', 'numeric(12,2)', 'date', 'timestamp', 'text'],
      ]),
    ))

  test('types other than the wire has, a value at a time', () =>
    expectSame(
      statementOf('SELECT i, small, price, price, day, note, at FROM many ORDER BY i LIMIT 3000', [
        ...['text', 'bigint', 'numeric(15,5)', 'text', 'timestamp', 'text', 'date'],
      ]),
    ))

  test('rows without columns', () => expectSame(statementOf('SELECT 1 FROM many LIMIT 5000', [])))

  test.each([
    ['a binary format', 'integer', [1], DEFAULT_VALUE_SETTINGS],
    ['another style of dates', 'date', [], { ...DEFAULT_VALUE_SETTINGS, dateStyle: 'German, DMY' }],
    ['escaped bytes', 'bytea', [], { ...DEFAULT_VALUE_SETTINGS, byteaOutput: 'escape' as const }],
    ['floating point', 'double precision', [], DEFAULT_VALUE_SETTINGS],
    ['time zones', 'timestamptz', [], DEFAULT_VALUE_SETTINGS],
  ])('%s is left to the encoder', (_name, type, formats, settings) => {
    const format = { formats, settings: {} }
    const statement = statementOf('SELECT 1', [type])
    expect(open.relay!(statement, [], format, { ...options(), settings })).toBeUndefined()
  })

  test('errors are those of a scan', async () => {
    const tooLarge = statementOf('SELECT f FROM extremes ORDER BY id DESC', ['integer'])
    await expect(relayed(tooLarge)).rejects.toMatchObject({ code: '22003' })
    const noDate = statementOf('SELECT d FROM bad_dates', ['date'])
    await expect(relayed(noDate)).rejects.toMatchObject({ code: '22008' })
    const text = 'SELECT p FROM extremes WHERE id = 4'
    const handle = { pieces: [text], parameters: [], zeroDates: ['fail'] }
    await expect(relayed(statementOf(text, ['date'], handle))).rejects.toMatchObject({
      code: '22008',
    })
    await expectSame(statementOf('SELECT 1', ['integer']))
  })

  test('a consumer that waits makes the server wait, and one that leaves frees the connection', async () => {
    const statement = statementOf('SELECT a.i, a.note FROM many a CROSS JOIN many b', [
      ...['bigint', 'text'],
    ])
    for (let round = 0; round < 6; round++) {
      let received = 0
      const chunks = open.relay!(
        statement,
        [],
        { formats: [], settings: {} },
        { ...options(), onBytes: (count) => void (received += count) },
      )!
      for await (const chunk of chunks) {
        expect(chunk.rows).toBeGreaterThan(0)
        await sleep(100)
        expect(received).toBeLessThan(2_000_000)
        break
      }
    }
    await expectSame(statementOf('SELECT 1', ['integer']))
  })
})

function countFrames(bytes: Buffer): number {
  let frames = 0
  for (let at = 0; at < bytes.length; frames++) {
    expect(bytes[at]).toBe(68)
    at += 1 + bytes.readInt32BE(at + 1)
  }
  return frames
}
