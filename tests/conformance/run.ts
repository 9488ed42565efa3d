/** `npm run test:conformance [-- KIND ...]`: a line per connector, then what failed; exit code 1 when something did. */
import { startPostgres } from '../servers/postgres.js'
import { loadFixtures } from './load-fixtures.js'
import { nameOf, proveConnector } from './suite.js'
import { summaryOf } from './summary.js'

const wanted = process.argv.slice(2)
const oracleServer = await startPostgres()
const oracle = await oracleServer.connect()
const started = performance.now()
let failed = 0
for (const fixture of await loadFixtures()) {
  if (wanted.length > 0 && !wanted.includes(fixture.kind)) continue
  if (!fixture.isAvailable()) {
    console.log(`${nameOf(fixture)}: skipped, ${fixture.against} cannot be had here`)
    continue
  }
  const report = await proveConnector(fixture, oracle)
  console.log(summaryOf(report))
  for (const { what, failure } of report.results) {
    if (failure === undefined) continue
    failed++
    console.log(`  ${what}\n    ${failure.replaceAll('\n', '\n    ')}`)
  }
}
console.log(`${Math.round((performance.now() - started) / 1000)} s`)
await oracle.end()
await oracleServer.stop()
process.exit(failed > 0 ? 1 : 0)
