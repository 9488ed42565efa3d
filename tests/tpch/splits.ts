/** Three ways to spread the TPC-H tables, and the check of one query in one of them. */
import { readFileSync, readdirSync } from 'node:fs'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { answerOf, differenceOf } from '../world/compare.js'
import { nodeTypesOf } from '../world/explain.js'
import type { Split } from '../world/table.js'
import type { World } from '../world/world.js'

export const TPCH_SPLITS: Readonly<Record<string, Split>> = {
  'sales in PostgreSQL': {
    ...{ lineitem: 'pg', orders: 'pg', customer: 'my', nation: 'my', region: 'my' },
    ...{ part: 'fs', partsupp: 'fs', supplier: 'fs' },
  },
  'sales in MariaDB and files': {
    ...{ lineitem: 'my', orders: 'fs', customer: 'pg', nation: 'pg', region: 'pg' },
    ...{ part: 'pg', partsupp: 'fs', supplier: 'my' },
  },
  'line items in files': {
    ...{ lineitem: 'fs', orders: 'my', customer: 'fs', nation: 'my', region: 'my' },
    ...{ part: 'my', partsupp: 'pg', supplier: 'pg' },
  },
}

export interface TpchQuery {
  /** `q01` to `q22`. */
  readonly name: string
  readonly sql: string
}

/** Reads the 22 queries, with the validation parameters of the specification. */
export function tpchQueries(): TpchQuery[] {
  const directory = join(dirname(fileURLToPath(import.meta.url)), 'queries')
  return readdirSync(directory)
    .filter((file) => file.endsWith('.sql'))
    .sort()
    .map((file) => ({
      name: file.replace('.sql', ''),
      sql: readFileSync(join(directory, file), 'utf8'),
    }))
}

/** Says what is wrong with Tributary's answer to a query, or undefined. Every ORDER BY here decides the order. */
export async function wrongWith(world: World, sql: string): Promise<string | undefined> {
  const expected = await answerOf(world.oracle, sql)
  if (expected.rows.flat().every((value) => value === null)) {
    return 'PostgreSQL answers nothing: a test that proves nothing'
  }
  const difference = differenceOf(expected, await answerOf(world.tributary, sql), { ordered: true })
  if (difference !== undefined) return difference
  const nodes = await nodeTypesOf(world.tributary, sql)
  return nodes.includes('Local PostgreSQL') ? 'the plan has a Local PostgreSQL node' : undefined
}
