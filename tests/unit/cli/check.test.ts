/** `tributary check` tells the mistakes of all files at once, and none that only follow from others. */
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, expect, test, vi } from 'vitest'
import { check } from '../../../src/cli/check.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-check-'))
})
afterEach(() => {
  vi.restoreAllMocks()
  rmSync(directory, { recursive: true, force: true })
})

const source = (name: string, connector: string, column: string): string => `version: 1
kind: source
name: ${name}
connector: ${connector}
connection: {host: localhost, databse: app, user: app}
tables:
  - name: people
    from: app.people
    columns:
      - {name: id, type: ${column}}
`

/** What `check` prints of a catalog with these views, the directory left out. */
async function report(files: Readonly<Record<string, string>>): Promise<string> {
  const all = { 'catalog.yaml': 'version: 1\nkind: catalog\nname: test\n', ...files }
  for (const [path, text] of Object.entries(all)) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
  const lines: string[] = []
  vi.spyOn(console, 'log').mockImplementation((line: string) => lines.push(line))
  expect(await check(['--catalog', directory])).toBe(1)
  return lines.join('\n').replaceAll(`${directory}/`, '')
}

/** `path:line:column code` of each problem. */
function placesOf(text: string): string[] {
  return [...text.matchAll(/^(\S+:\d+:\d+) (?:error|warning) (\w+)/gm)].map(
    (m) => `${m[1]} ${m[2]}`,
  )
}

test('a connector of an unknown kind hides neither its tables nor the views, and is named as it was meant', async () => {
  const text = await report({
    'sources/core.yaml': source('core', 'postgress', 'bigint'),
    'sources/shop.yaml': source('shop', 'postgres', 'bigint'),
    'views/report/names.sql': 'SELECT nme FROM core.people',
    'views/report/numbers.sql': 'SELECT id FROM shop.people',
  })
  expect(placesOf(text)).toEqual([
    'sources/core.yaml:4:12 E3001',
    'sources/shop.yaml:5:13 E3005',
    'sources/shop.yaml:5:31 E3005',
    'views/report/names.sql:1:8 E2001',
  ])
  expect(text).toContain('did you mean "postgres"?')
})

test('views over a table that is not known are only read for their syntax', async () => {
  const text = await report({
    'sources/core.yaml': source('core', 'files', 'bigintt').replace(
      /connection:.*/,
      'connection: {root: .}',
    ),
    'sources/shop.yaml': source('shop', 'files', 'bigint').replace(
      /connection:.*/,
      'connection: {root: .}',
    ),
    'views/report/broken.sql': 'SELEC id FROM core.people',
    'views/report/follows.sql': 'SELECT name FROM core.people',
    'views/report/wrong.sql': 'SELECT name FROM shop.people',
  })
  expect(placesOf(text)).toEqual([
    'sources/core.yaml:10:26 E3002',
    'views/report/broken.sql:1:1 E2001',
    'views/report/wrong.sql:1:8 E2001',
  ])
})

test('a broken file may have any name', async () => {
  const text = await report({
    'sources/core (old.yaml': 'version: 1\nkind: source\nname: [core]\nconnector: files\n',
    'views/report/names.sql': 'SELECT nme FROM nowhere',
  })
  expect(text).toContain('sources/core (old.yaml:3:')
})
