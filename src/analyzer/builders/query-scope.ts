/**
 * Names while a query is read: each query level has a scope that knows its range table, the columns its FROM items
 * produce, its common tables, and collects the aggregates and window calls found in its expressions.
 */
import type { Column } from '../../expressions/expression.js'
import type {
  AggregateCall,
  LogicalPlan,
  ProjectedColumn,
  WindowCall,
} from '../../planner/logical-plan.js'
import { nodesOf } from '../tree-reader.js'
import type { TreeNode } from '../tree-reader.js'
import { Unreadable } from '../unreadable.js'

/** Columns of a FROM item by position; a gap is a column the statement does not use. */
export type EntryColumns = readonly (Column | undefined)[]

export interface CommonTableReference {
  readonly id: number
  readonly name: string
}

export interface GroupingCall {
  readonly column: Column
  readonly groups: readonly number[]
}

/** Builds the set operation of a recursive common table. */
export interface Recursion {
  build(tree: TreeNode, names: readonly string[], scope: QueryScope): LogicalPlan
}

export class QueryScope {
  readonly parent: QueryScope | undefined
  readonly query: TreeNode
  readonly rangeTable: readonly TreeNode[]
  /** Present in the query of a recursive common table. */
  readonly recursion: Recursion | undefined
  readonly #columns = new Map<number, EntryColumns>()
  readonly #commonTables = new Map<string, CommonTableReference>()

  /**
   * Where expressions of this level are evaluated: over the FROM items, or over the groups. Aggregates' own
   * arguments are over the FROM items again.
   */
  phase: 'input' | 'grouped' = 'input'
  groups: ProjectedColumn[] = []
  /** Ungrouped columns that a grouped primary key determines, by column id of the input. */
  readonly determined = new Map<number, Column>()
  readonly aggregates = new Map<string, AggregateCall>()
  readonly groupingCalls: GroupingCall[] = []
  readonly windowCalls = new Map<number, WindowCall[]>()

  constructor(query: TreeNode, parent: QueryScope | undefined, recursion: Recursion | undefined) {
    this.query = query
    this.rangeTable = nodesOf(query, 'rtable')
    this.parent = parent
    this.recursion = recursion
  }

  /** The scope `levels` query levels out. */
  up(levels: number): QueryScope {
    if (levels === 0) return this
    if (this.parent === undefined) throw new Unreadable('a reference beyond the outermost query')
    return this.parent.up(levels - 1)
  }

  /** The range table entry of a 1-based index. */
  entry(index: number): TreeNode {
    const found = this.rangeTable[index - 1]
    if (found === undefined) throw new Unreadable(`range table entry ${index}`)
    return found
  }

  setColumns(index: number, columns: EntryColumns): void {
    this.#columns.set(index, columns)
  }

  column(index: number, attribute: number): Column {
    const found = this.#columns.get(index)?.[attribute - 1]
    if (found === undefined) throw new Unreadable(`column ${attribute} of FROM item ${index}`)
    return found
  }

  setCommonTable(table: CommonTableReference): void {
    this.#commonTables.set(table.name, table)
  }

  commonTable(name: string): CommonTableReference {
    const found = this.#commonTables.get(name)
    if (found === undefined) throw new Unreadable(`common table "${name}"`)
    return found
  }
}
