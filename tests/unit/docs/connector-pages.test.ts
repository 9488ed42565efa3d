/** The source files shown on the connectors' pages are source files: each loads without a problem. */
import { mkdirSync, mkdtempSync, readdirSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, expect, test } from 'vitest'
import { loadCatalog } from '../../../src/catalog/load-catalog.js'
import { connectorOf } from '../../../src/connectors/registry.js'
import { ROOT } from '../../world/tributary-process.js'

const PAGES = join(ROOT, 'docs', 'connectors')
const made: string[] = []
afterAll(() => made.forEach((directory) => rmSync(directory, { recursive: true, force: true })))

function sourcesOf(page: string): string[] {
  const text = readFileSync(join(PAGES, page), 'utf8')
  const blocks = [...text.matchAll(/```yaml\n(.*?)```/gs)].map(([, block = '']) => block)
  return blocks.filter((block) => block.includes('kind: source'))
}

const pages = readdirSync(PAGES).filter((page) => sourcesOf(page).length > 0)

test('most pages show a whole source file', () => {
  expect(pages).toEqual(
    expect.arrayContaining(['files.md', 'mongodb.md', 'mysql.md', 'postgres.md']),
  )
})

test.each(pages)('%s', async (page) => {
  const sources = sourcesOf(page)
  for (const text of sources) {
    const directory = mkdtempSync(join(tmpdir(), 'tributary-page-'))
    made.push(directory)
    mkdirSync(join(directory, 'sources'))
    writeFileSync(join(directory, 'catalog.yaml'), 'version: 1\nkind: catalog\nname: page\n')
    // Secrets without a default are whatever the reader's are.
    const filled = text.replace(/\$\{env:([^}:]+)\}/g, '${env:$1:-mongodb://something}')
    const name = /^name: (\w+)$/m.exec(text)?.[1] ?? ''
    writeFileSync(join(directory, 'sources', `${name}.yaml`), filled)
    const { catalog, problems } = loadCatalog(directory)
    expect(problems.map(({ code, message }) => `${code} ${message}`)).toEqual([])
    const [source] = catalog.sources
    expect((await connectorOf(source!.connector)).validate(source!)).toEqual([])
  }
})
