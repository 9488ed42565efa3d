/** Puts the shop's data where it lives: customers and orders in PostgreSQL, shipments in MariaDB, the rest in files. */
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DuckDBInstance } from '@duckdb/node-api'
import type mysql from 'mysql2/promise'
import type pg from 'pg'
import type { ShopData } from './data.js'

const POSTGRES_TABLES = `
  CREATE SCHEMA shop;
  CREATE TABLE shop.customers (
    id int PRIMARY KEY, name text NOT NULL, email text NOT NULL UNIQUE, segment varchar(20) NOT NULL,
    country char(2) NOT NULL, since date NOT NULL, credit_limit numeric(12,2) NOT NULL);
  CREATE TABLE shop.orders (
    id int PRIMARY KEY, customer_id int NOT NULL REFERENCES shop.customers, placed_on date NOT NULL,
    status text NOT NULL, total numeric(12,2) NOT NULL);
  COMMENT ON TABLE shop.customers IS 'One row per customer';`

/** Creates and fills the PostgreSQL part. */
export async function loadPostgres(client: pg.Client, data: ShopData): Promise<void> {
  await client.query(POSTGRES_TABLES)
  const { customers, orders } = data
  await client.query(
    `INSERT INTO shop.customers
     SELECT * FROM unnest($1::int[], $2::text[], $3::text[], $4::text[], $5::text[], $6::date[], $7::numeric[])`,
    [
      customers.map((c) => c.id),
      customers.map((c) => c.name),
      customers.map((c) => c.email),
      customers.map((c) => c.segment),
      customers.map((c) => c.country),
      customers.map((c) => c.since),
      customers.map((c) => c.creditLimit),
    ],
  )
  await client.query(
    `INSERT INTO shop.orders SELECT * FROM unnest($1::int[], $2::int[], $3::date[], $4::text[], $5::numeric[])`,
    [
      orders.map((o) => o.id),
      orders.map((o) => o.customerId),
      orders.map((o) => o.placedOn),
      orders.map((o) => o.status),
      orders.map((o) => o.total),
    ],
  )
  await client.query('CREATE INDEX ON shop.orders (customer_id); ANALYZE')
}

/** Creates and fills the MariaDB part. */
export async function loadMariadb(connection: mysql.Connection, data: ShopData): Promise<void> {
  await connection.query(
    `CREATE TABLE shipments (
       id INT PRIMARY KEY, order_id INT NOT NULL, product VARCHAR(20) NOT NULL, quantity INT NOT NULL,
       price DECIMAL(10,2) NOT NULL, shipped_on DATE, INDEX (order_id)) CHARACTER SET utf8mb4`,
  )
  const { shipments } = data
  for (let at = 0; at < shipments.length; at += 5000) {
    const rows = shipments
      .slice(at, at + 5000)
      .map((s) => [s.id, s.orderId, s.product, s.quantity, s.price, s.shippedOn])
    await connection.query('INSERT INTO shipments VALUES ?', [rows])
  }
}

/** Writes visits (CSV, one folder a year), tickets (JSON lines) and products (Parquet) below `directory`. */
export async function writeFiles(directory: string, data: ShopData): Promise<void> {
  for (const year of ['2025', '2026']) {
    const folder = join(directory, 'visits', `year=${year}`)
    await mkdir(folder, { recursive: true })
    const lines = data.visits
      .filter((visit) => visit.visitedAt.startsWith(year))
      .map((v) => `${v.customerId},${v.visitedAt},${v.page},${v.seconds}\n`)
    await writeFile(
      join(folder, 'visits.csv'),
      `customer_id,visited_at,page,seconds\n${lines.join('')}`,
    )
  }
  const tickets = data.tickets.map((ticket) => `${JSON.stringify(ticket)}\n`).join('')
  await writeFile(join(directory, 'tickets.json'), tickets)
  const instance = await DuckDBInstance.create(':memory:', {
    autoinstall_known_extensions: 'false',
    autoload_known_extensions: 'false',
  })
  const connection = await instance.connect()
  const rows = data.products.map(
    ({ sku, title, category, price }) => `('${sku}', '${title}', '${category}', ${price})`,
  )
  await connection.run(
    `CREATE TABLE products AS SELECT sku, title, category, price::DECIMAL(10,2) AS price
     FROM (VALUES ${rows.join(', ')}) AS p(sku, title, category, price)`,
  )
  const target = join(directory, 'products.parquet').replaceAll("'", "''")
  await connection.run(`COPY products TO '${target}' (FORMAT parquet)`)
  connection.closeSync()
  instance.closeSync()
}
