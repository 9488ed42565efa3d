/** The running half against the test server: what is read, what goes wrong, what is sent, and that nothing stays open. */
import { setTimeout as sleep } from 'node:timers/promises'
import { BSON } from 'mongodb'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../../src/catalog/catalog.js'
import { lockOf, printLock, type SourceLock } from '../../../../src/catalog/lock-file.js'
import type { DiscoveredTable, OpenSource } from '../../../../src/connectors/connector.js'
import { connector } from '../../../../src/connectors/mongodb/index.js'
import type { LogicalPlan } from '../../../../src/planner/logical-plan.js'
import { parseTypeName } from '../../../../src/types/type-registry.js'
import { datumAt } from '../../../../src/types/vectors/vector-ops.js'
import { freePort } from '../../../servers/free-port.js'
import { startMongodb, type MongodbServer } from '../../../servers/mongodb.js'
import { sourceOf } from './documents.js'

const { Binary, Decimal128, Double, Int32, Long, ObjectId } = BSON
const never = new AbortController().signal

function tableOf(
  from: string,
  columns: readonly (readonly [string, string, string?])[],
  options: TableDefinition['options'] = {},
): TableDefinition {
  return {
    name: from.replaceAll(':', '_'),
    from,
    columns: columns.map(([path, type, native]) => ({
      name: path,
      from: path,
      type,
      ...(native === undefined ? {} : { native }),
      notNull: false,
      hidden: false,
      tags: [],
      options: {},
    })),
    primaryKey: [],
    unique: [],
    foreignKeys: [],
    indexes: [],
    rely: false,
    statistics: { columns: {} },
    requireFilter: [],
    options,
  }
}

function nativeTable(
  name: string,
  columns: Parameters<typeof tableOf>[1],
  query: string,
): TableDefinition {
  const entries = Object.entries({ ...tableOf(name, columns), query })
  return Object.fromEntries(entries.filter(([key]) => key !== 'from')) as unknown as TableDefinition
}

function scanOf(table: TableDefinition): LogicalPlan {
  return {
    kind: 'scan',
    source: 'shop',
    schema: 'shop',
    table: table.name,
    columns: table.columns.map((column, i) => ({
      id: i + 1,
      name: column.name,
      type: parseTypeName(column.type),
    })),
    tableColumns: table.columns.map((column) => column.name),
  }
}

async function rowsOf(
  source: SourceDefinition,
  open: OpenSource,
  table: TableDefinition,
  signal = never,
): Promise<(string | null)[][]> {
  const statement = connector.pushdown(source).print(scanOf(table))
  const rows: (string | null)[][] = []
  for await (const batch of open.scan(statement, [], { signal, batchRows: 1000 })) {
    for (let row = 0; row < batch.length; row++) {
      rows.push(batch.columns.map((column) => datumAt(column, row)))
    }
  }
  return rows
}

describe('a MongoDB source', () => {
  let server: MongodbServer
  let opened: OpenSource[]

  beforeEach(async () => {
    server = await startMongodb()
    opened = []
  })

  afterEach(async () => {
    await Promise.all(opened.map((open) => open.close()))
    await server.stop()
  })

  function open(source: SourceDefinition): OpenSource {
    const result = connector.open(source)
    opened.push(result)
    return result
  }

  /** Reads one table of a source that has it alone. */
  async function read(table: TableDefinition, signal = never): Promise<(string | null)[][]> {
    const source = sourceOf(server, [table])
    return rowsOf(source, open(source), table, signal)
  }

  async function discover(
    changes: Partial<SourceDefinition> = {},
  ): Promise<readonly DiscoveredTable[]> {
    // prettier-ignore
    const source = { ...sourceOf(server), ...changes }
    const { tables } = await open(source).discover({
      include: (source.discover.include as string[] | undefined) ?? [],
      exclude: (source.discover.exclude as string[] | undefined) ?? [],
      declared: source.tables,
      signal: never,
    })
    return tables
  }

  test('every BSON type is read exactly', async () => {
    server.load('types', [
      {
        _id: new ObjectId('0123456789abcdef01234567'),
        i: new Int32(-2147483648),
        l: Long.fromString('-9223372036854775808'),
        d: new Double(5e-324),
        m: Decimal128.fromString('1234567890123456789012345678901.234'),
        e: Decimal128.fromString('1.5E+5'),
        at: new Date('2038-01-19T03:14:07.999Z'),
        s: 'ä😀"\\',
        y: new Binary(Buffer.from('00ff', 'hex'), 0),
        u: new Binary(Buffer.from('0123456789abcdef0123456789abcdef', 'hex'), 4),
        b: true,
        list: [new Int32(1), null, new Int32(3)],
        doc: {
          z: 1.5,
          a: [Long.fromString('9007199254740993'), { at: new Date(0) }],
          n: new Double(NaN),
        },
      },
      { _id: new ObjectId('ffffffffffffffffffffffff'), at: new Date('-000043-03-15T00:00:00Z'), m: Decimal128.fromString('-Infinity'), list: [], doc: 'text' }, // prettier-ignore
    ])
    const rows = await read(
      tableOf('types', [
        ...([['_id', 'text'], ['i', 'integer'], ['l', 'bigint'], ['d', 'double precision']] as const), // prettier-ignore
        ...([
          ['m', 'numeric'],
          ['e', 'numeric'],
          ['at', 'timestamptz'],
          ['at', 'date'],
        ] as const),
        ...([
          ['s', 'text'],
          ['y', 'bytea'],
          ['u', 'uuid'],
          ['b', 'boolean'],
        ] as const),
        ...([
          ['list', 'integer[]'],
          ['doc', 'jsonb'],
          ['.', 'jsonb'],
        ] as const),
      ]),
    )
    expect(rows[0]!.slice(0, 14)).toEqual([
      ...['0123456789abcdef01234567', '-2147483648', '-9223372036854775808', '5e-324'],
      ...['1234567890123456789012345678901.234', '150000', '2038-01-19 03:14:07.999+00'],
      ...['2038-01-19', 'ä😀"\\', '\\x00ff', '01234567-89ab-cdef-0123-456789abcdef', 't'],
      ...['{1,NULL,3}', '{"a": [9007199254740993, {"at": "1970-01-01T00:00:00.000Z"}], "n": "NaN", "z": 1.5}'], // prettier-ignore
    ])
    expect(rows[1]!.slice(0, 14)).toEqual([
      ...['ffffffffffffffffffffffff', null, null, null, '-Infinity', null],
      ...['0044-03-15 00:00:00+00 BC', '0044-03-15 BC', null, null, null, null, '{}', '"text"'],
    ])
    expect(JSON.parse(rows[0]![14]!)).toMatchObject({ _id: '0123456789abcdef01234567', y: 'AP8=' })
  })

  test('many batches are read with one cursor, which ends', async () => {
    const documents = Array.from({ length: 10_000 }, (_, i) => ({ _id: new Int32(i) }))
    server.load('many', documents)
    const rows = await read(tableOf('many', [['_id', 'integer']]))
    expect(rows.map(([id]) => Number(id))).toEqual(documents.map((_, i) => i))
    expect(server.commands.filter((command) => 'getMore' in command)).toHaveLength(9)
    expect(server.open().cursors).toBe(0)
  })

  test('who stops early leaves no cursor behind', async () => {
    server.load(
      'many',
      Array.from({ length: 10_000 }, (_, i) => ({ _id: new Int32(i) })),
    )
    const table = tableOf('many', [['_id', 'integer']])
    const source = sourceOf(server, [table])
    const statement = connector.pushdown(source).print(scanOf(table))
    for await (const batch of open(source).scan(statement, [], { signal: never, batchRows: 100 })) {
      expect(batch.length).toBe(100)
      break
    }
    expect(server.open()).toMatchObject({ cursors: 0, running: 0 })
    // One batch ahead, no more.
    expect(server.commands.filter((command) => 'getMore' in command).length).toBeLessThan(3)
  })

  test.each(['primary', 'secondaryPreferred'])(
    'a replica set is read by %s: whole, and without leaving a cursor when stopped',
    async (preference) => {
      const set = await startMongodb({ replicaSet: 'rs' })
      try {
        const documents = Array.from({ length: 5000 }, (_, i) => ({ _id: new Int32(i), s: `s${i}` })) // prettier-ignore
        set.load('many', documents)
        const table = tableOf('many', [
          ['_id', 'integer'],
          ['s', 'text'],
        ])
        const source: SourceDefinition = {
          ...sourceOf(set, [table]),
          connection: { uri: `mongodb://127.0.0.1:${set.port}/?replicaSet=rs`, database: 'shop', read_preference: preference }, // prettier-ignore
        }
        const client = open(source)
        const rows = await rowsOf(source, client, table)
        expect(rows).toEqual(documents.map(({ s }, i) => [String(i), s]))
        const statement = connector.pushdown(source).print(scanOf(table))
        for await (const batch of client.scan(statement, [], { signal: never, batchRows: 100 })) {
          expect(batch.length).toBe(100)
          break
        }
        expect(set.open()).toMatchObject({ cursors: 0, running: 0 })
        const [sent] = set.commands.filter((command) => 'aggregate' in command)
        const expected = preference === 'primary' ? undefined : { mode: preference }
        expect(sent?.$readPreference).toEqual(expected)
        await client.close()
        opened.splice(opened.indexOf(client), 1)
      } finally {
        await set.stop()
      }
    },
  )

  test('a cancelled statement ends at once, here and at the server', async () => {
    server.load('slow', [{ _id: 1 }])
    server.faults.delay = 30_000
    const abort = new AbortController()
    const reading = read(tableOf('slow', [['_id', 'integer']]), abort.signal)
    while (server.open().running === 0) await sleep(5)
    const before = Date.now()
    abort.abort()
    await expect(reading).rejects.toMatchObject({ code: '57014' })
    expect(Date.now() - before).toBeLessThan(5000)
    expect(server.commands.some((command) => 'killSessions' in command)).toBe(true)
    while (server.open().running > 0) await sleep(5)
  })

  test.each([1, 2, 3])(
    'a server that closes before batch %i is an error, not the end',
    async (batch) => {
      // prettier-ignore
      server.load('many', Array.from({ length: 5000 }, (_, i) => ({ _id: new Int32(i) })))
      server.faults.dropAtBatch = batch
      await expect(read(tableOf('many', [['_id', 'integer']]))).rejects.toMatchObject({
        code: '08006',
        source: 'shop',
        message: `Connection to source "shop" at 127.0.0.1:${server.port} failed (collection many)`,
      })
    },
  )

  test('a collection that does not exist is an error, an empty one is not', async () => {
    server.load('empty', [])
    expect(await read(tableOf('empty', [['_id', 'integer']]))).toEqual([])
    await expect(read(tableOf('gone', [['_id', 'integer']]))).rejects.toMatchObject({
      code: 'HV00R',
      message: 'Source "shop" has no collection gone',
      hint: 'Run discover on source "shop" to see what changed',
    })
  })

  test('what the server says stays with the server', async () => {
    server.load('t', [{ _id: 1 }])
    server.faults.refuse = { code: 13, message: 'not authorized on shop to execute {secret}' }
    const reading = read(tableOf('t', [['_id', 'integer']]))
    await expect(reading).rejects.toMatchObject({ code: 'HV000', hint: expect.stringContaining('role read') }) // prettier-ignore
    const error = await reading.catch((e: unknown) => e as Error)
    expect(JSON.stringify({ ...error, message: (error as Error).message })).not.toContain(
      '{secret}',
    )
  })

  test('a time limit is handed on', async () => {
    server.load('t', [{ _id: 1 }])
    const table = tableOf('t', [['_id', 'integer']])
    const source = { ...sourceOf(server, [table]), limits: { statementTimeout: 1234 } }
    await rowsOf(source, open(source), table)
    const [command] = server.commands.filter((sent) => 'aggregate' in sent)
    expect(command).toMatchObject({ maxTimeMS: new Int32(1234), allowDiskUse: true })
    server.faults.refuse = { code: 50, message: 'operation exceeded time limit' }
    await expect(rowsOf(source, open(source), table)).rejects.toMatchObject({ code: '57014' })
  })

  test('nobody listening, wrong credentials, a server without TLS', async () => {
    const port = await freePort()
    const table = tableOf('t', [['_id', 'integer']])
    const at = (uri: string, more: Readonly<Record<string, unknown>> = {}): SourceDefinition => ({
      ...sourceOf(server, [table]),
      connection: { uri, database: 'shop', connect_timeout: 0.5, ...more },
    })
    const down = at(`mongodb://127.0.0.1:${port}`)
    await expect(rowsOf(down, open(down), table)).rejects.toMatchObject({
      code: '08001',
      message: `Could not connect to source "shop" at 127.0.0.1:${port}`,
    })
    await expect(open(down).ping(never)).rejects.toMatchObject({ code: '08001' })
    const plain = at(`mongodb://127.0.0.1:${server.port}/?tls=true`)
    await expect(open(plain).ping(never)).rejects.toMatchObject({ code: '08001' })
    const guarded = await startMongodb({ accounts: { reader: 'secret' } })
    try {
      guarded.load('t', [{ _id: new Int32(1) }])
      const uri = `mongodb://127.0.0.1:${guarded.port}`
      const right = at(uri, { user: 'reader', password: 'secret' })
      expect(await rowsOf(right, open(right), table)).toEqual([['1']])
      const wrong = at(uri, { user: 'reader', password: 'wrong' })
      const refused = rowsOf(wrong, open(wrong), table)
      await expect(refused).rejects.toMatchObject({
        code: '28000',
        category: 'source',
        message: `Source "shop" at 127.0.0.1:${guarded.port} refused the credentials`,
      })
    } finally {
      await guarded.stop()
    }
  })

  test('ping gives the version', async () => {
    expect(await open(sourceOf(server)).ping(never)).toEqual({
      product: 'MongoDB',
      version: '7.0.14',
      collation: 'simple',
      timezone: 'UTC',
    })
  })

  describe('discovery', () => {
    const documents = [
      { _id: new ObjectId(), a: new Int32(1), o: { x: 'x', deep: { y: { z: 1.5 } } }, m: 1, list: [{ k: 'a' }, { k: 'b', n: new Int32(1) }], words: ['a'], B: true }, // prettier-ignore
      { _id: new ObjectId(), a: Long.fromString('5'), o: { x: null }, m: 'text', list: [], 'odd.name': 1, $cash: 1, n: null }, // prettier-ignore
      { _id: new ObjectId(), a: new Int32(3), r: new Double(1), u: new Binary(Buffer.alloc(16), 4), at: new Date(), dec: Decimal128.fromString('1') }, // prettier-ignore
      { _id: new ObjectId(), r: new Int32(3) },
    ]

    test('paths become columns, arrays of objects tables; what differs becomes jsonb', async () => {
      server.load('things', documents, {
        indexes: [
          { v: 2, key: { 'o.x': 1, a: -1 }, name: 'i1', unique: true },
          { v: 2, key: { a: 1 }, name: 'i2', sparse: true },
          { v: 2, key: { words: 'text' }, name: 'i3' },
        ],
      })
      const [things, list] = await discover()
      const columns = (table: DiscoveredTable | undefined): Record<string, string> =>
        Object.fromEntries(table!.columns.map((c) => [c.name, `${c.type} ${c.native}`]))
      expect(columns(things)).toEqual({
        _id: 'text objectId',
        B: 'boolean bool',
        a: 'bigint int|long',
        at: 'timestamptz date',
        dec: 'numeric decimal',
        list: 'jsonb array',
        m: 'jsonb int|string',
        'o.deep.y': 'jsonb object',
        'o.x': 'text string',
        r: 'double precision double|int',
        u: 'uuid uuid',
        words: 'text[] array',
      })
      expect(things).toMatchObject({
        rows: 4,
        primaryKey: ['_id'],
        unique: [['o.x', 'a']],
        indexes: [['_id'], ['o.x', 'a']],
      })
      expect(list).toMatchObject({ from: 'things:list', rows: 2, primaryKey: ['../_id', '#'] })
      expect(columns(list)).toEqual({
        '../_id': 'text objectId',
        '#': 'bigint position',
        k: 'text string',
        n: 'integer int',
      })
    })

    test('small collections say what their columns hold', async () => {
      const days = ['2024-02-29', '2024-03-01'].map((day) => new Date(`${day}T00:00:00Z`))
      const documents = Array.from({ length: 40 }, (_, i) => ({
        ...{ _id: i, kind: `kind ${i % 4}`, o: { n: i }, at: days[i % 2], isOdd: i % 2 === 1 },
        ...(i % 10 === 0 ? {} : { price: BSON.Decimal128.fromString(`${i % 3}.50`) }),
      }))
      server.load('things', documents)
      const [things] = await discover()
      const figures = Object.fromEntries(
        things!.columns.map(({ name, distinct, nullFraction }) => [name, [distinct, nullFraction]]),
      )
      expect(figures).toEqual({
        ...{ _id: [40, 0], kind: [4, 0], 'o.n': [40, 0], at: [2, 0], isOdd: [2, 0] },
        price: [3, 0.1],
      })
      expect(JSON.stringify(things)).not.toContain('kind 1')
    })

    test('a validator wins over what was seen', async () => {
      const schema = { bsonType: 'object', required: ['a'], properties: { a: { bsonType: 'long' }, later: { bsonType: ['date', 'null'] } } } // prettier-ignore
      server.load('things', documents, { validator: { $jsonSchema: schema } })
      const [things] = await discover()
      const byName = new Map(things!.columns.map((c) => [c.name, c]))
      expect(byName.get('a')).toMatchObject({ type: 'bigint', native: 'long', notNull: true })
      expect(byName.get('later')).toMatchObject({ type: 'timestamptz', notNull: false })
    })

    test.each([
      ['text', 'text'],
      ['widen', 'jsonb'],
    ])('on_conflict %s', async (conflict, type) => {
      server.load('things', documents)
      const [things] = await discover({ discover: { on_conflict: conflict } })
      expect(things!.columns.find((column) => column.name === 'm')).toMatchObject({ type })
    })

    test('on_conflict fail names the field', async () => {
      server.load('things', documents)
      await expect(discover({ discover: { on_conflict: 'fail' } })).rejects.toMatchObject({
        message: 'Field things.m holds values of several types: int, string',
      })
    })

    test('twice in a row gives the same lock, of a sample too, and nothing is written', async () => {
      server.load('things', documents)
      const large = Array.from({ length: 3000 }, (_, i) => ({
        _id: new Int32(i),
        v: new Double(i),
      }))
      server.load('large', large)
      const lock = (tables: readonly DiscoveredTable[]): SourceLock =>
        lockOf(
          { name: 'shop', tables: [] },
          { server: { product: 'MongoDB', version: '7' }, tables },
          'now',
        )
      const first = await discover({ discover: { sample: { size: 500 } } })
      const declared = first.map((table) => ({
        ...tableOf(
          table.from,
          table.columns.map((c) => [c.name, c.type, c.native] as const),
        ),
      }))
      const second = await discover({ discover: { sample: { size: 500 } }, tables: declared })
      expect(printLock(lock(second))).toBe(printLock(lock(first)))
      expect(first.find((table) => table.from === 'large')).toMatchObject({ rows: 3000 })
      const sent = new Set(server.commands.map((command) => Object.keys(command)[0]))
      expect([...sent].sort()).toEqual([
        'aggregate',
        'buildInfo',
        'getMore',
        'listCollections',
        'listIndexes',
      ])
      const stages = server.commands.flatMap((c) => (c.pipeline as object[] | undefined)?.map((s) => Object.keys(s)[0]) ?? []) // prettier-ignore
      expect([...new Set(stages)].sort()).toEqual(['$collStats', '$limit', '$project', '$sample'])
    })

    test('a sample does not take back what the lock knows', async () => {
      const documents = Array.from({ length: 300 }, (_, i) => ({ _id: new Int32(i) }))
      server.load('large', documents)
      const tables = [tableOf('large', [['_id', 'integer', 'int'], ['rare.at', 'timestamptz', 'date']])] // prettier-ignore
      const [sampled] = await discover({ discover: { sample: { size: 10 } }, tables })
      expect(sampled!.columns.map((column) => column.name)).toEqual(['_id', 'rare.at'])
      const [whole] = await discover({ tables })
      expect(whole!.columns.map((column) => column.name)).toEqual(['_id'])
    })

    test('a table that a pipeline defines gets its columns from what comes out', async () => {
      server.load('things', documents)
      const query = 'db.things.aggregate([{"$match": {"_id": {"$ne": {"$oid": "000000000000000000000000"}}}}, {"$unwind": "$list"}, {"$project": {"_id": 0, "k": "$list.k", "a": 1}}]);' // prettier-ignore
      const table = nativeTable('listed', [['k', 'text'], ['a', 'integer']], query) // prettier-ignore
      const found = await discover({ tables: [table] })
      const listed = found.find((t) => t.from === 'query:listed')
      expect(listed?.columns.map((c) => [c.name, c.type])).toEqual([['a', 'integer'], ['k', 'text']]) // prettier-ignore
      expect(await read(table)).toEqual([['a', '1'], ['b', '1']]) // prettier-ignore
    })

    test.each([
      ['db.things.aggregate([{"$out": "x"}])', 'it writes, and sources are only read'],
      ['db.things.aggregate([{"$facet": {"a": [{"$merge": "x"}]}}])', 'it writes'],
      ['db.things.find({})', 'it is not of the form'],
      ['db.things.aggregate([{$match: {}}])', 'its stages are not JSON'],
    ])('%s is refused', async (query, why) => {
      const table = nativeTable('bad', [['k', 'text']], query)
      await expect(discover({ tables: [table] })).rejects.toMatchObject({
        code: 'F0000',
        message: expect.stringContaining(`The query of table bad cannot be used: ${why}`),
      })
      expect(() => connector.pushdown(sourceOf(server, [table])).print(scanOf(table))).toThrow(why)
      expect(server.commands.every((command) => !('$out' in command))).toBe(true)
    })

    test('patterns choose the collections', async () => {
      for (const name of ['a1', 'a2', 'b1', 'system.views']) server.load(name, [{ _id: 1 }])
      const found = await discover({ discover: { include: ['a*'], exclude: ['*2'] } })
      expect(found.map((table) => table.from)).toEqual(['a1'])
    })
  })
})
