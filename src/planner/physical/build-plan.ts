/**
 * Builds the physical plan bottom-up: fragments grow as long as their source takes the next node (federate.ts), and are closed into
 * remote statements where it does not; from there on operators of this engine, or the local PostgreSQL for what it lacks.
 */
import type { Pushdown } from '../../connectors/connector.js'
import type { Column, ColumnId, Expression } from '../../expressions/expression.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { whyNotNative } from '../../expressions/native.js'
import type { RowEstimator } from '../estimate-rows.js'
import { columnReference, conjunction, conjunctsOf, somePart } from '../expression-traversal.js'
import { offerFilter, offerJoin, offerNode, offerProject, sameSite } from '../federate.js'
import { columnIdsOf, columnsOf } from '../logical-plan.js'
import type {
  CommonTable,
  JoinNode,
  LimitNode,
  LogicalPlan,
  ProjectedColumn,
  ScanNode,
  SetOperationNode,
  WithNode,
} from '../logical-plan.js'
import type { PhysicalPlan } from '../physical-plan.js'
import {
  expressionsOf,
  freeColumnsOf,
  logicalInputsOf,
  mapInputs,
  substituteInPlan,
  usedColumnsOf,
  visitPlans,
} from '../plan-traversal.js'
import { rowWidth } from '../row-width.js'
import { arrange } from '../rules/prune-columns.js'
import { joinPlan, splitCondition } from './join-plan.js'
import { localPostgresPlan, opaquePlan } from './local-postgres-plan.js'
import { whyNotNativeNode } from './native-support.js'
import { local } from './plan-part.js'
import type { PlanPart, RemotePart } from './plan-part.js'

export interface BuildContext {
  pushdownOf(source: string): Pushdown
  /** false: only scans go to sources. */
  readonly pushdown: boolean
  readonly estimator: RowEstimator
}

/** Builds the physical plan of a rewritten logical plan; its columns are the plan's, in order. */
export function buildPlan(logical: LogicalPlan, context: BuildContext): PhysicalPlan {
  const builder = new PlanBuilder(context, highestParameter(logical))
  return builder.finish(logical)
}

type Ids = ReadonlySet<ColumnId>

/** Says that what was tried as one fragment is not one. Caught where the attempt began. */
class NotOneFragment extends Error {}

class PlanBuilder {
  readonly #context: BuildContext
  #lastId = 0
  #lastParameter: number
  #lastShared = 0
  /** Common tables inside the fragment being tried. */
  readonly #remoteTables = new Map<number, RemotePart>()
  /** Common tables that run here: the number under which references read them. */
  readonly #sharedTables = new Map<number, number>()

  constructor(context: BuildContext, lastParameter: number) {
    this.#context = context
    this.#lastParameter = lastParameter
  }

  /** Builds and closes a plan with exactly its columns in their order. */
  finish(node: LogicalPlan): PhysicalPlan {
    const columns = columnsOf(node)
    return this.#arranged(this.#close(this.#build(node, columnIdsOf(node)), columns), columns)
  }

  #id(): number {
    return ++this.#lastId
  }

  #base(node: LogicalPlan, notes: readonly string[] = []) {
    const rows = this.#context.estimator.rows(node)
    const estimatedRows = rows === undefined ? undefined : Math.max(0, Math.round(rows))
    return { id: this.#id(), estimatedRows, ...(notes.length > 0 ? { notes } : {}) }
  }

  /** Puts the columns of a finished plan in this order, where consumers go by position. */
  #arranged(plan: PhysicalPlan, columns: readonly Column[]): PhysicalPlan {
    const same =
      plan.columns.length === columns.length &&
      plan.columns.every((column, index) => column.id === columns[index]!.id)
    if (same) return plan
    return {
      kind: 'project',
      id: this.#id(),
      estimatedRows: plan.estimatedRows,
      columns,
      input: plan,
      expressions: columns.map((column) => ({ column, expression: columnReference(column) })),
    }
  }

  /** Ends a fragment: narrows it to the columns needed and prints it. A finished plan passes through. */
  #close(part: PlanPart, needed: readonly Column[]): PhysicalPlan {
    if (part.kind === 'local') return part.plan
    const { fragment, pushdown, source } = narrowed(part, needed)
    if (freeColumnsOf(fragment).size > 0 || this.#readsRemoteTable(fragment)) {
      throw new NotOneFragment()
    }
    return {
      kind: 'remote-query',
      ...this.#base(fragment),
      columns: columnsOf(fragment),
      source,
      statement: pushdown.print(fragment),
    }
  }

  #readsRemoteTable(fragment: LogicalPlan): boolean {
    if (this.#remoteTables.size === 0) return false
    const declared = new Set<number>()
    const read: number[] = []
    visitPlans(fragment, (node) => {
      if (node.kind === 'cte-reference') read.push(node.cte)
      if (node.kind === 'with') for (const table of node.tables) declared.add(table.id)
      if (node.kind === 'recursive-union') declared.add(node.cte)
    })
    return read.some((cte) => !declared.has(cte))
  }

  /** Builds an input and closes it. */
  #closed(node: LogicalPlan, required: Ids): PhysicalPlan {
    return this.#close(this.#build(node, required), columnsWithin(node, required))
  }

  #build(node: LogicalPlan, required: Ids): PlanPart {
    switch (node.kind) {
      case 'scan':
        return this.#scan(node)
      case 'filter': {
        const below = withUsed(required, node.condition)
        return this.#filter(
          node,
          conjunctsOf(node.condition),
          this.#build(node.input, below),
          below,
        )
      }
      case 'project':
        return this.#project(node)
      case 'join':
        return node.lateral ? this.#lateralJoin(node, required) : this.#join(node, required)
      case 'limit':
        return this.#limit(node, required)
      case 'with':
        return this.#with(node, required)
      case 'cte-reference': {
        const remote = this.#remoteTables.get(node.cte)
        if (remote !== undefined) return { ...remote, fragment: node }
        const shared = this.#sharedTables.get(node.cte)
        if (shared === undefined) throw internal(`Common table ${node.name} is not in scope`)
        return local({
          kind: 'shared-reference',
          ...this.#base(node),
          columns: node.columns,
          shared,
          name: node.name,
        })
      }
      case 'opaque-query': {
        const tables = node.tables.map((table) => {
          const plan = this.#closed(table, columnIdsOf(table))
          return this.#arranged(plan, table.columns)
        })
        return local(opaquePlan(node, tables, this.#base(node)))
      }
      case 'set-operation':
        return this.#setOperation(node)
      case 'values':
      case 'table-function':
      case 'project-set':
      case 'aggregate':
      case 'window':
      case 'distinct':
      case 'distinct-on':
      case 'sort':
        return this.#plainNode(node, required)
      case 'recursive-union':
        throw internal('Recursive union outside WITH RECURSIVE')
      case 'view':
        return this.#build(node.input, required)
    }
  }

  #scan(node: ScanNode): PlanPart {
    const pushdown = this.#context.pushdownOf(node.source)
    const part: RemotePart = { kind: 'remote', source: node.source, pushdown, fragment: node }
    return this.#context.pushdown ? part : local(this.#close(part, node.columns))
  }

  /** Offers a node with one input or none to the source below it; else runs it here. */
  #plainNode(node: LogicalPlan, required: Ids): PlanPart {
    const below = requiredBelow(node, required)
    const inputs = logicalInputsOf(node)
    const parts = inputs.map((input) => this.#build(input, below))
    const offer = offerNode(node, parts)
    if (offer.taken !== undefined) return offer.taken
    const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
    const plans = parts.map((part, i) => this.#close(part, columnsWithin(inputs[i]!, below)))
    return local(this.#localNode(node, inputs, plans, notes))
  }

  /** The operator of this engine for a node, or the local PostgreSQL where it lacks one. */
  #localNode(
    node: LogicalPlan,
    inputs: readonly LogicalPlan[],
    plans: readonly PhysicalPlan[],
    notes: readonly string[],
  ): PhysicalPlan {
    const reason = whyNotNativeNode(node)
    if (reason !== undefined) return this.#localPostgres(node, inputs, plans, reason, notes)
    const base = this.#base(node, notes)
    const [input] = plans
    switch (node.kind) {
      case 'values':
        return { kind: 'values', ...base, columns: node.columns, rows: node.rows }
      case 'table-function':
        return { ...base, columns: columnsOf(node), ...node }
      case 'project-set':
      case 'project':
        return {
          kind: node.kind,
          ...base,
          columns: columnsOf(node),
          input: input!,
          expressions: node.expressions,
        }
      case 'aggregate':
        return { ...node, kind: 'hash-aggregate', ...base, columns: columnsOf(node), input: input! }
      case 'window':
        return {
          ...node,
          ...base,
          columns: [...input!.columns, ...node.calls.map((call) => call.column)],
          input: input!,
        }
      case 'distinct':
        return {
          kind: 'hash-aggregate',
          ...base,
          columns: columnsOf(node),
          input: input!,
          groups: passed(columnsOf(node)),
          aggregates: [],
        }
      case 'distinct-on': {
        const fallback = node.on.map((expression) => ({
          expression,
          descending: false,
          nullsFirst: false,
          collation: 'binary' as const,
        }))
        const keys = node.orderBy.length > 0 ? node.orderBy : fallback
        const sorted: PhysicalPlan = {
          kind: 'sort',
          id: this.#id(),
          estimatedRows: input!.estimatedRows,
          columns: input!.columns,
          input: input!,
          keys,
        }
        return { kind: 'distinct-on', ...base, columns: sorted.columns, input: sorted, on: node.on }
      }
      case 'sort':
        return { kind: 'sort', ...base, columns: input!.columns, input: input!, keys: node.keys }
      default:
        throw internal(`No operator for ${node.kind}`)
    }
  }

  #localPostgres(
    node: LogicalPlan,
    inputs: readonly LogicalPlan[],
    plans: readonly PhysicalPlan[],
    reason: string,
    notes: readonly string[],
  ): PhysicalPlan {
    // Only the columns at hand exist there.
    const tables = inputs.map((input, index) => {
      const plan = plans[index]!
      return { input, logical: arrange(input, plan.columns), plan }
    })
    const whole = mapInputs(
      node,
      (input) => tables.find((table) => table.input === input)?.logical ?? input,
    )
    // What no rewrite took out of an expression runs there too, over the tables and common tables it reads.
    for (const expression of expressionsOf(node)) {
      somePart(expression, (part) => {
        if (part.kind !== 'subquery') return false
        visitPlans(part.plan, (inner) => {
          const isRead =
            inner.kind === 'scan' ||
            (inner.kind === 'cte-reference' && this.#sharedTables.has(inner.cte))
          if (!isRead) return
          const plan = this.#closed(inner, columnIdsOf(inner))
          tables.push({ input: inner, logical: inner, plan })
        })
        return false
      })
    }
    return localPostgresPlan(whole, tables, this.#base(node, notes), reason)
  }

  #filter(
    node: LogicalPlan,
    conjuncts: readonly Expression[],
    input: PlanPart,
    below: Ids,
  ): PlanPart {
    const inputNode = node.kind === 'filter' ? node.input : node
    let part = input
    let residual = conjuncts
    let notes: readonly string[] = []
    if (part.kind === 'remote') {
      const offer = offerFilter(conjuncts, part)
      part = offer.part
      residual = offer.residual
      notes = offer.reasons
    }
    if (residual.length === 0) return part
    let plan = this.#close(part, columnsWithin(inputNode, below))
    const native = residual.filter((conjunct) => whyNotNative(conjunct) === undefined)
    const foreign = residual.filter((conjunct) => !native.includes(conjunct))
    const condition = conjunction(native)
    let logical = inputNode
    if (condition !== undefined) {
      plan = {
        kind: 'filter',
        ...this.#base(node, notes),
        columns: plan.columns,
        input: plan,
        condition,
      }
      notes = []
      logical = { kind: 'filter', input: inputNode, condition }
    }
    const rest = conjunction(foreign)
    if (rest === undefined) return local(plan)
    const reason = whyNotNative(rest) ?? 'not native'
    const filtered: LogicalPlan = { kind: 'filter', input: logical, condition: rest }
    return local(this.#localPostgres(filtered, [logical], [plan], reason, notes))
  }

  #project(node: Extract<LogicalPlan, { kind: 'project' }>): PlanPart {
    const below = usedColumnsOf(...node.expressions.map((item) => item.expression))
    let part = this.#build(node.input, below)
    let expressions: readonly ProjectedColumn[] = node.expressions
    let notes: readonly string[] = []
    let logicalInput = node.input
    if (part.kind === 'remote') {
      const offer = offerProject(node, part)
      if (offer.rest === undefined) return offer.part
      part = offer.part
      expressions = offer.rest
      notes = offer.reasons
      logicalInput = part.fragment
    }
    const needed = usedColumnsOf(...expressions.map((item) => item.expression))
    const rest: LogicalPlan = { ...node, input: logicalInput, expressions }
    const plan = this.#close(part, columnsWithin(logicalInput, needed))
    return local(this.#localNode(rest, [logicalInput], [plan], notes))
  }

  #join(node: JoinNode, required: Ids): PlanPart {
    const below = withUsed(required, node.condition)
    const left = this.#build(node.left, below)
    const right = this.#build(node.right, below)
    const offer = offerJoin(node, left, right, () => this.#productFits(node))
    if (offer.part !== undefined) {
      if (offer.residual.length === 0) return offer.part
      // The join went there, some conjuncts of an inner join stay: a filter above it.
      const joined = { ...node, condition: undefined }
      return this.#above(joined, offer.residual, offer.part, below, offer.reasons)
    }
    const leftPlan = this.#close(left, columnsWithin(node.left, below))
    const rightPlan = this.#close(right, columnsWithin(node.right, below))
    return this.#joinHere(node, leftPlan, rightPlan, below, offer.reasons)
  }

  #joinHere(
    node: JoinNode,
    left: PhysicalPlan,
    right: PhysicalPlan,
    below: Ids,
    notes: readonly string[],
  ): PlanPart {
    const condition = splitCondition(node)
    if (condition.foreign.length > 0 && node.joinType !== 'inner') {
      const reason = condition.reason ?? 'not native'
      return local(this.#localPostgres(node, [node.left, node.right], [left, right], reason, notes))
    }
    const { id, estimatedRows, ...rest } = this.#base(node, notes)
    const plan = { ...joinPlan(node, left, right, condition, id, estimatedRows), ...rest }
    if (condition.foreign.length === 0) return local(plan)
    return this.#above(node, condition.foreign, local(plan), below, [])
  }

  /** Applies conjuncts above a join. */
  #above(
    node: LogicalPlan,
    conjuncts: readonly Expression[],
    part: PlanPart,
    below: Ids,
    notes: readonly string[],
  ): PlanPart {
    const plan = this.#close(part, columnsWithin(node, below))
    const filtered = this.#filter(node, conjuncts, local(plan), below)
    if (filtered.kind === 'remote' || notes.length === 0) return filtered
    return local({ ...filtered.plan, notes: [...(filtered.plan.notes ?? []), ...notes] })
  }

  /** A product is sent whole when it is known to be smaller than its parts. */
  #productFits(node: JoinNode): boolean {
    const { estimator } = this.#context
    const bytes = (plan: LogicalPlan) => {
      const rows = estimator.rows(plan)
      return rows === undefined
        ? undefined
        : rows * rowWidth(columnsOf(plan), estimator.columns(plan))
    }
    const [whole, left, right] = [bytes(node), bytes(node.left), bytes(node.right)]
    if (whole === undefined || left === undefined || right === undefined) return false
    return whole <= left + right
  }

  /** A join whose right side needs the left row: at the source as it is, or run anew for each combination of outer values. */
  #lateralJoin(node: JoinNode, required: Ids): PlanPart {
    const below = withUsed(required, node.condition)
    for (const id of freeColumnsOf(node.right)) below.add(id)
    const left = this.#build(node.left, below)
    if (left.kind === 'remote') {
      const right = this.#attempt(() => this.#build(node.right, below))
      if (right?.kind === 'remote' && sameSite([left, right]) !== undefined) {
        const offer = offerJoin(node, left, right, () => true)
        if (offer.part !== undefined && offer.residual.length === 0) return offer.part
      }
    }
    const leftPlan = this.#close(left, columnsWithin(node.left, below))
    const free = freeColumnsOf(node.right)
    const outer = columnsOf(node.left).filter((column) => free.has(column.id))
    const firstParameter = this.#lastParameter + 1
    this.#lastParameter += outer.length
    const parameters = new Map<ColumnId, Expression>(
      outer.map((column, index) => [
        column.id,
        { kind: 'parameter', index: firstParameter + index, type: column.type },
      ]),
    )
    const rightNode = substituteInPlan(node.right, parameters)
    const right = this.#closed(rightNode, below)
    const { joinType, condition, nullAware, atMostOne, mark } = node
    const foreign = condition === undefined ? undefined : whyNotNative(condition)
    if (foreign !== undefined && joinType !== 'inner') {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `This correlated subquery is not supported: ${foreign}`,
      )
    }
    const columns = [
      ...leftPlan.columns,
      ...(joinType === 'semi' || joinType === 'anti'
        ? []
        : joinType === 'mark'
          ? [mark!]
          : right.columns),
    ]
    const plan: PhysicalPlan = {
      kind: 'apply',
      ...this.#base(node, ['the right side runs for each combination of outer values']),
      columns,
      joinType,
      left: leftPlan,
      right,
      outer,
      firstParameter,
      ...(foreign === undefined && condition !== undefined ? { condition } : {}),
      ...(nullAware === undefined ? {} : { nullAware }),
      ...(atMostOne === undefined ? {} : { atMostOne }),
      ...(mark === undefined ? {} : { mark }),
    }
    if (foreign === undefined) return local(plan)
    return this.#above(node, conjunctsOf(condition), local(plan), below, [])
  }

  #attempt<T>(build: () => T): T | undefined {
    try {
      return build()
    } catch (error) {
      if (error instanceof NotOneFragment) return undefined
      throw error
    }
  }

  #limit(node: LimitNode, required: Ids): PlanPart {
    const below = requiredBelow(node, required)
    const sort = node.input.kind === 'sort' ? node.input : undefined
    let part = this.#build(node.input, below)
    const offer = offerNode(node, [part])
    if (offer.taken !== undefined) return offer.taken
    const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
    const plan = this.#close(part, columnsWithin(node.input, below))
    part = local(plan)
    const foreign = [node.limit, node.offset].find(
      (bound) => bound !== undefined && whyNotNative(bound) !== undefined,
    )
    const reason = foreign && whyNotNative(foreign)
    if (reason !== undefined) {
      return local(this.#localPostgres(node, [node.input], [plan], reason, notes))
    }
    const base = this.#base(node, notes)
    const { limit, offset } = node
    if (!node.withTies && limit !== undefined && plan.kind === 'sort') {
      return local({
        kind: 'top-n',
        ...base,
        columns: plan.columns,
        input: plan.input,
        keys: plan.keys,
        limit,
        offset,
        notes: [...(plan.notes ?? []), ...notes],
      })
    }
    return local({
      kind: 'limit',
      ...base,
      columns: plan.columns,
      input: plan,
      limit,
      offset,
      ...(node.withTies && sort !== undefined ? { ties: sort.keys } : {}),
    })
  }

  #setOperation(node: SetOperationNode): PlanPart {
    const parts = [node.left, node.right].map((input) => this.#build(input, columnIdsOf(input)))
    const offer = offerNode(
      { ...node, left: arranged(node.left, parts[0]!), right: arranged(node.right, parts[1]!) },
      parts.map((part, i) => arrangedPart(part, i === 0 ? node.left : node.right)),
    )
    if (offer.taken !== undefined) return offer.taken
    const notes = offer.reasons.map((reason) => `not pushed: ${reason}`)
    const closed = (input: LogicalPlan, part: PlanPart) =>
      this.#arranged(this.#close(part, columnsOf(input)), columnsOf(input))
    const plans = [closed(node.left, parts[0]!), closed(node.right, parts[1]!)]
    if (node.operation === 'union') {
      return local(this.#union(node, plans, notes))
    }
    const reason = whyNotNativeNode(node)
    if (reason !== undefined) {
      return local(this.#localPostgres(node, [node.left, node.right], plans, reason, notes))
    }
    return local({
      kind: 'set-operation',
      ...this.#base(node, notes),
      columns: node.columns,
      operation: node.operation,
      all: node.all,
      left: plans[0]!,
      right: plans[1]!,
    })
  }

  #union(
    node: SetOperationNode,
    plans: readonly PhysicalPlan[],
    notes: readonly string[],
  ): PhysicalPlan {
    const reason = whyNotNativeNode(node)
    if (reason !== undefined) {
      return this.#localPostgres(node, [node.left, node.right], plans, reason, notes)
    }
    const all: PhysicalPlan = {
      kind: 'union-all',
      ...this.#base(node, node.all ? notes : []),
      columns: node.columns,
      inputs: plans.flatMap((plan) => branchesOf(plan, node.all)),
    }
    if (node.all) return all
    return {
      kind: 'hash-aggregate',
      ...this.#base(node, notes),
      columns: node.columns,
      input: all,
      groups: passed(node.columns),
      aggregates: [],
    }
  }

  /** Common tables: all of it in one source if that takes it, else each table once here. */
  #with(node: WithNode, required: Ids): PlanPart {
    const notes: string[] = []
    if (this.#context.pushdown && isOneSource(node)) {
      const whole = this.#attempt(() => this.#remoteWith(node, required))
      if (typeof whole === 'object') return whole
      notes.push(
        `not pushed: ${whole ?? 'not all of the common tables and their use run at the source'}`,
      )
    }
    const definitions: { table: CommonTable; shared: number; plan: PhysicalPlan }[] = []
    for (const table of node.tables) {
      const plan = this.#definition(table)
      const shared = ++this.#lastShared
      this.#sharedTables.set(table.id, shared)
      definitions.push({ table, shared, plan })
    }
    let plan = this.#closed(node.body, required)
    for (const { table, shared, plan: definition } of definitions.reverse()) {
      plan = {
        kind: 'shared',
        id: this.#id(),
        estimatedRows: plan.estimatedRows,
        columns: plan.columns,
        ...(notes.length > 0 ? { notes } : {}),
        shared,
        name: table.name,
        definition,
        body: plan,
      }
    }
    return local(plan)
  }

  #definition(table: CommonTable): PhysicalPlan {
    const node = table.plan
    if (node.kind !== 'recursive-union') return this.finish(node)
    const base = this.finish(node.base)
    const shared = ++this.#lastShared
    this.#sharedTables.set(node.cte, shared)
    const step = this.finish(node.step)
    const reason = whyNotNativeNode(node)
    if (reason !== undefined) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `WITH RECURSIVE ... UNION is not supported here: ${reason}`,
      )
    }
    return {
      kind: 'recursive-union',
      ...this.#base(node),
      columns: node.columns,
      shared,
      base,
      step,
      all: node.all,
    }
  }

  /** All of it as one fragment; else why not, as far as it is known. */
  #remoteWith(node: WithNode, required: Ids): PlanPart | string | undefined {
    try {
      const tables: CommonTable[] = []
      for (const table of node.tables) {
        const part = this.#remoteTable(table)
        if (part === undefined) return undefined
        tables.push({ ...table, plan: part.fragment })
        this.#remoteTables.set(table.id, part)
      }
      const body = this.#build(node.body, required)
      if (body.kind !== 'remote') return undefined
      const fragment: LogicalPlan = { ...node, tables, body: body.fragment }
      const judgement = body.pushdown.judgeNode(fragment)
      if (judgement.support !== 'exact') return judgement.reason
      return { ...body, fragment }
    } finally {
      for (const table of node.tables) this.#remoteTables.delete(table.id)
    }
  }

  #remoteTable(table: CommonTable): RemotePart | undefined {
    const node = table.plan
    if (node.kind !== 'recursive-union') {
      const part = arrangedPart(this.#build(node, columnIdsOf(node)), node)
      return part.kind === 'remote' ? part : undefined
    }
    const base = arrangedPart(this.#build(node.base, columnIdsOf(node.base)), node.base)
    if (base.kind !== 'remote') return undefined
    this.#remoteTables.set(node.cte, base)
    const step = arrangedPart(this.#build(node.step, columnIdsOf(node.step)), node.step)
    return offerNode(node, [base, step]).taken
  }
}

function passed(columns: readonly Column[]): ProjectedColumn[] {
  return columns.map((column) => ({ column, expression: columnReference(column) }))
}

function withUsed(required: Ids, condition: Expression | undefined): Set<ColumnId> {
  const all = condition === undefined ? new Set<ColumnId>() : usedColumnsOf(condition)
  for (const id of required) all.add(id)
  return all
}

/** The columns a node needs of its input. */
function requiredBelow(node: LogicalPlan, required: Ids): Ids {
  switch (node.kind) {
    case 'distinct':
      return columnIdsOf(node.input)
    case 'aggregate':
    case 'project-set':
      return usedColumnsOf(...expressionsOf(node))
    default: {
      const all = usedColumnsOf(...expressionsOf(node))
      for (const id of required) all.add(id)
      return all
    }
  }
}

/** The columns of a plan that are required; one where none is. */
function columnsWithin(node: LogicalPlan, required: Ids): readonly Column[] {
  const columns = columnsOf(node)
  const needed = columns.filter((column) => required.has(column.id))
  return needed.length > 0 ? needed : columns.slice(0, 1)
}

/** A fragment with only the columns needed of it. */
function narrowed(part: RemotePart, needed: readonly Column[]): RemotePart {
  const { fragment } = part
  const wanted = new Set(needed.map((column) => column.id))
  const columns = columnsOf(fragment)
  const kept = columns.filter((column) => wanted.has(column.id))
  if (kept.length === 0 && columns.length > 0) kept.push(columns[0]!)
  if (kept.length === columns.length) return part
  if (fragment.kind === 'scan') {
    const tableColumns = fragment.tableColumns.filter((_, i) => kept.includes(fragment.columns[i]!))
    return { ...part, fragment: { ...fragment, columns: kept, tableColumns } }
  }
  return { ...part, fragment: arrange(fragment, kept) }
}

function arrangedPart(part: PlanPart, node: LogicalPlan): PlanPart {
  if (part.kind === 'local') return part
  return { ...part, fragment: arrange(part.fragment, columnsOf(node)) }
}

function arranged(node: LogicalPlan, part: PlanPart): LogicalPlan {
  return part.kind === 'remote' ? arrange(part.fragment, columnsOf(node)) : node
}

/** The branches of a union below a union: duplicates that the inner one removes the outer one removes as well. */
function branchesOf(plan: PhysicalPlan, all: boolean): readonly PhysicalPlan[] {
  if (plan.kind === 'union-all') return plan.inputs
  if (!all && plan.kind === 'hash-aggregate' && plan.input.kind === 'union-all') {
    return plan.aggregates.length === 0 ? plan.input.inputs : [plan]
  }
  return [plan]
}

function isOneSource(node: LogicalPlan): boolean {
  const sources = new Set<string>()
  let opaque = false
  visitPlans(node, (part) => {
    if (part.kind === 'scan') sources.add(part.source)
    if (part.kind === 'opaque-query') opaque = true
  })
  return sources.size === 1 && !opaque
}

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

function internal(message: string): EngineError {
  return new EngineError(SQLSTATE.internalError, message, { category: 'internal' })
}
