/**
 * Builds the physical plan bottom-up: fragments grow as long as their source takes the next node (federate.ts), and are closed into
 * remote statements where it does not; from there on operators of this engine, or the local PostgreSQL for what it lacks.
 */
import type { RemoteStatement } from '../../connectors/connector.js'
import { CATALOG_SOURCE } from '../../expressions/catalog-functions.js'
import type { Column } from '../../expressions/expression.js'
import { columnReference, conjunctsOf, somePart } from '../expression-traversal.js'
import type { LedgerEntry } from '../explain/ledger.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type { LogicalPlan, ScanNode } from '../logical-plan.js'
import { mapPhysicalInputs } from '../map-physical-inputs.js'
import type { PhysicalPlan } from '../physical-plan.js'
import { columnIdsAbove } from '../column-ids.js'
import { expressionsOf } from '../plan-traversal.js'
import { freeColumnsOf } from '../used-columns.js'
import { rememberedOfPlans, scansOf, visitPlans } from '../walk-plans.js'
import type { ColumnIds } from '../column-ids.js'
import { DEFAULT_PRICES } from '../estimates/source-prices.js'
import { opaquePlan } from './local-postgres-plan.js'
import { local } from './plan-part.js'
import type { PlanPart, RemotePart } from './plan-part.js'
import { columnsWithin, withUsed } from './required-columns.js'
import type { Ids } from './required-columns.js'
import { narrowed } from './arrange-fragment.js'
import { buildPlainNode } from './build-plain-node.js'
import { applyFilter } from './build-filter.js'
import { buildProject } from './build-project.js'
import { buildJoin } from './build-join.js'
import { buildLateralJoin } from './build-lateral-join.js'
import { buildLimit } from './build-limit.js'
import { buildSetOperation } from './build-set-operation.js'
import { buildWith } from './build-with.js'
import { NotOneFragment, internal } from './plan-builder.js'
import type {
  ClosedFragment,
  BuildContext,
  Place,
  PlanBuilder,
  Substitutes,
} from './plan-builder.js'
import { firstRows } from './first-rows.js'
import { shippedPart, shipRows } from './ship-rows.js'

/** A physical plan as it stands before its remote statements have texts: enough to tell what it costs. */
export interface DraftPlan {
  readonly draft: PhysicalPlan
  /** The plan to run, and what it does where. */
  print(): { readonly plan: PhysicalPlan; readonly ledger: readonly LedgerEntry[] }
}

/** Builds the physical plan of a rewritten logical plan; its columns are the plan's, in order. */
export function buildPlan(logical: LogicalPlan, context: BuildContext): DraftPlan {
  const builder = new Builder(context, logical)
  builder.ships = context.pushdown
  const draft = builder.finish(logical)
  return {
    draft,
    print: () => ({
      plan: builder.printed(draft),
      ledger: builder.ledger.flatMap((entry) => entry() ?? []),
    }),
  }
}

/** Tells whether a plan would be one remote statement. A piece that reads a common table from outside itself is not one by itself. */
export function isOneFragment(logical: LogicalPlan, context: BuildContext): boolean {
  if (readsOutside(logical)) return false
  const builder = new Builder(context, logical)
  builder.closes = false
  const part = builder.attempt(() => builder.build(logical, columnIdsOf(logical)))
  return part?.kind === 'remote'
}

/** The same for a plan of which the rows of some nodes are sent to the source of the rest. */
export function isOneFragmentWith(
  logical: LogicalPlan,
  sent: readonly LogicalPlan[],
  source: string,
  context: BuildContext,
): boolean {
  if (readsOutside(logical)) return false
  const builder = new Builder(context, logical)
  builder.closes = false
  const relations: Substitutes = new Map(
    sent.map((side) => [side, (wanted: Ids) => shippedPart(builder, side, wanted, source)?.part]),
  )
  const part = builder.attempt(() =>
    builder.substituting(relations, () => builder.build(logical, columnIdsOf(logical))),
  )
  return part?.kind === 'remote'
}

class Builder implements PlanBuilder {
  readonly context: BuildContext
  readonly fragments = new WeakMap<PhysicalPlan, ClosedFragment>()
  readonly remoteTables = new Map<number, RemotePart>()
  readonly sharedTables = new Map<number, number>()
  /** Entries are written once it is known which stay. */
  readonly ledger: (() => LedgerEntry | undefined)[] = []
  readonly columnIds: ColumnIds
  readonly doneHere = new WeakMap<LogicalPlan, LedgerEntry>()
  readonly places = new WeakMap<LogicalPlan, Place>()
  readonly sites = new WeakMap<LogicalPlan, ReadonlyMap<string, string>>()
  /** Pieces of the plan may become ship joins. */
  ships = false
  /** false: a plan that is more than one fragment is not built. */
  closes = true
  /** How to print the statements of remote queries, by what stands for them meanwhile. */
  readonly #unprinted = new WeakMap<RemoteStatement, () => RemoteStatement>()
  #substitutes: Substitutes = new Map()
  #isTrial = false
  /** What trials have built: the one of a plan builds all below it, whose own come later. */
  readonly #tried = new WeakMap<LogicalPlan, PlanPart>()
  #lastId = 0
  #lastParameter: number | undefined
  #lastShared = 0

  readonly #logical: LogicalPlan

  constructor(context: BuildContext, logical: LogicalPlan) {
    this.context = context
    this.columnIds = columnIdsAbove(logical)
    this.#logical = logical
  }

  /** Builds and closes a plan with exactly its columns in their order. */
  finish(node: LogicalPlan): PhysicalPlan {
    const columns = columnsOf(node)
    return this.arranged(this.close(this.build(node, columnIdsOf(node)), columns), columns)
  }

  id(): number {
    return ++this.#lastId
  }

  numberShared(): number {
    return ++this.#lastShared
  }

  numberParameters(count: number): number {
    const last = this.#lastParameter ?? highestParameter(this.#logical)
    this.#lastParameter = last + count
    return last + 1
  }

  base(node: LogicalPlan, notes: readonly string[] = []) {
    const rows = this.context.estimator.rows(node)
    const estimatedRows = rows === undefined ? undefined : Math.max(0, Math.round(rows))
    const learned = this.context.estimator.originOf(node)
    return {
      ...{ id: this.id(), estimatedRows },
      ...(learned === undefined ? {} : { learned }),
      ...(notes.length > 0 ? { notes } : {}),
    }
  }

  /** Puts the columns of a finished plan in this order, where consumers go by position. */
  arranged(plan: PhysicalPlan, columns: readonly Column[]): PhysicalPlan {
    const same =
      plan.columns.length === columns.length &&
      plan.columns.every((column, index) => column.id === columns[index]!.id)
    if (same) return plan
    return {
      kind: 'project',
      id: this.id(),
      estimatedRows: plan.estimatedRows,
      columns,
      input: plan,
      expressions: columns.map((column) => ({ column, expression: columnReference(column) })),
    }
  }

  /** Ends a fragment: narrows it to the columns needed and prints it. A finished plan passes through. */
  close(part: PlanPart, needed: readonly Column[]): PhysicalPlan {
    if (!this.closes) throw new NotOneFragment()
    if (part.kind === 'local') return part.plan
    const { fragment, pushdown, source } = narrowed(part, needed)
    if (freeColumnsOf(fragment).size > 0 || readsOutside(fragment)) throw new NotOneFragment()
    const neighbours = new Set(scansOf(fragment).map((scan) => scan.source))
    neighbours.delete(source)
    const learnable = this.context.estimator.fragmentOf(fragment)
    const prices = this.context.pricesOf(source)
    const plan: PhysicalPlan = {
      kind: 'remote-query',
      ...this.base(fragment),
      ...(learnable === undefined ? {} : { fragment: learnable }),
      columns: columnsOf(fragment),
      source,
      ...(neighbours.size === 0 ? {} : { neighbours: [...neighbours] }),
      ...(prices === DEFAULT_PRICES ? {} : { prices }),
      statement: this.print(() => pushdown.print(fragment, prices)),
    }
    this.fragments.set(plan, { part, needed, keyConditions: new Map() })
    return plan
  }

  print(print: () => RemoteStatement): RemoteStatement {
    const later: RemoteStatement = { text: '', parameters: [], columns: [] }
    this.#unprinted.set(later, print)
    return later
  }

  /** The plan with the texts of its remote statements: most that are built on the way are not in it. */
  printed(plan: PhysicalPlan): PhysicalPlan {
    if (plan.kind !== 'remote-query') return mapPhysicalInputs(plan, (input) => this.printed(input))
    const withText = <T extends { readonly statement: RemoteStatement }>(one: T): T => {
      const print = this.#unprinted.get(one.statement)
      return print === undefined ? one : { ...one, statement: print() }
    }
    const { bound, ranges } = plan
    return {
      ...withText(plan),
      ...(bound === undefined ? {} : { bound: bound.map(withText) }),
      ...(ranges === undefined ? {} : { ranges: ranges.map(withText) }),
    }
  }

  /** Builds an input and closes it. */
  closed(node: LogicalPlan, required: Ids): PhysicalPlan {
    return this.close(this.build(node, required), columnsWithin(node, required))
  }

  build(node: LogicalPlan, required: Ids): PlanPart {
    const substitute = this.#substitutes.get(node)
    if (substitute !== undefined) {
      const part = substitute(required)
      if (part === undefined) throw new NotOneFragment()
      return part
    }
    if (this.#isTrial && this.remoteTables.size === 0) {
      let part = this.#tried.get(node)
      if (part === undefined) {
        part = this.#build(node, required)
        this.#tried.set(node, part)
      }
      return part
    }
    if (!this.ships) return this.#build(node, required)
    return firstRows(this, node, required, (needed) => this.#shipOrBuild(node, needed))
  }

  #shipOrBuild(node: LogicalPlan, required: Ids): PlanPart {
    return shipRows(this, node, required, () => this.#build(node, required))
  }

  #build(node: LogicalPlan, required: Ids): PlanPart {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node)
      case 'filter': {
        const below = withUsed(required, node.condition)
        return applyFilter(
          this,
          node,
          conjunctsOf(node.condition),
          this.build(node.input, below),
          below,
        )
      }
      case 'project':
        return buildProject(this, node)
      case 'join':
        return node.lateral
          ? buildLateralJoin(this, node, required)
          : buildJoin(this, node, required)
      case 'limit':
        return buildLimit(this, node, required)
      case 'with':
        return buildWith(this, node, required)
      case 'cte-reference': {
        const remote = this.remoteTables.get(node.cte)
        if (remote !== undefined) return { ...remote, fragment: node }
        const shared = this.sharedTables.get(node.cte)
        if (shared === undefined) throw internal(`Common table ${node.name} is not in scope`)
        return local({
          kind: 'shared-reference',
          ...this.base(node),
          columns: node.columns,
          shared,
          name: node.name,
        })
      }
      case 'opaque-query': {
        const tables = node.tables.map((table) => {
          const plan = this.closed(table, columnIdsOf(table))
          return this.arranged(plan, table.columns)
        })
        this.record(() => {
          const entry: LedgerEntry = {
            ...{ work: 'other', detail: 'the whole statement', outcome: 'here' },
            reason: node.reason,
          }
          this.doneHere.set(node, entry)
          return entry
        })
        return local(opaquePlan(node, tables, this.base(node)))
      }
      case 'set-operation':
        return buildSetOperation(this, node)
      case 'values':
      case 'table-function':
      case 'project-set':
      case 'aggregate':
      case 'window':
      case 'distinct':
      case 'distinct-on':
      case 'sort':
        return buildPlainNode(this, node, required)
      case 'recursive-union':
        throw internal('Recursive union outside WITH RECURSIVE')
      case 'view':
        return this.build(node.input, required)
    }
  }

  #scan(node: ScanNode): PlanPart {
    const pushdown = this.context.pushdownOf(node.source)
    const part: RemotePart = { kind: 'remote', source: node.source, pushdown, fragment: node }
    // The catalog is this server's own: what asks it is not pushed away, it is at home there.
    const isPushed = this.context.pushdown || node.source === CATALOG_SOURCE
    return isPushed ? part : local(this.close(part, node.columns))
  }

  record(entry: () => LedgerEntry | undefined): void {
    this.ledger.push(entry)
  }

  substituting<T>(substitutes: Substitutes, build: () => T): T {
    const [outer, { ships }] = [this.#substitutes, this]
    this.#substitutes = new Map([...outer, ...substitutes])
    this.ships = false
    try {
      return build()
    } finally {
      this.#substitutes = outer
      this.ships = ships
    }
  }

  trial<T>(build: () => T): T {
    const { ships } = this
    this.ships = false
    this.#isTrial = true
    let built: { readonly value: T } | undefined
    try {
      this.undoable(() => {
        built = { value: build() }
        return undefined
      })
    } finally {
      this.ships = ships
      this.#isTrial = false
    }
    return built!.value
  }

  unrecorded<T>(build: () => T): T {
    const written = this.ledger.length
    const built = build()
    this.ledger.length = written
    return built
  }

  undoable<T>(build: () => T | undefined): T | undefined {
    const [numbers, written] = [this.#numbers, this.ledger.length]
    const built = build()
    if (built !== undefined) return built
    this.#numbers = numbers
    this.ledger.length = written
    return undefined
  }

  unlessBetter(build: () => PlanPart, better: (plan: PlanPart) => PlanPart | undefined): PlanPart {
    const [before, written] = [this.#numbers, this.ledger.length]
    const plan = build()
    const after = this.#numbers
    const entries = this.ledger.splice(written)
    this.#numbers = before
    const found = better(plan)
    if (found !== undefined) return found
    this.#numbers = after
    this.ledger.splice(written, Infinity, ...entries)
    return plan
  }

  get #numbers(): readonly [number, number | undefined, number] {
    return [this.#lastId, this.#lastParameter, this.#lastShared]
  }

  set #numbers(numbers) {
    ;[this.#lastId, this.#lastParameter, this.#lastShared] = numbers
  }

  attempt<T>(build: () => T): T | undefined {
    const written = this.ledger.length
    try {
      const built = build()
      // What is no fragment after all is built once more, elsewhere.
      if (typeof built !== 'object' || (built as PlanPart).kind !== 'remote') {
        this.ledger.length = written
      }
      return built
    } catch (error) {
      this.ledger.length = written
      if (error instanceof NotOneFragment) return undefined
      throw error
    }
  }
}

/** Tells whether a plan reads a common table that it does not define. */
function readsOutside(plan: LogicalPlan): boolean {
  return tablesFromOutside(plan).size > 0
}

const NONE: ReadonlySet<number> = new Set()

/** The common tables that a plan reads and does not define. */
const tablesFromOutside = rememberedOfPlans<ReadonlySet<number>>((node, below) => {
  if (node.kind === 'cte-reference') return new Set([node.cte])
  if (below.every((tables) => tables.size === 0)) return NONE
  const tables = new Set(below.flatMap((found) => [...found]))
  if (node.kind === 'with') for (const table of node.tables) tables.delete(table.id)
  if (node.kind === 'recursive-union') tables.delete(node.cte)
  return tables
})

/** The highest statement parameter in a plan: apply numbers its own above. */
function highestParameter(plan: LogicalPlan): number {
  let highest = 0
  visitPlans(plan, (node) => {
    for (const expression of expressionsOf(node)) {
      somePart(expression, (part) => {
        if (part.kind === 'parameter' && part.index > highest) highest = part.index
        return false
      })
    }
  })
  return highest
}
