/** Writes the catalog that Tributary serves in the bench, locks included. */
import { execFileSync } from 'node:child_process'
import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { MariadbServer } from '../../tests/servers/mariadb.js'
import type { PostgresServer } from '../../tests/servers/postgres.js'
import { LOYALTY, TICKETS } from './four-sources.js'
import { ROOT } from '../../tests/world/tributary-process.js'

/** Returns the directory; `files` is where the files lie. Discovery reads the statistics from the live servers. */
export async function writeBenchCatalog(
  directory: string,
  postgres: PostgresServer,
  mariadb: MariadbServer,
  files: string,
): Promise<string> {
  const catalog = join(directory, 'catalog')
  await mkdir(join(catalog, 'sources'), { recursive: true })
  const header = {
    version: 1,
    kind: 'catalog',
    name: 'bench',
    search_path: ['pg', 'my', 'loyalty', 'fs'],
  }
  await writeFile(join(catalog, 'catalog.yaml'), JSON.stringify(header))
  const source = async (
    name: string,
    connector: string,
    server: object,
    include: string,
  ): Promise<void> => {
    const file = {
      version: 1,
      kind: 'source',
      name,
      connector,
      connection: server,
      discover: { include: [include] },
    }
    await writeFile(join(catalog, 'sources', `${name}.yaml`), JSON.stringify(file))
    execFileSync(
      process.execPath,
      [join(ROOT, 'bin', 'tributary.js'), 'discover', name, '--write', '--catalog', catalog],
      {
        env: { ...process.env, BENCH_PASSWORD: 'secret' },
      },
    )
  }
  const password = '${env:BENCH_PASSWORD:-secret}'
  const { host, port, user, database } = postgres
  await source('pg', 'postgres', { host, port, user, database, password }, 'public.*')
  await source(
    'my',
    'mysql',
    { host, port: mariadb.port, user: mariadb.user, database: mariadb.database, password },
    'shop.*',
  )
  const loyalty = { host, port, user, database: LOYALTY, password }
  await source('loyalty', 'postgres', loyalty, 'public.*')
  await source('fs', 'files', { root: files }, TICKETS)
  return catalog
}
