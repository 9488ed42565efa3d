/** What the builders of the single kinds of nodes (build-*.ts) share: the plan under construction, and the way to build what is below. */
import type { Pushdown, RemoteStatement } from '../../connectors/connector.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { columnReference } from '../expression-traversal.js'
import type { LedgerEntry } from '../explain/ledger.js'
import type { LogicalPlan, ProjectedColumn } from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import type { ColumnIds } from '../column-ids.js'
import type { PlanPart, RemotePart } from './plan-part.js'
import type { Ids } from './required-columns.js'
import type { RowEstimator } from '../estimates/estimate-rows.js'
import type { MostByParameter } from '../estimates/row-counts.js'
import type { SourcePrices } from '../estimates/source-prices.js'

export interface BuildContext {
  pushdownOf(source: string): Pushdown
  pricesOf(source: string): SourcePrices
  /** false: only scans go to sources. */
  readonly pushdown: boolean
  readonly estimator: RowEstimator
  /** What parameters of LIMIT and OFFSET are at most. */
  readonly atMost: MostByParameter
  /** Orders the joins of a plan once more: one of its parts has become smaller. */
  inOrderAnew(plan: LogicalPlan): LogicalPlan
  /** Why groupings are not made below the joins they are above, by their first column; absent: nobody was asked. */
  readonly whyNotGrouped?: ReadonlyMap<ColumnId, () => string | undefined>
}

/** Says that what was tried as one fragment is not one. Caught where the attempt began. */
export class NotOneFragment extends Error {}

/** A fragment that was closed, with what was asked of it and the conditions by which keys narrow it. */
export interface ClosedFragment {
  readonly part: RemotePart
  readonly needed: readonly Column[]
  readonly keyConditions: ReadonlyMap<number, Expression>
}

/** What stands in the places of nodes, given the columns needed of it; undefined: nothing can, and NotOneFragment is thrown. */
export type Substitutes = ReadonlyMap<LogicalPlan, (required: Ids) => PlanPart | undefined>

/** Where the rows of a plan are made: at a source's site, here, or at several places. */
export type Place = { readonly site: string; readonly source: string } | 'here' | 'mixed'

export interface PlanBuilder {
  readonly context: BuildContext
  /** Common tables inside the fragment being tried. */
  readonly remoteTables: Map<number, RemotePart>
  /** Common tables that run here: the number under which references read them. */
  readonly sharedTables: Map<number, number>
  /** What closed fragments were made of: keys may still be added to them. */
  readonly fragments: WeakMap<PhysicalPlan, ClosedFragment>
  /** Numbers columns that the logical plan does not have. */
  readonly columnIds: ColumnIds
  /** A fresh plan id. */
  id(): number
  /** A fresh number for shared rows. */
  numberShared(): number
  /** The first of as many fresh parameter numbers. */
  numberParameters(count: number): number
  /** What every operator for a node starts from. */
  base(
    node: LogicalPlan,
    notes?: readonly string[],
  ): {
    readonly id: number
    readonly estimatedRows: number | undefined
    readonly notes?: readonly string[]
  }
  build(node: LogicalPlan, required: Ids): PlanPart
  /** Ends a fragment: narrows it to the columns needed. A finished plan passes through. */
  close(part: PlanPart, needed: readonly Column[]): PhysicalPlan
  /** Stands for a statement that is printed once the plan is there, if it is in it. */
  print(print: () => RemoteStatement): RemoteStatement
  /** A plan with the statements themselves. */
  printed(plan: PhysicalPlan): PhysicalPlan
  /** Builds an input and closes it. */
  closed(node: LogicalPlan, required: Ids): PhysicalPlan
  /** Builds and closes a plan with exactly its columns in their order. */
  finish(node: LogicalPlan): PhysicalPlan
  /** Puts the columns of a finished plan in this order, where consumers go by position. */
  arranged(plan: PhysicalPlan, columns: readonly Column[]): PhysicalPlan
  /** Writes into the ledger, in the end; an attempt that fails takes its entries with it. */
  record(entry: () => LedgerEntry | undefined): void
  /** What was not done at a source, and keeps what is above it here as well: by its node, once the ledger is written. */
  readonly doneHere: WeakMap<LogicalPlan, LedgerEntry>
  /** Where the rows of plans are made, as far as it was asked. */
  readonly places: WeakMap<LogicalPlan, Place>
  /** The sites of plans, each with one source of it, as far as it was asked. */
  readonly sites: WeakMap<LogicalPlan, ReadonlyMap<string, string>>
  /** Builds with other parts in the places of nodes, and ships no rows meanwhile. */
  substituting<T>(substitutes: Substitutes, build: () => T): T
  /** Builds what is only looked at: ships no rows, and leaves no trace. */
  trial<T>(build: () => T): T
  /** Builds what the ledger need not tell: it has the same work from elsewhere. */
  unrecorded<T>(build: () => T): T
  /** Builds a plan, and takes another instead where there is a better one; of the other nothing is left. */
  unlessBetter(build: () => PlanPart, better: (plan: PlanPart) => PlanPart | undefined): PlanPart
  /** Takes back ids, numbers and ledger entries where nothing came of a build. */
  undoable<T>(build: () => T | undefined): T | undefined
  /** Undefined where the attempt turned out not to be one fragment. */
  attempt<T>(build: () => T): T | undefined
}

/** Hands columns on as they are. */
export function passed(columns: readonly Column[]): ProjectedColumn[] {
  return columns.map((column) => ({ column, expression: columnReference(column) }))
}

export function internal(message: string): EngineError {
  return new EngineError(SQLSTATE.internalError, message, { category: 'internal' })
}
