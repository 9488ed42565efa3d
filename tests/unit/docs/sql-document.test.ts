import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { afterAll, beforeAll, expect, test } from 'vitest'
import { revokeDangerousFunctions } from '../../../src/analyzer/forbidden-functions.js'
import { startPostgres, type PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import { sqlDocument } from './sql-document.js'

let postgres: PostgresInstance
beforeAll(async () => {
  postgres = await startPostgres()
  revokeDangerousFunctions(postgres)
}, 60_000)
afterAll(() => postgres.close())

test('docs/sql.md says what the code does (npm run test:update rewrites it)', () => {
  const file = fileURLToPath(new URL('../../../docs/sql.md', import.meta.url))
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, sqlDocument(postgres))
  expect(readFileSync(file, 'utf8')).toBe(sqlDocument(postgres))
})
