/** The example catalogs are sound. */
import { join } from 'node:path'
import { expect, test } from 'vitest'
import { loadCatalog } from '../../../src/catalog/load-catalog.js'
import { ROOT } from '../../world/tributary-process.js'

test.each(['shop', 'insurance', 'telecom'])('%s', (name) => {
  const { catalog, problems } = loadCatalog(join(ROOT, 'examples', name, 'catalog'), {})
  expect(problems).toEqual([])
  expect(catalog?.views.length).toBeGreaterThan(0)
})
