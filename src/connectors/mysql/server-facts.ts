/** What a server says of itself. */
import type { ServerFacts } from '../../catalog/catalog.js'

/** Asks a server what it is. */
export async function serverFacts(
  query: (sql: string) => Promise<(string | null)[][]>,
): Promise<ServerFacts> {
  const [row] = await query(
    'SELECT VERSION(), @@collation_database, @@global.time_zone, @@system_time_zone',
  )
  const version = row?.[0] ?? ''
  const zone = row?.[2] === 'SYSTEM' ? row[3] : row?.[2]
  return {
    product: /mariadb/i.test(version) ? 'MariaDB' : 'MySQL',
    version,
    ...(row?.[1] ? { collation: row[1] } : {}),
    ...(zone ? { timezone: zone } : {}),
  }
}
