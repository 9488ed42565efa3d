/** The running half of the PostgreSQL connector against a real server. */
import { createServer } from 'node:net'
import { setImmediate as nextTurn, setTimeout as sleep } from 'node:timers/promises'
import type pg from 'pg'
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import type { SourceDefinition } from '../../../../src/catalog/catalog.js'
import type {
  OpenSource,
  RemoteStatement,
  ScanOptions,
} from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/postgres/index.js'
import { EngineError } from '../../../../src/errors.js'
import type { Batch } from '../../../../src/executor/batch.js'
import type { Datum } from '../../../../src/types/sql-type.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { freePort } from '../../../servers/free-port.js'
import { startPostgres, type PostgresServer } from '../../../servers/postgres.js'
import { postgresSource } from '../shop.js'

let server: PostgresServer
let client: pg.Client
let open: OpenSource

beforeAll(async () => {
  server = await startPostgres()
  client = await server.connect()
  open = connector.open(postgresSource(server))
})

afterAll(async () => {
  await open?.close()
  await client?.end()
  await server?.stop()
})

const AS_TEXT = { getTypeParser: () => (value: string) => value } as unknown as pg.CustomTypesConfig

function statementOf(text: string, types: readonly string[]): RemoteStatement {
  const columns = types.map((type, i) => ({
    id: i + 1,
    name: `c${i + 1}`,
    type: parseTypeName(type),
  }))
  return { text, parameters: [], columns }
}

function options(changes: Partial<ScanOptions> = {}): ScanOptions {
  return { signal: new AbortController().signal, batchRows: 1000, ...changes }
}

function rowsOf(batch: Batch): Datum[][] {
  return Array.from({ length: batch.length }, (_, row) =>
    batch.columns.map((column) => datumAt(column, row)),
  )
}

async function scanAll(
  statement: RemoteStatement,
  values: readonly Datum[] = [],
  from = open,
  changes: Partial<ScanOptions> = {},
): Promise<Datum[][]> {
  const rows: Datum[][] = []
  for await (const batch of from.scan(statement, values, options(changes)))
    rows.push(...rowsOf(batch))
  return rows
}

async function errorOf(work: Promise<unknown>): Promise<EngineError> {
  try {
    await work
  } catch (error) {
    if (error instanceof EngineError) return error
    throw error
  }
  throw new Error('nothing was thrown')
}

/** Backends of the connector that run something that contains `text`. */
async function running(text: string): Promise<number> {
  const { rows } = await client.query<{ n: number }>(
    "select count(*)::int as n from pg_stat_activity where state = 'active' and query like $1 and application_name = 'tributary'",
    [`%${text}%`],
  )
  return rows[0]!.n
}

async function eventually(test: () => Promise<boolean>): Promise<boolean> {
  const deadline = Date.now() + 1000
  while (Date.now() < deadline) {
    if (await test()) return true
    await sleep(20)
  }
  return test()
}

// Values as PostgreSQL prints them; each column also has a NULL.
const VALUES: readonly (readonly [string, readonly string[]])[] = [
  ['boolean', ['t', 'f']],
  ['smallint', ['-32768', '32767', '0', '-1']],
  ['integer', ['-2147483648', '2147483647', '-1']],
  [
    'bigint',
    [
      '-9223372036854775808',
      '9223372036854775807',
      '9007199254740993',
      '-9007199254740992',
      '-1',
      '4294967296',
    ],
  ],
  ['real', ['3.4028235e+38', '1e-45', '-0', 'NaN', 'Infinity', '0.1']],
  ['double precision', ['1.7976931348623157e+308', '5e-324', '-Infinity', 'NaN', '-0', '0.1']],
  [
    'numeric',
    [
      '0',
      '-0.00001',
      '12345678901234567890.123456789',
      'NaN',
      'Infinity',
      '-Infinity',
      '1e-20',
      '100',
      '0.00',
      '99999999999999999999999999',
    ],
  ],
  ['numeric(12,2)', ['0.00', '-9999999999.99', '10.10']],
  ['text', ['', 'Ünïcödé 🐘', "it's", 'a\\b', 'x'.repeat(70000)]],
  ['varchar(10)', ['abc']],
  ['character(5)', ['ab   ']],
  ['date', ['4713-01-01 BC', '5874897-12-31', 'infinity', '-infinity', '2000-01-01', '1999-12-31']],
  ['time', ['00:00:00', '24:00:00', '23:59:59.999999']],
  ['time with time zone', ['12:00:00+02', '23:59:59.5-11:30']],
  [
    'timestamp',
    [
      '4713-01-01 00:00:00 BC',
      '294276-12-31 23:59:59.999999',
      'infinity',
      '-infinity',
      '1999-12-31 23:59:59.999999',
    ],
  ],
  ['timestamp with time zone', ['2024-06-01 12:00:00+00', 'infinity', '0001-01-01 00:00:00+00']],
  ['interval', ['1 year 2 mons -3 days +04:05:06.789', '-1 days', '00:00:00', '178000000 years']],
  ['uuid', ['00000000-0000-0000-0000-000000000000', 'ffffffff-ffff-ffff-ffff-ffffffffffff']],
  ['bytea', ['\\x', '\\x00ff10']],
  ['json', ['{"a" :  1}', '[]']],
  ['jsonb', ['{"a": [1, 2.50, "ü"]}', 'null']],
  ['integer[]', ['{}', '{1,NULL,-3}', '{{1,2},{3,4}}', '[2:3]={7,8}']],
  ['text[]', ['{a,"b c",NULL,"NULL","\\"q\\""}']],
  ['numeric[]', ['{1.50,NaN}']],
  ['int4range', ['[1,5)', 'empty']],
  ['inet', ['10.0.0.1/8', '::1']],
  ['macaddr', ['08:00:2b:01:02:03']],
  ['bit(3)', ['101']],
  ['bit varying', ['', '10101']],
  ['oid', ['4294967295', '0']],
  ['name', ['pg_class']],
  ['"char"', ['a']],
  ['money', ['$1,234.50']],
  ['point', ['(1,2.5)']],
  ['tsvector', ["'a':1 'b'"]],
]

describe('scan', () => {
  test.each(VALUES)('reads %s with extremes and NULL', async (type, values) => {
    const list = [...values, null]
    const statement = statementOf(
      `select v::${type} from unnest($1::text[]) with ordinality u(v, o) order by o`,
      [type],
    )
    const array = (await client.query<{ a: string }>('select $1::text[]::text as a', [list]))
      .rows[0]!.a
    const expected = await client.query<{ v: string | null }>({
      text: `select v::${type} as v from unnest($1::text[]) with ordinality u(v, o) order by o`,
      values: [list],
      types: AS_TEXT,
    })
    expect((await scanAll(statement, [array])).map(([v]) => v)).toEqual(
      expected.rows.map((row) => row.v),
    )
  })

  test('binds parameters as text, NULL among them', async () => {
    const statement = statementOf('select $1::int + 1, $2::text, $3::date', ['int', 'text', 'date'])
    expect(await scanAll(statement, ['41', null, '2024-02-29'])).toEqual([
      ['42', null, '2024-02-29'],
    ])
  })

  test('gives no batch for an empty result', async () => {
    expect(await scanAll(statementOf('select 1 where false', ['int']))).toEqual([])
  })

  test('reads rows without columns', async () => {
    let rows = 0
    for await (const batch of open.scan(
      statementOf('select from generate_series(1, 2500)', []),
      [],
      options(),
    )) {
      rows += batch.length
    }
    expect(rows).toBe(2500)
  })

  test('puts rows together that are split over many pieces', async () => {
    const statement = statementOf(
      'select i, repeat(chr(97 + i % 26), (i * 7919) % 3000), i::numeric / 7 from generate_series(1, 20000) i order by i',
      ['int', 'text', 'numeric'],
    )
    let next = 1
    for await (const batch of open.scan(statement, [], options())) {
      expect(batch.length).toBeLessThanOrEqual(1000)
      for (const [i, text] of rowsOf(batch)) {
        if (
          Number(i) !== next ||
          text !== String.fromCharCode(97 + (next % 26)).repeat((next * 7919) % 3000)
        ) {
          throw new Error(`row ${next} is wrong`)
        }
        next++
      }
    }
    expect(next).toBe(20001)
  })

  test('reads one value of many megabytes', async () => {
    const rows = await scanAll(statementOf("select repeat('x', 30000000), 7", ['text', 'int']))
    expect(rows[0]![0]).toHaveLength(30_000_000)
    expect(rows[0]![1]).toBe('7')
  })

  test('counts the bytes received', async () => {
    let bytes = 0
    await scanAll(statementOf("select repeat('x', 100000)", ['text']), [], open, {
      onBytes: (n) => (bytes += n),
    })
    expect(bytes).toBeGreaterThan(100_000)
    expect(bytes).toBeLessThan(101_000)
  })

  test('evaluates in the time zone of the session', async () => {
    const statement = statementOf(
      "select timestamptz '2024-07-01 23:30+00'::date, extract(hour from timestamptz '2024-07-01 12:00+00')",
      ['date', 'numeric'],
    )
    const settings = {
      timeZone: 'Asia/Tokyo',
      dateStyle: 'ISO, MDY',
      intervalStyle: 'postgres',
      extraFloatDigits: 1,
      byteaOutput: 'hex',
    } as const
    expect(await scanAll(statement, [], open, { settings })).toEqual([['2024-07-02', '21']])
    expect(await scanAll(statement)).toEqual([['2024-07-01', '12']])
  })

  test('never writes', async () => {
    await server.execute('create table if not exists untouched (a int)')
    const error = await errorOf(
      scanAll(
        statementOf('with w as (insert into untouched values (1) returning a) select a from w', [
          'int',
        ]),
      ),
    )
    expect(error.code).toBe('HV000')
    expect(error.message).toBe('Source "shop" failed with SQLSTATE 25006')
  })

  test('keeps SQLSTATE and words of data errors, and the connection', async () => {
    const error = await errorOf(
      scanAll(statementOf('select 1 / (i - 5000) from generate_series(1, 10000) i', ['int'])),
    )
    expect(error).toMatchObject({ code: '22012', message: 'division by zero', source: 'shop' })
    expect(await scanAll(statementOf('select 1', ['int']))).toEqual([['1']])
  })

  test.each([
    [`select ('900-' || i)::int from generate_series(1, 1) i`, '22P02', 'invalid input syntax for type integer: "..."'],
    [`select (repeat('9', 10 + i))::int from generate_series(1, 1) i`, '22003', 'value "..." is out of range for type integer'],
    [`select ('{"a":' || i || 'secret')::jsonb::text::int from generate_series(1, 1) i`, '22P02', 'invalid input syntax for type json'],
  ])('what a data error quotes is for the log: %s', async (sql, code, message) => {
    const error = await errorOf(scanAll(statementOf(sql, ['int'])))
    expect(error).toMatchObject({ code, message, source: 'shop' })
    expect(error.detail).toMatch(/^Incident [0-9a-f]{12}: /)
    expect(error.hint).toBeUndefined()
  }) // prettier-ignore

  test('a detail that is of types alone stays', async () => {
    const error = await errorOf(
      scanAll(
        statementOf('select (i * 100)::numeric(4,2)::int from generate_series(1, 1) i', ['int']),
      ),
    )
    expect(error).toMatchObject({ code: '22003', message: 'numeric field overflow' })
    expect(error.detail).toMatch(/^A field with precision 4, scale 2/)
  })

  test('says that a column is gone, and what to do', async () => {
    await server.execute('create table dropping (a int, b int); alter table dropping drop column b')
    const gone = await errorOf(scanAll(statementOf('select t1.b from dropping t1', ['int'])))
    expect(gone).toMatchObject({ code: 'HV005', source: 'shop' })
    expect(gone.hint).toContain('discover')
    const table = await errorOf(scanAll(statementOf('select a from gone_table', ['int'])))
    expect(table.code).toBe('HV00R')
  })

  test('refuses columns of another type than the catalog says', async () => {
    const error = await errorOf(scanAll(statementOf('select 1::bigint', ['int'])))
    expect(error.code).toBe('HV004')
    expect(error.message).toContain('bigint instead of integer')
    expect(await scanAll(statementOf('select 1', ['int']))).toEqual([['1']])
  })
})

describe('stopping', () => {
  const endless = statementOf(
    "select i, repeat('x', 100) /* endless */ from generate_series(1, 100000000) i",
    ['int', 'text'],
  )

  test('cancels at the server when the consumer leaves early, and reuses the connection', async () => {
    let seen = 0
    for await (const batch of open.scan(endless, [], options())) {
      seen += batch.length
      if (seen >= 5000) break
    }
    expect(await eventually(async () => (await running('/* endless */')) === 0)).toBe(true)
    expect(await scanAll(statementOf('select 1', ['int']))).toEqual([['1']])
  })

  test('cancels at the server when the signal aborts while rows flow', async () => {
    const abort = new AbortController()
    const reason = new EngineError('57014', 'canceling statement due to user request')
    const work = scanAll(endless, [], open, { signal: abort.signal })
    setTimeout(() => abort.abort(reason), 100)
    expect(await errorOf(work)).toBe(reason)
    expect(await eventually(async () => (await running('/* endless */')) === 0)).toBe(true)
  })

  test('cancels at the server when the signal aborts before the first row', async () => {
    const abort = new AbortController()
    const reason = new EngineError('57014', 'canceling statement due to statement timeout')
    const work = errorOf(
      scanAll(statementOf('select pg_sleep(60)::text /* sleeper */', ['text']), [], open, {
        signal: abort.signal,
      }),
    )
    expect(await eventually(async () => (await running('/* sleeper */')) === 1)).toBe(true)
    abort.abort(reason)
    expect(await work).toBe(reason)
    expect(await eventually(async () => (await running('/* sleeper */')) === 0)).toBe(true)
  })

  test('stops the server when nobody takes batches', async () => {
    const rows = open.scan(endless, [], options())[Symbol.asyncIterator]()
    await rows.next()
    await sleep(300)
    const { rows: waits } = await client.query<{ wait: string }>(
      "select wait_event as wait from pg_stat_activity where query like '%/* endless */%' and application_name = 'tributary' and state = 'active'",
    )
    expect(waits).toEqual([{ wait: 'ClientWrite' }])
    await rows.return?.()
    expect(await eventually(async () => (await running('/* endless */')) === 0)).toBe(true)
  })

  test('names the source when its backend is killed in the middle of a result', async () => {
    const work = errorOf(
      (async () => {
        for await (const batch of open.scan(endless, [], options())) expect(batch.length).toBe(1000)
      })(),
    )
    expect(await eventually(async () => (await running('/* endless */')) === 1)).toBe(true)
    await client.query(
      "select pg_terminate_backend(pid) from pg_stat_activity where state = 'active' and query like '%/* endless */%' and application_name = 'tributary'",
    )
    const error = await work
    expect(error).toMatchObject({ code: '08006', source: 'shop', category: 'source' })
    expect(await scanAll(statementOf('select 1', ['int']))).toEqual([['1']])
  })

  test('answers although the connections that lie in the pool were ended at the server', async () => {
    const pooled = connector.open(postgresSource(server))
    const naps = () =>
      scanAll(statementOf('select 1, pg_sleep(0.05)::text', ['int', 'text']), [], pooled)
    for (let round = 0; round < 10; round++) {
      await Promise.all([naps(), naps(), naps()])
      // How far the news has come when the next statement begins differs from round to round.
      await client.query(
        "select pg_terminate_backend(pid) from pg_stat_activity where state = 'idle' and application_name = 'tributary'",
      )
      for (let turn = round % 4; turn > 0; turn--) await nextTurn()
      expect(await scanAll(statementOf('select 2', ['int']), [], pooled)).toEqual([['2']])
    }
    await pooled.close()
  })

  test('stops at the time limit of the source', async () => {
    const limited = connector.open(postgresSource(server, { limits: { statementTimeout: 100 } }))
    const error = await errorOf(
      scanAll(statementOf('select pg_sleep(30)::text', ['text']), [], limited),
    )
    expect(error).toMatchObject({ code: '57014', source: 'shop' })
    await limited.close()
  })

  test('shares out pool.max connections', async () => {
    const source = postgresSource(server)
    const small = connector.open({
      ...source,
      connection: { ...source.connection, pool: { max: 2 } },
    })
    const slow = statementOf('select pg_backend_pid(), pg_sleep(0.05)::text', ['int', 'text'])
    const results = await Promise.all(Array.from({ length: 7 }, () => scanAll(slow, [], small)))
    expect(new Set(results.map(([row]) => row![0])).size).toBeLessThanOrEqual(2)
    await small.close()
  })
})

describe('connecting', () => {
  const broken = (connection: Record<string, unknown>): SourceDefinition => {
    const source = postgresSource(server)
    return { ...source, connection: { ...source.connection, ...connection } }
  }
  const connect = async (source: SourceDefinition) =>
    errorOf(connector.open(source).ping(new AbortController().signal))

  test('says that the server is down', async () => {
    const port = await freePort()
    const error = await connect(broken({ port }))
    expect(error).toMatchObject({ code: '08001', source: 'shop' })
    expect(error.message).toContain(`127.0.0.1:${port}`)
  })

  test('says that the password is wrong, without telling it', async () => {
    const error = await connect(broken({ password: 'hunter2' }))
    expect(error).toMatchObject({ code: '08004', source: 'shop' })
    expect(JSON.stringify([error.message, error.hint, error.detail, error.stack])).not.toContain(
      'hunter2',
    )
  })

  test('says that the database is not there', async () => {
    expect(await connect(broken({ database: 'nowhere' }))).toMatchObject({ code: '08004' })
  })

  test('says that the server has no TLS when it is required', async () => {
    expect(await connect(broken({ tls: 'require' }))).toMatchObject({ code: '08001' })
  })

  test('falls back to a plain connection when TLS is only preferred', async () => {
    const source = broken({ tls: 'prefer' })
    const facts = await connector.open(source).ping(new AbortController().signal)
    expect(facts).toMatchObject({
      product: 'PostgreSQL',
      collation: 'C.UTF-8 (builtin)',
      timezone: 'UTC',
    })
    expect(facts.version).toMatch(/^18/)
  })

  test('gives up on a server that does not answer when the signal aborts', async () => {
    const silent = createServer(() => undefined)
    await new Promise<void>((resolve) => silent.listen(0, '127.0.0.1', resolve))
    const address = silent.address()
    const port = typeof address === 'object' && address ? address.port : 0
    const abort = new AbortController()
    const reason = new EngineError('57014', 'canceling statement due to user request')
    const other = connector.open(broken({ port }))
    setTimeout(() => abort.abort(reason), 100)
    expect(
      await errorOf(scanAll(statementOf('select 1', ['int']), [], other, { signal: abort.signal })),
    ).toBe(reason)
    silent.close()
  })
})

describe('relay', () => {
  async function relayAll(
    statement: RemoteStatement,
    formats: readonly number[],
    settings: Record<string, string> = {},
  ) {
    const frames: Buffer[] = []
    let rows = 0
    const chunks = open.relay!(statement, [], { formats, settings }, options())!
    for await (const chunk of chunks) {
      frames.push(Buffer.from(chunk.frames))
      rows += chunk.rows
    }
    return { bytes: Buffer.concat(frames), rows }
  }

  /** Splits DataRow messages into values. */
  function valuesOf(bytes: Buffer): (Buffer | null)[][] {
    const rows: (Buffer | null)[][] = []
    for (let at = 0; at < bytes.length; at += bytes.readInt32BE(at + 1) + 1) {
      expect(String.fromCharCode(bytes[at]!)).toBe('D')
      const row: (Buffer | null)[] = []
      let from = at + 7
      for (let c = bytes.readInt16BE(at + 5); c > 0; c--) {
        const length = bytes.readInt32BE(from)
        row.push(length < 0 ? null : bytes.subarray(from + 4, from + 4 + length))
        from += 4 + Math.max(length, 0)
      }
      rows.push(row)
    }
    return rows
  }

  test('passes rows on in the formats asked for', async () => {
    const statement = statementOf(
      'select i, i::text, null::int from generate_series(1, 30000) g(i) order by g.i',
      ['int', 'text', 'int'],
    )
    for (const formats of [
      [0, 0, 0],
      [1, 1, 1],
      [1, 0, 0],
    ]) {
      const { bytes, rows } = await relayAll(statement, formats)
      expect(rows).toBe(30000)
      const values = valuesOf(bytes)
      expect(values).toHaveLength(30000)
      const last = values.at(-1)!
      expect(formats[0] === 1 ? last[0]!.readInt32BE(0) : Number(last[0]!.toString())).toBe(30000)
      expect(last[1]!.toString()).toBe('30000')
      expect(last[2]).toBeNull()
    }
  })

  test('prints values as the session wants them', async () => {
    const statement = statementOf(
      "select date '2024-12-31', timestamptz '2024-12-31 12:00+00', interval '1 day', 0.1::float8 + 0.2, '\\xff'::bytea",
      ['date', 'timestamptz', 'interval', 'float8', 'bytea'],
    )
    const settings = {
      DateStyle: 'German, DMY',
      TimeZone: 'Asia/Tokyo',
      IntervalStyle: 'iso_8601',
      extra_float_digits: '0',
      bytea_output: 'escape',
    }
    const { bytes } = await relayAll(statement, [0, 0, 0, 0, 0], settings)
    expect(valuesOf(bytes)[0]!.map(String)).toEqual([
      '31.12.2024',
      '31.12.2024 21:00:00 JST',
      'P1D',
      '0.3',
      '\\377',
    ])
    const plain = await relayAll(statement, [0, 0, 0, 0, 0])
    expect(valuesOf(plain.bytes)[0]!.map(String)).toEqual([
      '2024-12-31',
      '2024-12-31 12:00:00+00',
      '1 day',
      '0.30000000000000004',
      '\\xff',
    ])
  })

  test('ends with the error after the rows before it', async () => {
    const statement = statementOf('select 100 / (3 - i) from generate_series(1, 5) i', ['int'])
    const chunks: number[] = []
    const work = (async () => {
      const format = { formats: [0], settings: {} }
      for await (const chunk of open.relay!(statement, [], format, options())!)
        chunks.push(chunk.rows)
    })()
    expect(await errorOf(work)).toMatchObject({ code: '22012' })
    expect(chunks.reduce((a, b) => a + b, 0)).toBe(2)
  })
})
