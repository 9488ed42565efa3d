/** PostgreSQL's RTEKind: what an entry of a range table is. */
export const RangeKind = {
  relation: 0,
  subquery: 1,
  join: 2,
  function: 3,
  tableFunction: 4,
  values: 5,
  commonTable: 6,
  namedTuplestore: 7,
  result: 8,
  group: 9,
} as const
