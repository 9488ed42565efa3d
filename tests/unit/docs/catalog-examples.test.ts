/** Every YAML block of the documentation is a sound catalog file. */
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { expect, test } from 'vitest'
import { parse } from 'yaml'
import { loadCatalog } from '../../../src/catalog/load-catalog.js'

const root = fileURLToPath(new URL('../../../', import.meta.url))
const HEADER = 'version: 1\nkind: catalog\nname: docs\n'
const ENVIRONMENT = { TRIBUTARY_ANNA_PASSWORD: 'x', CORE_USER: 'x', CORE_PASSWORD: 'x' }

function blocksOf(document: string): string[] {
  const text = readFileSync(join(root, document), 'utf8')
  return [
    ...[...text.matchAll(/```yaml\n([\s\S]*?)```/g)].map((match) => match[1] as string),
    ...[...text.matchAll(/<<'YAML'\n([\s\S]*?)\nYAML/g)].map((match) => `${match[1]}\n`),
  ].filter((block) => /^version: 1$/m.test(block))
}

const blocks = ['README.md', 'docs/catalog.md', 'docs/connecting.md'].flatMap((document) =>
  blocksOf(document).map((block, i) => [`${document} ${i + 1}`, block] as const),
)

test('there are examples', () => expect(blocks.length).toBeGreaterThanOrEqual(5))

test.each(blocks)('%s', (_title, block) => {
  const { kind, name } = parse(block) as { kind: string; name: string }
  const paths: Record<string, string> = {
    catalog: 'catalog.yaml',
    source: `sources/${name}.yaml`,
    principals: 'access/principals.yaml',
  }
  const directory = mkdtempSync(join(tmpdir(), 'tributary-docs-'))
  const files = { 'catalog.yaml': HEADER, [paths[kind] as string]: block }
  for (const [path, text] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true })
    writeFileSync(join(directory, path), text)
  }
  const { problems } = loadCatalog(directory, ENVIRONMENT)
  // Types come with discovery, schemas with other files: both are said in the text.
  const unexpected = problems.filter(
    (p) => p.code !== 'E3003' && !/search_path|schema is named/.test(p.message),
  )
  expect(unexpected).toEqual([])
  rmSync(directory, { recursive: true, force: true })
})
