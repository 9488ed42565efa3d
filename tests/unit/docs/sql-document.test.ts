import { readFileSync, writeFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { sqlDocument } from './sql-document.js'

test('docs/sql.md says what the code does (npm run test:update rewrites it)', () => {
  const file = fileURLToPath(new URL('../../../docs/sql.md', import.meta.url))
  if (process.env.UPDATE_GOLDEN === '1') writeFileSync(file, sqlDocument())
  expect(readFileSync(file, 'utf8')).toBe(sqlDocument())
})
