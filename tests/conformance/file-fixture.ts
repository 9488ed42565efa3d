/** What the fixtures of files share: a folder with a file per table, each of one format. */
import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import type { RunningFixture } from './fixture.js'
import type { SuiteTable } from './subject-tables.js'

/** Writes the tables into a folder of their own; what their source file declares is the suite's names and types. */
export async function startFiles(
  ending: string,
  format: Readonly<Record<string, unknown>>,
  write: (directory: string, tables: readonly SuiteTable[]) => Promise<void>,
  tables: readonly SuiteTable[],
): Promise<RunningFixture> {
  const root = await mkdtemp(join(tmpdir(), 'tributary-conformance-'))
  await write(root, tables)
  return {
    source: {
      ...{ name: 'conformance', connector: 'files', limits: {}, discover: {}, directory: '/' },
      connection: { root },
      tables: tables.map(({ name, columns }) => ({
        ...{ name, from: `${name}.${ending}`, format, primaryKey: [], unique: [] },
        columns: columns.map(({ name, type }) => ({ name, from: name, type, notNull: false, hidden: false, tags: [], options: {} })), // prettier-ignore
        ...{ foreignKeys: [], indexes: [], rely: false, requireFilter: [] },
        ...{ statistics: { columns: {} }, options: {} },
      })),
    },
    from: (table) => `${table}.${ending}`,
    endless: {
      statement:
        'SELECT count(*) FROM many a JOIN many b ON b.one = a.one JOIN many c ON c.one = a.one JOIN many d ON d.one = a.one',
      async running() {
        // DuckDB runs in threads of this process: it is at work when the process uses a processor while we sleep.
        const before = process.cpuUsage()
        await sleep(100)
        const { user, system } = process.cpuUsage(before)
        return user + system > 10_000 ? 1 : 0
      },
    },
    async stop() {
      await rm(root, { recursive: true, force: true })
    },
  }
}
