// `npm test`: sets up what the tests need, then runs them all. Ends with a line `N passed, N failed, N skipped`.
import { spawnSync } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { build, ensureDependencies, ensureMariadb, root } from './setup.mjs'

ensureDependencies()
build()
const missing = []
if (!ensureMariadb()) missing.push('MariaDB')
for (const name of missing)
  console.log(`tributary: ${name} cannot be had here: its tests are skipped`)
if (missing.length > 0 && process.env.CI === 'true') {
  console.error(`tributary: under CI every source must be there: ${missing.join(', ')} is missing`)
  process.exit(1)
}
const directory = mkdtempSync(join(tmpdir(), 'tributary-tests-'))
const file = join(directory, 'results.json')
const vitest = join(root, 'node_modules', 'vitest', 'vitest.mjs')
const reporters = ['--reporter=default', '--reporter=json', `--outputFile.json=${file}`]
const result = spawnSync(
  process.execPath,
  [vitest, 'run', ...reporters, ...process.argv.slice(2)],
  {
    cwd: root,
    stdio: 'inherit',
  },
)
let summary
try {
  const { numPassedTests, numFailedTests, numPendingTests } = JSON.parse(readFileSync(file, 'utf8'))
  summary = `${numPassedTests} passed, ${numFailedTests} failed, ${numPendingTests} skipped`
} catch {
  summary = '0 passed, 1 failed'
}
rmSync(directory, { recursive: true, force: true })
console.log(summary)
process.exit(result.status ?? 1)
