/**
 * What makes two fragments the same for an estimate: their tables, conditions and groups, whatever their columns, order and numbering. Two
 * of one shape differ in constants only. A fragment has no signature where its rows are not those of its conditions (a limit), or where it
 * is not made of tables, filters, joins and groups alone.
 */
import type { ColumnId, Expression } from '../../expressions/expression.js'
import { conjunctsOf, rewriteExpression } from '../expression-traversal.js'
import { columnsOf } from '../logical-plan.js'
import type { LogicalPlan, ScanNode } from '../logical-plan.js'
import { printExpression } from '../explain/print-expression.js'

export interface FragmentSignature {
  readonly shape: string
  /** Its constants in the order of the shape; a number stands for the statement's parameter. */
  readonly values: readonly (string | null | number)[]
  /** `source.table`, each once. */
  readonly tables: readonly string[]
  /** A column with a tag is in its conditions or groups. */
  readonly hasTags: boolean
}

/** A piece of the shape with its constants. */
interface Piece {
  readonly text: string
  readonly values: readonly (string | null | number)[]
}

class NoSignature extends Error {}

/** The signature of a plan; undefined: it has none. `isTagged`: the table's column has a tag. */
export function signatureOf(
  plan: LogicalPlan,
  isTagged: (scan: ScanNode, column: string) => boolean,
): FragmentSignature | undefined {
  const tables: string[] = []
  const names = new Map<ColumnId, Piece>()
  const tagged = new Set<ColumnId>()
  let hasTags = false

  const printed = (expression: Expression): Piece => {
    const values: (string | null | number)[] = []
    const placeholder = (part: Expression, value: string | null | number): Expression => {
      values.push(value)
      return { kind: 'column', id: -1, name: `?${part.type.oid}`, type: part.type }
    }
    const text = printExpression(
      rewriteExpression(expression, (part) => {
        switch (part.kind) {
          case 'constant':
            return placeholder(part, part.value)
          case 'parameter':
            return placeholder(part, part.index)
          case 'column': {
            const name = part.id === -1 ? { text: part.name, values: [] } : names.get(part.id)
            if (name === undefined) throw new NoSignature()
            if (tagged.has(part.id)) hasTags = true
            values.push(...name.values)
            return { ...part, id: -1, name: name.text }
          }
          case 'subquery':
            throw new NoSignature()
          default:
            return part
        }
      }),
    )
    return { text, values }
  }
  const conditions = (condition: Expression | undefined): Piece => {
    const pieces = conjunctsOf(condition).map(printed)
    return joined(pieces.sort((a, b) => (a.text < b.text ? -1 : a.text > b.text ? 1 : 0)))
  }
  const rename = (column: ColumnId, expression: Expression): void => {
    if (expression.kind === 'column' && tagged.has(expression.id)) tagged.add(column)
    names.set(column, printed(expression))
  }

  const describe = (node: LogicalPlan): Piece => {
    switch (node.kind) {
      case 'scan': {
        const table = `${node.source}.${node.table}`
        tables.push(table)
        const alias = `${table}#${tables.filter((other) => other === table).length}`
        node.columns.forEach(({ id }, i) => {
          const column = node.tableColumns[i]!
          names.set(id, { text: `${alias}.${column}`, values: [] })
          if (isTagged(node, column)) tagged.add(id)
        })
        return { text: alias, values: [] }
      }
      case 'filter': {
        const input = describe(node.input)
        return call('filter', [input, conditions(node.condition)])
      }
      case 'project': {
        const input = describe(node.input)
        for (const { column, expression } of node.expressions) {
          // Only what a condition above uses must have a name.
          try {
            rename(column.id, expression)
          } catch (error) {
            if (!(error instanceof NoSignature)) throw error
          }
        }
        return input
      }
      case 'sort':
      case 'view':
        return describe(node.input)
      case 'join': {
        if (node.lateral || node.joinType === 'mark') throw new NoSignature()
        const sides = [describe(node.left), describe(node.right)]
        return call(node.joinType, [...sides, conditions(node.condition)])
      }
      case 'aggregate': {
        if (node.groupingSets !== undefined) throw new NoSignature()
        const input = describe(node.input)
        const groups = node.groups.map(({ expression }) => printed(expression))
        for (const { column, expression } of node.groups) rename(column.id, expression)
        for (const {
          column,
          function: { signature },
          arguments: given,
          filter,
        } of node.aggregates) {
          const parts = [...given, ...(filter === undefined ? [] : [filter])].map(printed)
          names.set(column.id, call(signature, parts))
        }
        return call('group', [input, ...groups])
      }
      case 'distinct': {
        const input = describe(node.input)
        const columns = columnsOf(node.input).map(({ id }) => names.get(id))
        if (columns.some((name) => name === undefined)) throw new NoSignature()
        return call('distinct', [input, ...(columns as Piece[])])
      }
      default:
        throw new NoSignature()
    }
  }
  try {
    const { text, values } = describe(plan)
    return { shape: text, values, tables: [...new Set(tables)].sort(), hasTags }
  } catch (error) {
    if (error instanceof NoSignature) return undefined
    throw error
  }
}

function joined(pieces: readonly Piece[]): Piece {
  return {
    text: pieces.map(({ text }) => text).join('; '),
    values: pieces.flatMap(({ values }) => values),
  }
}

function call(name: string, pieces: readonly Piece[]): Piece {
  const { text, values } = joined(pieces)
  return { text: `${name}(${text})`, values }
}
