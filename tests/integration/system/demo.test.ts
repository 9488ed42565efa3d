/** `npm run demo -- --once` and the catalog it serves. */
import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, test } from 'vitest'
import { ROOT } from '../../world/tributary-process.js'

const run = promisify(execFile)

test('the demo shows a statement across its sources, its rows and its EXPLAIN, and ends', async () => {
  const { stdout } = await run(
    process.execPath,
    ['--import', 'tsx', 'examples/shop/demo.ts', '--once'],
    {
      cwd: ROOT,
    },
  )
  expect(stdout).toMatch(/psql -h 127\.0\.0\.1 -p \d+ -d shop360/)
  expect(stdout).toContain('(5 rows)')
  expect(stdout).toMatch(/(Hash|Bind) Join/)
  expect(stdout).toMatch(/Remote Query: crm/)
  expect(stdout).toMatch(/Remote Query: warehouse/)
  expect(stdout).toMatch(/Remote Query: lake/)
})

test.each(['examples/shop/catalog', 'catalog'])('%s has no mistake', async (directory) => {
  const program = join(ROOT, 'bin', 'tributary.js')
  const { stdout } = await run(process.execPath, [program, 'check', '--catalog', directory], {
    cwd: ROOT,
  })
  expect(stdout).toContain('0 errors, 0 warnings')
})

test.each([
  ['lake', ['Remote Query: lake'], ['PostgreSQL', 'MariaDB']],
  ['crm', ['Remote Query: crm'], ['files', 'MariaDB']],
  ['crm,lake', ['Remote Query: crm', 'Remote Query: lake'], ['MariaDB']],
])('the demo runs with %s alone', async (sources, shown, absent) => {
  const program = ['--import', 'tsx', 'examples/shop/demo.ts', '--once', '--sources', sources]
  const { stdout } = await run(process.execPath, program, { cwd: ROOT })
  for (const text of shown) expect(stdout).toContain(text)
  for (const text of absent) expect(stdout).not.toContain(`${text} on port`)
  expect(stdout).toMatch(/\(\d+ rows\)/)
})

test.each([
  ['--ones', "Unknown option '--ones'"],
  ['--sources=oracle', 'The demo has no source "oracle"'],
  ['--port=many', '--port takes a port number, not "many"'],
])('the demo refuses %s', async (flag, message) => {
  const program = ['--import', 'tsx', 'examples/shop/demo.ts', '--once', flag]
  await expect(run(process.execPath, program, { cwd: ROOT })).rejects.toMatchObject({
    code: 2,
    stderr: expect.stringContaining(message) as string,
  })
})
