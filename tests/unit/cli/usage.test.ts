/** What the command says of itself, and what wrong usage ends with. */
import { execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const MAIN = fileURLToPath(new URL('../../../src/cli/main.ts', import.meta.url))

function tributary(...argv: string[]): Promise<{ code: number; out: string; err: string }> {
  return new Promise((resolve) => {
    execFile(process.execPath, ['--import', 'tsx', MAIN, ...argv], (error, out, err) =>
      resolve({ code: error === null ? 0 : Number(error.code), out, err }),
    )
  })
}

test('help goes to standard output, wherever it is asked for', async () => {
  const [alone, asked] = await Promise.all([tributary('help'), tributary('serve', '--help')])
  expect(alone).toMatchObject({ code: 0, err: '' })
  expect(alone.out).toContain('tributary serve')
  expect(asked).toEqual(alone)
})

test('wrong usage says what is wrong before the help, and exits with 2', async () => {
  const results = await Promise.all([
    tributary(),
    tributary('sreve'),
    tributary('sql'),
    tributary('serve', '--prot', '5433'),
    tributary('sql', '--', '--help', 'SELECT 1'),
  ])
  const said = [
    'Expected a command',
    'Unknown command "sreve"',
    'Expected one argument: the SQL statement',
    "Unknown option '--prot'",
    'Expected one argument: the SQL statement',
  ]
  results.forEach(({ code, out, err }, i) => {
    expect({ code, out }).toEqual({ code: 2, out: '' })
    expect(err).toContain(`tributary: ${said[i]}`)
    expect(err).toContain('tributary discover SOURCE')
  })
})

test('the version is the one of the package', async () => {
  expect((await tributary('--version')).out).toMatch(/^tributary \d+\.\d+\.\d+\n$/)
})
