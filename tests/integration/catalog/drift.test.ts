/** A live source that no longer fits its lock: ignored, warned of, or not served. */
import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresServer } from '../../servers/postgres.js'
import { discoverSource, ROOT, startTributary } from '../../world/tributary-process.js'

let postgres: PostgresServer
let directory: string

const sourceFile = (port: number, policy: string) => `version: 1
kind: source
name: crm
connector: postgres
connection: {host: 127.0.0.1, port: ${port}, database: postgres, user: postgres, password: "\${env:DRIFT_PASSWORD}", tls: disable}
discover: {include: ["app.*"]${policy}}
`
const environment = { DRIFT_PASSWORD: 'secret' }

beforeAll(async () => {
  postgres = await startPostgres()
  await postgres.execute(
    'CREATE SCHEMA app; CREATE TABLE app.t (a int NOT NULL, b text, c date); CREATE TABLE app.gone (x int)',
  )
  directory = await mkdtemp(join(tmpdir(), 'tributary-drift-'))
  await mkdir(join(directory, 'sources'))
  await writeFile(
    join(directory, 'catalog.yaml'),
    'version: 1\nkind: catalog\nname: drift\nsearch_path: [crm]\n',
  )
  await setPolicy('')
  await discoverSource(directory, 'crm', environment)
})

afterAll(async () => {
  await postgres?.stop()
  if (directory !== undefined) await rm(directory, { recursive: true, force: true })
})

const setPolicy = (policy: string) =>
  writeFile(join(directory, 'sources', 'crm.yaml'), sourceFile(postgres.port, policy))

/** Runs `check --online`: its exit code and the codes with their messages. */
async function check(): Promise<{ code: number; problems: string[] }> {
  const program = join(ROOT, 'bin', 'tributary.js')
  const args = [program, 'check', '--catalog', directory, '--online', '--format', 'json']
  const env = { ...process.env, ...environment }
  let code = 0
  const { stdout } = await promisify(execFile)(process.execPath, args, { env }).catch(
    (error: { code: number; stdout: string }) => {
      code = error.code
      return error
    },
  )
  const problems = stdout === '' ? [] : (JSON.parse(stdout) as { code: string; message: string }[])
  return { code, problems: problems.map((p) => `${p.code} ${p.message.replace(/^.*: /, '')}`) }
}

test('a source that fits its lock has no drift', async () => {
  expect(await check()).toEqual({ code: 0, problems: [] })
  await setPolicy(', on_drift: fail')
  const server = await startTributary(directory, environment)
  await server.stop()
})

test('changes are told one by one, as the policy says', async () => {
  await postgres.execute(
    'ALTER TABLE app.t ALTER a DROP NOT NULL, DROP b, ALTER c TYPE timestamp, ADD d int; DROP TABLE app.gone; CREATE TABLE app.fresh (x int)',
  )
  const changes = [
    ['3010', 'column app.t.a may now be NULL'],
    ['3010', 'column app.t.b is gone'],
    ['3010', 'column app.t.c was date and is timestamp without time zone'],
    ['3010', 'table app.gone is gone'],
  ].map(([code, message]) => [code, message] as const)
  const additions = ['W3010 column app.t.d is new', 'W3010 table app.fresh is new']
  await setPolicy('')
  const warned = await check()
  expect(warned.code).toBe(0)
  expect(warned.problems.sort()).toEqual(
    [...changes.map(([code, message]) => `W${code} ${message}`), ...additions].sort(),
  )
  await setPolicy(', on_drift: fail')
  const failed = await check()
  expect(failed.code).toBe(1)
  expect(failed.problems.sort()).toEqual(
    [...changes.map(([code, message]) => `E${code} ${message}`), ...additions].sort(),
  )
  await setPolicy(', on_drift: ignore')
  expect(await check()).toEqual({ code: 0, problems: [] })
})

test('serve refuses a drifted source under fail, and logs it under warn', async () => {
  await setPolicy(', on_drift: fail')
  await expect(startTributary(directory, environment)).rejects.toThrow(
    /E3010 Source "crm" departs from its lock: column app\.t\.b is gone[^]*not serving/,
  )
  await setPolicy(', on_drift: warn')
  const server = await startTributary(directory, environment)
  const deadline = Date.now() + 20_000
  while (!/W3010 .*app\.gone is gone/.test(server.log()) && Date.now() < deadline) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  await server.stop()
  expect(server.log()).toMatch(/W3010 .*app\.gone is gone/)
})

test('a source that is down does not keep the server from starting', async () => {
  await setPolicy(', on_drift: fail')
  const file = join(directory, 'sources', 'crm.yaml')
  await writeFile(file, (await readFile(file, 'utf8')).replace(/port: \d+/, 'port: 1'))
  const server = await startTributary(directory, environment)
  await server.stop()
  expect(server.log()).toMatch(/W3011 .*"crm"/)
})
