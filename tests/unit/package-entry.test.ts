/** The package's entry is there, and exports what embedding programs need. */
import { existsSync, readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'

const root = new URL('../../', import.meta.url)

test('every file that package.json names has its source', () => {
  const { exports, bin } = JSON.parse(readFileSync(new URL('package.json', root), 'utf8')) as {
    exports: Record<string, Record<string, string>>
    bin: Record<string, string>
  }
  const targets = Object.values(exports).flatMap((entry) => Object.values(entry))
  const sources = targets.map((target) =>
    target.replace(/^\.\/dist\//, 'src/').replace(/(\.d)?\.(js|ts)$/, '.ts'),
  )
  for (const file of [...sources, ...Object.values(bin)]) {
    expect(existsSync(fileURLToPath(new URL(file, root))), file).toBe(true)
  }
})

test('a program can register a connector and start a server', async () => {
  const entry = await import('../../src/index.js')
  expect(Object.keys(entry).sort()).toEqual([
    ...['EXACT', 'EngineError', 'SQLSTATE', 'registerConnector', 'startServer'],
  ])
})
