/** `npm run demo -- --once` and the catalog it serves. */
import { execFile, spawn } from 'node:child_process'
import { chmod, mkdtemp, readdir, rm } from 'node:fs/promises'
import { createServer, connect, type AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
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

test('a demo whose port is taken serves on a free one, and Ctrl-C stops everything it started', async () => {
  const temporary = await mkdtemp(join(tmpdir(), 'tributary-demo-test-'))
  // Run by root, PostgreSQL is another user's.
  await chmod(temporary, 0o755)
  const occupant = createServer()
  await new Promise<void>((resolve) => occupant.listen(0, '127.0.0.1', resolve))
  const taken = (occupant.address() as AddressInfo).port
  const demo = spawn(process.execPath, ['scripts/demo.mjs'], {
    cwd: ROOT,
    env: { ...process.env, TRIBUTARY_PORT: String(taken), TMPDIR: temporary },
    // A terminal sends Ctrl-C to the whole group, servers included.
    detached: true,
  })
  const group = -(demo.pid ?? NaN)
  try {
    let said = ''
    await new Promise<void>((resolve, reject) => {
      demo.stdout.on('data', (chunk: Buffer) => {
        said += chunk.toString()
        if (said.includes('Ctrl-C stops everything.')) resolve()
      })
      demo.once('exit', (code) => reject(new Error(`the demo ended with code ${code}\n${said}`)))
    })
    const ports = [...said.matchAll(/on port (\d+)|-p (\d+)/g)].map(([, a, b]) => Number(a ?? b))
    expect(ports).toHaveLength(3)
    expect(ports).not.toContain(taken)
    expect(await Promise.all(ports.map(answers))).toEqual([true, true, true])

    const ended = new Promise((resolve) => demo.once('exit', resolve))
    process.kill(group, 'SIGINT')
    process.kill(group, 'SIGINT')
    expect(await ended).toBe(0)
    expect(await Promise.all(ports.map(answers))).toEqual([false, false, false])
    expect(() => process.kill(group, 0)).toThrow('ESRCH')
    const left = (await readdir(temporary)).filter((name) => name.startsWith('tributary-'))
    expect(left).toEqual([])
  } finally {
    occupant.close()
    if (demo.exitCode === null) process.kill(group, 'SIGKILL')
    await rm(temporary, { recursive: true, force: true })
  }
})

/** Tells whether somebody listens on a port of this machine. */
function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = connect(port, '127.0.0.1')
    socket.once('connect', () => resolve(true))
    socket.once('error', () => resolve(false))
    socket.once('close', () => socket.destroy())
    socket.once('connect', () => socket.destroy())
  })
}
