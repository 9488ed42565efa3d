import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, test } from 'vitest'
import { loadCatalog } from '../../../src/catalog/load-catalog.js'
import { renderProblems } from '../../../src/catalog/problem.js'

let directory: string
beforeEach(() => {
  directory = mkdtempSync(join(tmpdir(), 'tributary-catalog-'))
})
afterEach(() => rmSync(directory, { recursive: true, force: true }))

function write(files: Readonly<Record<string, string>>): void {
  for (const [path, text] of Object.entries(files)) {
    const file = join(directory, path)
    mkdirSync(dirname(file), { recursive: true })
    writeFileSync(file, text)
  }
}

/** Problems as `path:line:column code`, and the whole report. */
function load(
  files: Readonly<Record<string, string>>,
  environment: Readonly<Record<string, string>> = {},
): { places: string[]; report: string; catalog: ReturnType<typeof loadCatalog>['catalog'] } {
  write(files)
  const { catalog, problems, texts } = loadCatalog(directory, environment)
  return {
    catalog,
    places: problems.map(
      (p) => `${p.file.slice(directory.length + 1)}:${p.line}:${p.column} ${p.code}`,
    ),
    report: renderProblems(problems, texts),
  }
}

const HEADER = 'version: 1\nkind: catalog\nname: test\nsearch_path: [core]\n'
const SOURCE = `version: 1
kind: source
name: core
connector: postgres
connection: {host: localhost}
tables:
  - name: people
    from: app.PEOPLE
    primary_key: [id]
    columns:
      - {name: id, from: ID, type: bigint, not_null: true}
      - {name: full_name, from: NAME, type: text}
`

describe('a sound catalog', () => {
  test('becomes sources, tables and columns', () => {
    const { catalog, places } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE })
    expect(places).toEqual([])
    expect(catalog.searchPath).toEqual(['core'])
    expect(catalog.sources[0]?.tables[0]).toMatchObject({
      name: 'people',
      from: 'app.PEOPLE',
      primaryKey: ['id'],
      columns: [
        { name: 'id', from: 'ID', type: 'bigint', notNull: true },
        { name: 'full_name', from: 'NAME', type: 'text', notNull: false },
      ],
    })
  })

  test('takes from the lock what the source file does not say', () => {
    const lock = `version: 1
kind: source_lock
source: core
server: {product: PostgreSQL, version: "18.4", collation: C.UTF-8}
tables:
  app.PEOPLE:
    rows: 120
    columns:
      ID: {type: bigint, not_null: true, distinct: 120}
      NAME: {type: text, native: varchar}
      BORN: {type: date}
`
    const files = { 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE }
    const { catalog, places } = load({ ...files, 'sources/core.lock.yaml': lock })
    expect(places).toEqual([])
    const table = catalog.sources[0]?.tables[0]
    expect(table?.columns.map((c) => c.name)).toEqual(['id', 'full_name', 'born'])
    expect(table?.statistics).toMatchObject({ rows: 120, columns: { id: { distinct: 120 } } })
    expect(catalog.sources[0]?.server?.version).toBe('18.4')
  })

  test('fills in secrets from the environment and from defaults', () => {
    const source = SOURCE.replace(
      '{host: localhost}',
      '{host: "${env:HOST:-db.local}", password: "${env:PASSWORD}"}',
    )
    const { catalog, places } = load(
      { 'catalog.yaml': HEADER, 'sources/core.yaml': source },
      { PASSWORD: 'x y' },
    )
    expect(places).toEqual([])
    expect(catalog.sources[0]?.connection).toEqual({ host: 'db.local', password: 'x y' })
  })

  test('changes its version with any file', () => {
    const files = { 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE }
    const before = load(files).catalog.version
    expect(load(files).catalog.version).toBe(before)
    expect(load({ ...files, 'catalog.yaml': `${HEADER}timezone: UTC\n` }).catalog.version).not.toBe(
      before,
    )
  })
})

describe('mistakes are reported at their place', () => {
  test('all of them at once, with the line, a caret and what was meant', () => {
    const source = SOURCE.replace('primary_key: [id]', 'primary_key: [idd]').replace(
      'type: text',
      'type: txt',
    )
    const { places, report } = load({
      'catalog.yaml': `${HEADER}colation: binary\n`,
      'sources/core.yaml': source,
    })
    expect(places).toEqual([
      'catalog.yaml:5:1 E1002',
      'sources/core.yaml:9:19 E3001',
      'sources/core.yaml:12:45 E3002',
    ])
    expect(report).toContain('did you mean "collation"?')
    expect(report).toContain('did you mean "id"?')
    expect(report).toContain('  9 |     primary_key: [idd]\n    |                   ^')
  })

  test('unknown schemas in the search path', () => {
    const { places, report } = load({
      'catalog.yaml': HEADER.replace('[core]', '[cor]'),
      'sources/core.yaml': SOURCE,
    })
    expect(places).toEqual(['catalog.yaml:4:15 E3001'])
    expect(report).toContain('did you mean "core"?')
  })

  test('broken YAML', () => {
    const { places } = load({ 'catalog.yaml': 'version: 1\nkind: catalog\nname: [a\n' })
    expect(places[0]).toMatch(/^catalog\.yaml:\d+:\d+ E1001$/)
  })

  test('duplicate keys', () => {
    const { places } = load({ 'catalog.yaml': `${HEADER}name: again\n` })
    expect(places).toContain('catalog.yaml:5:1 E1001')
  })

  test('a secret that is not set, by its name', () => {
    const source = SOURCE.replace('localhost', '"${env:NOWHERE}"')
    const { places, report } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual(['sources/core.yaml:5:20 E1008'])
    expect(report).toContain('environment variable NOWHERE is not set')
  })

  test('a secret written out is a warning', () => {
    const source = SOURCE.replace('localhost', 'localhost, password: hunter2')
    const { places, report } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual(['sources/core.yaml:5:41 W1001'])
    expect(report.split('\n')[0]).not.toContain('hunter2')
  })

  test('a table of which nothing is known', () => {
    const source = SOURCE.replace(/ {4}columns:[\s\S]*/, '').replace('    primary_key: [id]\n', '')
    const { places, report } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual(['sources/core.yaml:7:5 E3003'])
    expect(report).toContain('tributary discover core --write')
  })

  test('foreign keys that lead nowhere', () => {
    const source = SOURCE.replace(
      'primary_key: [id]',
      'foreign_keys: [{columns: [id], references: core.persons, to: [id]}]',
    )
    const { places } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual(['sources/core.yaml:9:48 E3001'])
  })

  test('policies that this version does not enforce are refused, not ignored', () => {
    const files = { 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE }
    const access = 'version: 1\nkind: access\ngrants: []\n'
    const { places } = load({ ...files, 'access/reception.yaml': access })
    expect(places).toEqual(['access/reception.yaml:1:1 E4001'])
  })

  test('users with roles that do not exist', () => {
    const principals = `version: 1
kind: principals
roles:
  reception: {}
users:
  anna: {roles: [receptoin]}
`
    const files = { 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE }
    const { places, report } = load({ ...files, 'access/principals.yaml': principals })
    expect(places).toEqual(['access/principals.yaml:6:18 E4002'])
    expect(report).toContain('did you mean "reception"?')
  })

  test('those below a connector that cannot be read', () => {
    const source = SOURCE.replace('connector: postgres', 'connector: Post-gres')
      .replace('primary_key: [id]', 'primary_key: [idd]')
      .replace('type: bigint', 'type: bigintt')
      .replace('localhost', '"${env:NOWHERE}"')
    const { places, report } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual([
      'sources/core.yaml:4:12 E1006',
      'sources/core.yaml:5:20 E1008',
      'sources/core.yaml:9:19 E3001',
      'sources/core.yaml:11:36 E3002',
    ])
    expect(report).toContain('did you mean "bigint"?')
  })

  test('those of other tables, and of the same table where they cannot follow from it', () => {
    const source = `${SOURCE.replace('primary_key: [id]', 'primary_key: [idd]')}  - name: orders
    from: app.ORDERS
    primary_key: [id]
    foreign_keys: [{columns: [person], references: core.people, to: [id]}]
    colums:
      - {name: id, type: bigint}
  - name: lines
    from: app.LINES
    primary_key: [number]
    columns:
      - {nam: number, type: bigint}
      - {name: price, type: numerc}
  - just a text
`
    const { places, report } = load({ 'catalog.yaml': HEADER, 'sources/core.yaml': source })
    expect(places).toEqual([
      'sources/core.yaml:9:19 E3001',
      'sources/core.yaml:17:5 E1002', // colums: what its keys name may be in there
      'sources/core.yaml:23:9 E1003',
      'sources/core.yaml:23:10 E1002',
      'sources/core.yaml:24:29 E3002',
      'sources/core.yaml:25:5 E1004',
    ])
    expect(report).toContain('did you mean "numeric"?')
  })

  test('not those that follow from a broken lock or from a source that could not be read', () => {
    const files = {
      'catalog.yaml': HEADER,
      'sources/core.yaml': SOURCE.replace(/ {4}columns:[\s\S]*/, ''),
      'sources/core.lock.yaml': 'version: 1\nkind: source_lock\nsource: core\ntables: 5\n',
      'sources/shop.yaml': SOURCE.replace('name: core', 'name: shop').replace(
        'primary_key: [id]',
        'foreign_keys: [{columns: [id], references: core.persons, to: [id]}]',
      ),
    }
    const { places } = load(files)
    expect(places.every((place) => place.startsWith('sources/core.lock.yaml:'))).toBe(true)
    expect(places.length).toBeGreaterThan(0)
  })

  test('those of a file in which a key stands twice', () => {
    const source = SOURCE.replace('connector: postgres', 'connector: postgres\nconnector: mysql')
    const { places } = load({
      'catalog.yaml': HEADER,
      'sources/core.yaml': source.replace('primary_key: [id]', 'primary_key: [idd]'),
    })
    expect(places).toEqual(['sources/core.yaml:5:1 E1001', 'sources/core.yaml:10:19 E3001'])
  })

  test('users with roles that do not exist beside users that cannot be read', () => {
    const principals = `version: 1
kind: principals
roles:
  reception: {}
  kitchen: 5
users:
  anna: {roles: [receptoin]}
  ben: {roles: [kitchen], pasword: x}
`
    const files = { 'catalog.yaml': HEADER, 'sources/core.yaml': SOURCE }
    const { places } = load({ ...files, 'access/principals.yaml': principals })
    expect(places).toEqual([
      'access/principals.yaml:5:12 E1004',
      'access/principals.yaml:7:18 E4002',
      'access/principals.yaml:8:27 E1002',
    ])
  })

  test('no catalog at all', () => {
    const { places } = load({})
    expect(places).toEqual(['catalog.yaml:1:1 E1000'])
  })
})
