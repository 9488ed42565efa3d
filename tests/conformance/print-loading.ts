/** `node --import tsx tests/conformance/print-loading.ts bigquery DATASET`: prints the statements that load the suite's tables there. */
import { loadFixtures } from './load-fixtures.js'
import { tablesHeldBy } from './suite.js'
import { bigqueryStatements, snowflakeStatements } from './warehouse-sql.js'

const [kind, schema] = process.argv.slice(2)
const fixture = (await loadFixtures()).find((candidate) => candidate.kind === kind)
if (fixture === undefined || schema === undefined || !/^(bigquery|snowflake)$/.test(kind ?? '')) {
  console.error('usage: print-loading.ts bigquery DATASET | snowflake SCHEMA')
  process.exit(1)
}
const write = kind === 'bigquery' ? bigqueryStatements : snowflakeStatements
for (const statement of write(schema, tablesHeldBy(fixture))) console.log(`${statement};`)
