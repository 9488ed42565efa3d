/** A catalog over MongoDB, from its files: discovery writes the lock, paths and arrays get names, tables of both kinds are read. */
import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import type { Catalog } from '../../../../src/catalog/catalog.js'
import { loadCatalog } from '../../../../src/catalog/load-catalog.js'
import { printLock } from '../../../../src/catalog/lock-file.js'
import { readLiveLock } from '../../../../src/cli/live-lock.js'
import { startMongodb, type MongodbServer } from '../../../servers/mongodb.js'
import { Federation } from '../federation.js'
import { loadDocuments } from './documents.js'

let server: MongodbServer
let directory: string

beforeAll(async () => {
  server = await startMongodb({ accounts: { reader: 'secret' } })
  loadDocuments(server)
  directory = await mkdtemp(join(tmpdir(), 'tributary-mongodb-'))
  await mkdir(join(directory, 'sources'))
  await writeFile(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: t\n')
})

afterAll(async () => {
  await server?.stop()
  await rm(directory, { recursive: true, force: true })
})

async function load(tables = ''): Promise<Catalog> {
  const uri = `mongodb://127.0.0.1:${server.port}`
  await writeFile(
    join(directory, 'sources', 'shop.yaml'),
    `version: 1\nkind: source\nname: shop\nconnector: mongodb\nconnection: { uri: '${uri}', database: shop, user: reader, password: '\${env:PASSWORD}' }\n${tables}`,
  )
  const { catalog, problems } = loadCatalog(directory, { PASSWORD: 'secret' })
  expect(problems.filter((problem) => !/^E30/.test(problem.code))).toEqual([])
  return catalog
}

test('without tables every collection and array of objects is there, columns named by their paths', async () => {
  const [source] = (await load()).sources
  const lock = await readLiveLock(source!, AbortSignal.timeout(30_000))
  await writeFile(join(directory, 'sources', 'shop.lock.yaml'), printLock(lock))
  const catalog = await load()
  const columns = catalog.sources[0]!.tables.map(
    (table) => [table.name, table.columns.map((column) => column.name)] as const,
  )
  expect(Object.fromEntries(columns)).toMatchObject({
    people: expect.arrayContaining(['_id', 'address_city', 'address_zip', 'orders']),
    people_orders: ['parent_id', 'position', 'count', 'sku'],
    products: ['_id', 'owner', 'stock', 'title'],
  })
  const federation = await Federation.start(catalog.sources)
  try {
    const { rows } = await federation.run(
      `select p.name, o.position, o.sku from shop.people p join shop.people_orders o on o.parent_id = p._id where p.address_city = 'Bonn' order by 2`,
    )
    expect(rows).toEqual([
      ['Ann', '1', 'p1'],
      ['Ann', '2', 'p2'],
    ])
  } finally {
    await federation.close()
  }
})

test('tables of the source file: paths, the whole document, an array, what the lock fills in', async () => {
  const catalog = await load(`tables:
  - name: humans
    from: people
    columns:
      - { name: town, from: address.city, type: text }
      - { name: raw, from: ., type: jsonb }
  - name: lines
    from: people
    unnest: { path: orders, ordinality: line, keep_empty: true }
    columns:
      - { name: human, from: ../_id, type: text }
      - { name: line, from: '#', type: bigint }
`)
  const federation = await Federation.start(catalog.sources)
  try {
    const { rows } = await federation.run(
      `select town, raw -> 'address' ->> 'zip', name from shop.humans where town = 'Bonn'`,
    )
    expect(rows).toEqual([['Bonn', 'x', 'Ann']])
    const lines = await federation.run(
      'select human, line, sku from shop.lines where line is null or line = 2 order by human',
    )
    expect(lines.rows.map(([human, line, sku]) => [human?.slice(-1), line, sku])).toEqual([
      ['1', '2', 'p2'],
      ['2', null, null],
      ['3', null, null],
      ['5', null, null],
      ['7', '2', 'p1'],
      ['8', null, null],
    ])
    expect(lines.nodes).toEqual(['remote-query'])
  } finally {
    await federation.close()
  }
})
