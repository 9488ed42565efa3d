/** The data directory of the local PostgreSQL is made once, kept, and made anew when what was kept is damaged. */
import { mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres } from '../../../src/analyzer/postgres/pglite.js'
import { decodeImage, encodeImage } from '../../../src/analyzer/postgres/data-directory-image.js'

let directory: string
const before = process.env['TRIBUTARY_CACHE_DIR']

beforeAll(async () => {
  directory = await mkdtemp(join(tmpdir(), 'tributary-cache-'))
  process.env['TRIBUTARY_CACHE_DIR'] = directory
})

afterAll(async () => {
  if (before === undefined) delete process.env['TRIBUTARY_CACHE_DIR']
  else process.env['TRIBUTARY_CACHE_DIR'] = before
  await rm(directory, { recursive: true, force: true })
})

async function databases(): Promise<unknown> {
  const postgres = await startPostgres()
  const found = postgres.query('SELECT datname FROM pg_database')
  await postgres.close()
  return found
}

test('a start makes and keeps it; a damaged one is replaced', async () => {
  expect(await databases()).toEqual([['postgres']])
  const [name = ''] = await readdir(directory)
  const file = join(directory, name)
  const made = await readFile(file)
  expect(decodeImage(made)?.entries.length).toBeGreaterThan(0)
  await writeFile(file, made.subarray(0, made.length - 1))
  expect(await databases()).toEqual([['postgres']])
  expect((await readFile(file)).length).toBeGreaterThan(made.length - 1)
  expect(await readdir(directory)).toEqual([name])
}, 120_000)

test('an image cut anywhere is known to be damaged', () => {
  const entries = [{ path: '/base' }, { path: '/base/1', size: 3 }]
  const whole = encodeImage({ entries, bytes: Buffer.from('abc') })
  expect(decodeImage(whole)).toEqual({ entries, bytes: Buffer.from('abc') })
  for (let length = 0; length < whole.length; length++) {
    expect(decodeImage(whole.subarray(0, length))).toBe(undefined)
  }
})
