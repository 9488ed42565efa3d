import { afterAll, beforeAll, expect, test } from 'vitest'
import { startPostgres, type PostgresInstance } from '../../../src/analyzer/postgres/pglite.js'
import { kernelSignatures } from '../../../src/expressions/kernels/registry.js'

let postgres: PostgresInstance
beforeAll(async () => {
  postgres = await startPostgres()
}, 60_000)
afterAll(() => postgres.close())

test('every kernel is a plain function of pg_catalog that is neither volatile nor set-returning', () => {
  const rows = postgres.query(`
    select p.proname || '(' || coalesce((select string_agg(t.typname, ',' order by o)
        from unnest(p.proargtypes::oid[]) with ordinality u(x, o) join pg_type t on t.oid = u.x), '') || ')'
    from pg_proc p
    where pronamespace = 'pg_catalog'::regnamespace and prokind = 'f' and not proretset
      and provolatile <> 'v'`)
  const known = new Set(rows.map((row) => row[0]))
  expect(kernelSignatures().filter((signature) => !known.has(signature))).toEqual([])
})

test('functions that are not strict have kernels that look at NULLs themselves', () => {
  const rows = postgres.query(`
    select p.proname || '(' || coalesce((select string_agg(t.typname, ',' order by o)
        from unnest(p.proargtypes::oid[]) with ordinality u(x, o) join pg_type t on t.oid = u.x), '') || ')'
    from pg_proc p where pronamespace = 'pg_catalog'::regnamespace and not proisstrict`)
  const lax = new Set(rows.map((row) => row[0]))
  expect(
    kernelSignatures()
      .filter((signature) => lax.has(signature))
      .sort(),
  ).toEqual([
    'array_append(anycompatiblearray,anycompatible)',
    'array_cat(anycompatiblearray,anycompatiblearray)',
    'array_position(anycompatiblearray,anycompatible)',
    'array_positions(anycompatiblearray,anycompatible)',
    'array_prepend(anycompatible,anycompatiblearray)',
    'array_remove(anycompatiblearray,anycompatible)',
    'array_replace(anycompatiblearray,anycompatible,anycompatible)',
    'array_to_string(anyarray,text,text)',
    'concat(any)',
    'concat_ws(text,any)',
    'format(text,any)',
    'json_build_array()',
    'json_build_array(any)',
    'json_build_object()',
    'json_build_object(any)',
    'jsonb_build_array()',
    'jsonb_build_array(any)',
    'jsonb_build_object()',
    'jsonb_build_object(any)',
    'num_nonnulls(any)',
    'num_nulls(any)',
    'quote_nullable(text)',
    'string_to_array(text,text)',
    'string_to_array(text,text,text)',
  ])
})
