/**
 * How many combinations of values columns have together, where keys tell: those of `(part, supplier)` are no more than the table that they refer to
 * has rows, however many parts and suppliers there are. For estimates alone: keys are believed whether the catalog relies on them or not.
 */
import type { TableDefinition } from '../../catalog/catalog.js'
import type { ColumnId } from '../../expressions/expression.js'
import { originOf, type TableOf } from '../keys.js'
import type { LogicalPlan, ScanNode } from '../logical-plan.js'

/** Columns that have so many combinations of values together at most. */
export interface CombinationBound {
  readonly columns: ReadonlySet<ColumnId>
  readonly most: number
  /** They are a key of their own table, not one that refers to another. */
  readonly isOwnKey: boolean
}

/** Finds the keys among some columns of a plan; `tableNamed` finds `source.table`. */
export function boundsByKeys(
  plan: LogicalPlan,
  ids: readonly ColumnId[],
  tableOf: TableOf,
  tableNamed: (name: string) => TableDefinition | undefined,
): readonly CombinationBound[] {
  const names = new Map<ScanNode, Map<string, ColumnId>>()
  for (const id of ids) {
    const origin = originOf(plan, id)
    if (origin === undefined) continue
    const known = names.get(origin.scan)
    if (known === undefined) names.set(origin.scan, new Map([[origin.name, id]]))
    else known.set(origin.name, id)
  }
  return [...names].flatMap(([scan, byName]) => {
    const table = tableOf(scan)
    if (table === undefined) return []
    const boundOf = (key: readonly string[], most: number | undefined, isOwnKey: boolean) => {
      const columns = key.flatMap((name) => byName.get(name) ?? [])
      const isWhole = key.length > 0 && columns.length === key.length
      return isWhole && most !== undefined ? [{ columns: new Set(columns), most, isOwnKey }] : []
    }
    return [
      ...[table.primaryKey, ...table.unique].flatMap((key) =>
        boundOf(key, table.statistics.rows, true),
      ),
      ...table.foreignKeys.flatMap(({ columns, references }) =>
        boundOf(columns, tableNamed(references)?.statistics.rows, false),
      ),
    ]
  })
}

/** Something that combinations are made of, with the number of its values. */
export interface CombinedPart {
  /** Absent: it is no column. */
  readonly id?: ColumnId | undefined
  readonly values: number
}

/** Combinations of values of some parts: as many as their product, less where a key bounds it. */
export function combinationsWithin(
  parts: readonly CombinedPart[],
  bounds: readonly CombinationBound[],
): number {
  const productOf = (some: readonly CombinedPart[]) =>
    some.reduce((product, { values }) => product * values, 1)
  let left = parts
  let combinations = 1
  const ordered = bounds.map((bound) => {
    const covered = parts.filter(({ id }) => id !== undefined && bound.columns.has(id))
    return { ...bound, covered, gain: productOf(covered) / bound.most }
  })
  // The bound that saves most comes first; what it covers counts once.
  for (const { columns, covered, most } of ordered.sort((a, b) => b.gain - a.gain)) {
    if (covered.length < columns.size || covered.some((part) => !left.includes(part))) continue
    combinations *= Math.min(most, productOf(covered))
    left = left.filter((part) => !covered.includes(part))
  }
  return combinations * productOf(left)
}
