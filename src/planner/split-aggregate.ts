/**
 * Takes an aggregate apart into one computed over part of a join's rows, before the join, and one that brings the parts together
 * after it [4]. A group of `part` rows that all meet the same rows of the rest stands for them: sums and counts of it
 * are added up, what the other side adds is multiplied by the number of rows the group stands for.
 *
 * Exact, or not at all: whole numbers and numeric are added exactly in any order, and avg is divided once, at the end, as PostgreSQL
 * does. What could fail (1 / x) is computed after the join: rows that the join leaves out must not end the statement.
 * Tempting and wrong: sums of floats (1e20 + 1 - 1e20 depends on the order), avg of averages (groups differ in size),
 * and string_agg or array_agg, which see every row.
 */
import type { Column, ColumnId, Expression } from '../expressions/expression.js'
import { OID, sqlType } from '../types/sql-type.js'
import { isNullWhenNull, isVolatile, rejectsNulls } from './expression-properties.js'
import { columnReference } from './expression-traversal.js'
import {
  asInt8,
  asNumeric,
  COUNT,
  COUNT_ROWS,
  exactSumOf,
  numericQuotient,
  numericProduct,
} from './known-functions.js'
import type { AggregateCall } from './logical-plan.js'
import { neverFails } from './never-fails.js'
import { usedColumnsOf } from './used-columns.js'
import type { ColumnIds } from './column-ids.js'

/** The part of a join's rows that is aggregated before the join. */
export interface AggregatedPart {
  readonly columns: ReadonlySet<ColumnId>
  /** An outer join above it gives NULLs where nothing matches. */
  readonly supplied: boolean
  /** No row of it is left out above: what fails there fails here as well. */
  readonly complete?: boolean
}

export interface SplitAggregates {
  /** Over the rows of the part, by group. */
  readonly partial: readonly AggregateCall[]
  /** Over the rows of the join. */
  readonly final: readonly AggregateCall[]
  /** Each aggregate's value over the columns of `final`, by its column. */
  readonly values: ReadonlyMap<ColumnId, Expression>
}

/** Splits all aggregates of a grouping; undefined where one cannot be. `hasGroups`: where there are no rows, there are no results. */
export function splitAggregates(
  calls: readonly AggregateCall[],
  part: AggregatedPart,
  ids: ColumnIds,
  hasGroups = false,
): SplitAggregates | undefined {
  const splitter = new Splitter(part, ids, hasGroups)
  for (const call of calls) if (!splitter.take(call)) return undefined
  return splitter
}

/** What copies of a row do not change. */
const BLIND_TO_COPIES: ReadonlySet<string> = new Set([
  ...['min', 'max', 'bool_and', 'bool_or', 'every', 'bit_and', 'bit_or'],
])

class Splitter implements SplitAggregates {
  readonly partial: AggregateCall[] = []
  readonly final: AggregateCall[] = []
  readonly values = new Map<ColumnId, Expression>()
  readonly #part: AggregatedPart
  readonly #ids: ColumnIds
  readonly #hasGroups: boolean
  #rows: Expression | undefined

  constructor(part: AggregatedPart, ids: ColumnIds, hasGroups: boolean) {
    this.#part = part
    this.#ids = ids
    this.#hasGroups = hasGroups
  }

  /** false: this one sees every row. */
  take(call: AggregateCall): boolean {
    const { name, schema } = call.function
    const expressions = [...call.arguments, ...(call.filter ? [call.filter] : [])]
    if (schema !== 'pg_catalog' || call.form !== 'normal' || call.orderBy.length > 0) return false
    if (expressions.some(isVolatile) || call.arguments.length > 1) return false
    if (call.distinct || BLIND_TO_COPIES.has(name)) {
      // The rows of the join are fewer, their values the same; where all is in the part, it need not group by them.
      if (!call.distinct && this.#isInside(call)) this.#again(call)
      else this.#keep(call)
      return true
    }
    switch (name) {
      case 'count': {
        const count = asInt8(this.#count(call))
        // A group has rows, and each has a number.
        const isOfRows = call.arguments.length === 0 && call.filter === undefined
        const isNumber = isOfRows || (!this.#part.supplied && this.#isInside(call))
        this.#setValue(call, this.#hasGroups && isNumber ? count : orZero(count))
        return true
      }
      case 'sum': {
        const sum = this.#sum(call)
        if (sum === undefined) return false
        this.#setValue(call, call.column.type.oid === OID.int8 ? asInt8(sum) : sum)
        return true
      }
      case 'avg': {
        if (call.column.type.oid !== OID.numeric) return false
        const sum = this.#sum(call)
        if (sum === undefined) return false
        this.#setValue(call, numericQuotient(sum, this.#count(call)))
        return true
      }
      default:
        return false
    }
  }

  /**
   * Everything it reads is in the part, no row that the join leaves out can make it fail, and where the part has no match it adds
   * nothing.
   */
  #isInside(call: AggregateCall): boolean {
    const { columns, supplied, complete } = this.#part
    const [argument] = call.arguments
    const read = [...call.arguments, ...(call.filter ? [call.filter] : [])]
    const used = usedColumnsOf(...read)
    // A value that is the same for all rows is of the part where that has them all: without rows it has no such value.
    if (used.size === 0 && (complete !== true || argument === undefined)) return false
    if (![...used].every((id) => columns.has(id))) return false
    if (complete !== true && !read.every(neverFails)) return false
    if (!supplied) return true
    if (argument !== undefined && isNullWhenNull(argument, columns)) return true
    return call.filter !== undefined && rejectsNulls(call.filter, columns)
  }

  #setValue(call: AggregateCall, value: Expression): void {
    this.values.set(call.column.id, value)
  }

  /** The same call over the rows of the join. */
  #keep(call: AggregateCall): void {
    this.final.push(call)
    this.#setValue(call, columnReference(call.column))
  }

  /** The same call over the parts' results. */
  #again(call: AggregateCall): void {
    const part = this.#addPartial(call)
    this.#keep({ ...call, arguments: [asArgument(call, part)], filter: undefined })
  }

  /** A numeric: the sum over all rows; undefined for types whose sums depend on the order. */
  #sum(call: AggregateCall): Expression | undefined {
    const argument = call.arguments[0]!
    const sum = exactSumOf(argument.type.oid)
    if (sum === undefined) return undefined
    if (this.#isInside(call)) {
      const column = { ...call.column, type: sum.type }
      return this.#addFinalSum(this.#addPartial({ ...call, function: sum.function, column }))
    }
    return this.#addFinalSum(
      numericProduct(asNumeric(argument), asNumeric(this.#rowsOfGroup())),
      call.filter,
    )
  }

  /** A numeric, or NULL for no row: the number of all rows for which the argument is not NULL. */
  #count(call: AggregateCall): Expression {
    const [argument] = call.arguments
    if (this.#isInside(call)) {
      const counted = { ...call, function: argument === undefined ? COUNT_ROWS : COUNT }
      return this.#addFinalSum(
        this.#addPartial({ ...counted, column: ofType(call.column, OID.int8) }),
      )
    }
    const rows = this.#rowsOfGroup()
    if (argument === undefined) return this.#addFinalSum(rows, call.filter)
    const isThere: Expression = {
      ...{ kind: 'is-null', argument, negated: true, type: sqlType(OID.bool) },
    }
    const counted: Expression = {
      kind: 'case',
      branches: [{ condition: isThere, result: rows }],
      otherwise: { kind: 'constant', value: null, type: rows.type },
      type: rows.type,
    }
    return this.#addFinalSum(counted, call.filter)
  }

  #addPartial(call: AggregateCall): Expression {
    const column = { ...call.column, id: this.#ids.next() }
    this.partial.push({ ...call, column })
    return columnReference(column)
  }

  #addFinalSum(argument: Expression, filter?: Expression): Expression {
    const { function: reference } = exactSumOf(argument.type.oid)!
    const column: Column = { id: this.#ids.next(), name: 'sum', type: sqlType(OID.numeric) }
    this.final.push({ ...plainCall(column), function: reference, arguments: [argument], filter })
    return columnReference(column)
  }

  /** How many rows of the join one row stands for: all that its group has, or one where an outer join found none. */
  #rowsOfGroup(): Expression {
    if (this.#rows === undefined) {
      const column: Column = { id: 0, name: 'rows', type: sqlType(OID.int8) }
      const rows = this.#addPartial({ ...plainCall(column), function: COUNT_ROWS, star: true })
      const one: Expression = { kind: 'constant', value: '1', type: rows.type }
      this.#rows = this.#part.supplied
        ? { kind: 'coalesce', arguments: [rows, one], type: rows.type }
        : rows
    }
    return this.#rows
  }
}

function plainCall(column: Column): Omit<AggregateCall, 'function'> {
  return {
    column,
    arguments: [],
    star: false,
    distinct: false,
    orderBy: [],
    form: 'normal',
    directArguments: [],
    collation: 'binary',
  }
}

function ofType(column: Column, oid: number): Column {
  return { ...column, type: sqlType(oid) }
}

/** A partial result as what the function was declared to take: min(varchar) is min(text), and its result is text. */
function asArgument(call: AggregateCall, part: Expression): Expression {
  const declared = call.arguments[0]!.type
  if (declared.oid === part.type.oid) return part
  return { kind: 'relabel', argument: part, implicit: true, type: declared }
}

function orZero(value: Expression): Expression {
  const zero: Expression = { kind: 'constant', value: '0', type: value.type }
  return { kind: 'coalesce', arguments: [value, zero], type: value.type }
}
