/** The examples of docs/planner.md run on the demo's catalog and answer what the page says; UPDATE_GOLDEN=1 writes it. */
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import pg from 'pg'
import { describe, expect, test } from 'vitest'
import { makeShopData } from '../../../examples/shop/data.js'
import { loadMariadb, loadPostgres, writeFiles } from '../../../examples/shop/load.js'
import { mariadbInstalled, startMariadb } from '../../servers/mariadb.js'
import { startPostgres } from '../../servers/postgres.js'
import { ROOT, startTributary } from '../../world/tributary-process.js'

const PAGE = join(ROOT, 'docs', 'planner.md')
const BLOCK = /```sql\n([\s\S]*?)\n```(?:\n\n```text\n([\s\S]*?)```)?/g

/** The lines of a plan, or the error. */
async function answerOf(client: pg.Client, sql: string): Promise<string> {
  try {
    const result: unknown = await client.query({ text: sql, rowMode: 'array' })
    const last = (Array.isArray(result) ? result.at(-1) : result) as pg.QueryArrayResult<string[]>
    return last.rows.map((row) => row.join(' | ')).join('\n')
  } catch (error) {
    const { code, message, detail, hint } = error as pg.DatabaseError
    const more = [detail && `DETAIL: ${detail}`, hint && `HINT: ${hint}`].filter(Boolean)
    return [`ERROR ${code}: ${message}`, ...more].join('\n')
  }
}

/** Times, memory and bytes differ from run to run. */
function steady(text: string): string {
  return text
    .replaceAll(/\d+(\.\d+)? ms/g, '… ms')
    .replaceAll(/(memory[= ])\d+/g, '$1…')
    .replaceAll(/(bytes=)\d+|\d+( bytes)/g, '$1…$2')
}

describe.skipIf(!mariadbInstalled())('docs/planner.md (needs MariaDB)', () => {
  test('says what happens', async () => {
    const files = mkdtempSync(join(tmpdir(), 'tributary-planner-docs-'))
    const data = makeShopData()
    await writeFiles(files, data)
    const [postgres, mariadb] = await Promise.all([startPostgres(), startMariadb()])
    const source = await postgres.connect()
    await loadPostgres(source, data)
    await source.end()
    const connection = await mariadb.connect()
    await loadMariadb(connection, data)
    await connection.end()
    const tributary = await startTributary(join(ROOT, 'examples/shop/catalog'), {
      ...{ SHOP_POSTGRES_PORT: String(postgres.port), SHOP_MARIADB_PORT: String(mariadb.port) },
      SHOP_FILES: files,
    })
    const client = new pg.Client({
      ...{ host: '127.0.0.1', port: tributary.port, user: 'reader', database: 'shop360' },
    })
    await client.connect()
    const page = readFileSync(PAGE, 'utf8')
    let written = page
    const differences: string[] = []
    for (const [block, sql = '', said] of page.matchAll(BLOCK)) {
      const answer = steady(await answerOf(client, sql)).replaceAll(files, '/data')
      if (said === undefined) expect(answer, sql).toBe('')
      else {
        if (said.trimEnd() !== answer) differences.push(`${sql}\n${answer}`)
        written = written.replace(
          block,
          () => `\`\`\`sql\n${sql}\n\`\`\`\n\n\`\`\`text\n${answer}\n\`\`\``,
        )
      }
    }
    await client.end()
    await tributary.stop()
    await Promise.all([postgres.stop(), mariadb.stop()])
    rmSync(files, { recursive: true, force: true })
    if (process.env.UPDATE_GOLDEN === '1') writeFileSync(PAGE, written)
    else expect(differences).toEqual([])
  })
})
