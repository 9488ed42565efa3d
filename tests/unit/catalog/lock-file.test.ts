/** What a lock file may hold of a column's values. */
import { expect, test } from 'vitest'
import type { SourceDefinition, TableDefinition } from '../../../src/catalog/catalog.js'
import { lockOf } from '../../../src/catalog/lock-file.js'

test('a lock holds no value of a column with a tag, by whatever name the catalog calls it', () => {
  const declared = (name: string, from: string, tags: readonly string[]) => ({
    ...{ name, from, type: 'date', notNull: false, hidden: false, tags, options: {} },
  })
  const table: TableDefinition = {
    ...{ name: 'people', from: 'public.people', primaryKey: [], unique: [], foreignKeys: [] },
    ...{ indexes: [], rely: false, statistics: { columns: {} }, requireFilter: [], options: {} },
    columns: [declared('birthday', 'born', ['pii']), declared('joined', 'joined', [])],
  }
  const column = (name: string) => ({
    ...{ name, type: 'date', native: 'date', notNull: true, distinct: 9, nullFraction: 0 },
    ...{ min: '1931-05-06', max: '2001-02-03' },
  })
  const source = { name: 'crm', tables: [table] } as unknown as SourceDefinition
  const found = {
    server: { product: 'PostgreSQL', version: '18' },
    tables: [
      {
        ...{ from: 'public.people', primaryKey: [], unique: [], indexes: [], foreignKeys: [] },
        columns: [column('born'), column('joined')],
      },
    ],
  }
  const { columns } = lockOf(source, found, 'now').tables['public.people']!
  expect(columns.born).toEqual({ type: 'date', not_null: true, distinct: 9, null_fraction: 0 })
  expect(columns.joined).toMatchObject({ min: '1931-05-06', max: '2001-02-03' })
})
