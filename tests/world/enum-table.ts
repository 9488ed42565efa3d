/** A table with enum columns, which only a PostgreSQL source can hold. Labels are out of the alphabet's order, and some need quotes. */
import type { WorldTable } from './table.js'

const GRADES = ['low', 'mid', 'high', 'Ä "best"', 'a,b\\c', 'null'] as const
const STATES = ['on', 'off'] as const

const at = <T>(values: readonly T[], i: number): T | null => values[i % (values.length + 1)] ?? null

const quoted = (value: string): string => `"${value.replace(/["\\]/g, '\\$&')}"`

/** 90 rows, one in seven grades NULL. */
export const ENUM_TABLE: WorldTable = {
  name: 'graded',
  primaryKey: ['g'],
  enums: { grade: GRADES, state: STATES },
  columns: [
    { name: 'g', type: 'int4' },
    { name: 'customer_id', type: 'int4' },
    { name: 'grade', type: 'grade' },
    { name: 'state', type: 'state' },
    { name: 'grades', type: 'grade[]' },
    { name: 'label', type: 'text' },
  ],
  rows: Array.from({ length: 90 }, (_, i) => [
    String(i + 1),
    i % 11 === 0 ? null : String((i * 7) % 70),
    at(GRADES, i * 5),
    at(STATES, i),
    i % 5 === 0 ? null : `{${[at(GRADES, i), at(GRADES, i * 3)].map((v) => (v === null ? 'NULL' : quoted(v))).join(',')}}`, // prettier-ignore
    at([...GRADES, 'unknown'], i),
  ]),
}
