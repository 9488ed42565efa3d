/** A whole server in this process over one CSV file, `lake.one(id integer, label text)`, and a client of it. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { loadCatalog } from '../../../src/catalog/load-catalog.js'
import { LocalCompiler } from '../../../src/session/compiler/local-compiler.js'
import { LocalRunner } from '../../../src/session/runner/local-runner.js'
import { startWireServer } from '../../../src/wire/server.js'

export interface OneTableServer {
  readonly client: pg.Client
  close(): Promise<void>
}

/** Starts it; `lines` are the file's rows. */
export async function serveOneTable(lines: string): Promise<OneTableServer> {
  const directory = mkdtempSync(join(tmpdir(), 'tributary-one-table-'))
  mkdirSync(join(directory, 'sources'))
  writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: c\nsearch_path: [lake]\n') // prettier-ignore
  writeFileSync(join(directory, 'one.csv'), `id,label\n${lines}`)
  writeFileSync(
    join(directory, 'sources', 'lake.yaml'),
    `version: 1\nkind: source\nname: lake\nconnector: files\nconnection: {root: ${JSON.stringify(directory)}}
tables: [{name: one, from: one.csv, columns: [{name: id, type: integer}, {name: label, type: text}]}]\n`,
  )
  const { catalog } = loadCatalog(directory)
  const compiler = await LocalCompiler.start(catalog)
  const server = await startWireServer({
    ...{ host: '127.0.0.1', port: 0, compiler, catalog: () => catalog },
    runner: new LocalRunner(catalog.sources),
  })
  const client = new pg.Client({ host: '127.0.0.1', port: server.port, database: 'c', user: 'x' })
  await client.connect()
  return {
    client,
    async close() {
      await client.end()
      await server.close()
      await compiler.close()
      rmSync(directory, { recursive: true, force: true })
    },
  }
}
