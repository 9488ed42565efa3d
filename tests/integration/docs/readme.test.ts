/** The README's statement runs on the demo's catalog and gives what one PostgreSQL with the same data gives. */
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { makeShopData } from '../../../examples/shop/data.js'
import { loadMariadb, loadPostgres, writeFiles } from '../../../examples/shop/load.js'
import { mariadbInstalled, startMariadb } from '../../servers/mariadb.js'
import { startPostgres } from '../../servers/postgres.js'
import { answerOf } from '../../world/compare.js'
import { ROOT, startTributary } from '../../world/tributary-process.js'

describe.skipIf(!mariadbInstalled())('README (needs MariaDB)', () => {
  test('the example joins three systems', async () => {
    const sql = /```sql\n(SELECT[\s\S]*?);\n```/.exec(
      readFileSync(join(ROOT, 'README.md'), 'utf8'),
    )?.[1]
    expect(sql).toBeDefined()
    const files = mkdtempSync(join(tmpdir(), 'tributary-readme-'))
    const data = makeShopData(200)
    await writeFiles(files, data)
    const [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
    const client = await postgres.connect()
    await loadPostgres(client, data)
    const connection = await mariadb.connect()
    await loadMariadb(connection, data)
    await connection.end()
    const tributary = await startTributary(join(ROOT, 'examples/shop/catalog'), {
      SHOP_POSTGRES_PORT: String(postgres.port),
      SHOP_MARIADB_PORT: String(mariadb.port),
      SHOP_FILES: files,
    })
    const ours = new pg.Client({
      host: '127.0.0.1',
      port: tributary.port,
      user: 'reader',
      database: 'shop360',
    })
    await ours.connect()
    const actual = await answerOf(ours, sql as string)
    // The oracle: the facts summed up in plain code.
    const product = new Map(data.products.map((p) => [p.sku, p.category]))
    const customer = new Map(data.customers.map((c) => [c.id, c]))
    const order = new Map(data.orders.map((o) => [o.id, o.customerId]))
    const revenue = new Map<string, number>()
    for (const s of data.shipments) {
      const buyer = customer.get(order.get(s.orderId) as number)
      if (buyer?.country !== 'DE') continue
      const key = `${buyer.segment}|${product.get(s.product)}`
      revenue.set(key, (revenue.get(key) ?? 0) + s.quantity * Math.round(Number(s.price) * 100))
    }
    const expected = [...revenue]
      .sort((a, b) => b[1] - a[1])
      .map(([key, cents]) => `${key}|${(cents / 100).toFixed(2)}`)
    expect(actual.rows.map((row) => row.join('|'))).toEqual(expected)
    await Promise.all([ours.end(), client.end()])
    await tributary.stop()
    await Promise.all([postgres.stop(), mariadb.stop()])
    rmSync(files, { recursive: true, force: true })
  })
})
