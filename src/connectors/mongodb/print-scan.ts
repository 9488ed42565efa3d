/** A scan: the collection, the array taken apart, and where each column is. */
import type { ScanNode } from '../../planner/logical-plan.js'
import type { SourceDefinition } from '../../catalog/catalog.js'
import { documentTable, type DocumentColumn, type DocumentTable } from './document-table.js'
import type { MatchTarget } from './match-tests.js'
import { columnOperand, columnTarget, normalValue, positionOperand } from './operand.js'
import type { Pipeline } from './pipeline.js'
import { refuse } from './refusal.js'
import type { Binding } from './scope.js'

const INDEX = '__tributary_index'

/** The table a scan reads. */
export function scannedTable(node: ScanNode, source: SourceDefinition): DocumentTable {
  return documentTable(source, node) ?? refuse(`Source has no table ${node.table}`)
}

/** Binds a scan's columns; `prefix`: the field under which the document is found. */
export function printScan(
  node: ScanNode,
  table: DocumentTable,
  pipeline: Pipeline,
  prefix: string,
): void {
  for (const stage of table.stages) pipeline.append(stage)
  if (table.array !== undefined) {
    const { path, keepEmpty } = table.array
    pipeline.append({
      $unwind: {
        path: `$${path}`,
        includeArrayIndex: INDEX,
        preserveNullAndEmptyArrays: keepEmpty,
      },
    })
  }
  node.columns.forEach((column, i) => {
    const definition = table.columns.find((c) => c.name === node.tableColumns[i])
    if (definition === undefined) return refuse(`Table has no column ${node.tableColumns[i]}`)
    pipeline.bindings.set(column.id, scanBinding(definition, table, prefix))
  })
}

function scanBinding(column: DocumentColumn, table: DocumentTable, prefix: string): Binding {
  if (column.role === 'position') {
    const operand = positionOperand(INDEX, table.array?.path ?? '', table.array?.keepEmpty ?? false)
    return {
      operand,
      straysAreNull: false,
      output: {
        kind: 'value',
        value: normalValue(operand),
        reading: reading(column, ['int', 'long']),
      },
    }
  }
  if (column.role === 'document') {
    const value = prefix === '' ? '$$ROOT' : `$${prefix}`
    const output = { kind: 'value', value, reading: reading(column, undefined) } as const
    return { refusal: 'The whole document is only read', straysAreNull: false, output }
  }
  const path = prefix === '' ? column.path : `${prefix}.${column.path}`
  return fieldBinding(column, path, table)
}

function fieldBinding(column: DocumentColumn, path: string, table: DocumentTable): Binding {
  const output = {
    kind: 'value',
    value: `$${path}`,
    reading: reading(column, column.kinds),
  } as const
  const straysAreNull = column.onTypeError === 'null'
  const isIndexed = isLeading(column, table)
  const own = { output, straysAreNull, isIndexed }
  if (!isPlainPath(path)) return { ...own, refusal: 'Its path cannot be written in a pipeline' }
  const target: MatchTarget = columnTarget(column, path)
  if (column.families.length === 0 || column.onTypeError === 'json') {
    const refusal =
      column.reason ?? 'with on_type_error: json the column also holds values of other types'
    const testsNull = !straysAreNull || column.kinds === undefined
    return { ...own, refusal, ...(testsNull ? { nullTarget: target } : {}) }
  }
  return { ...own, operand: columnOperand(column, path), target, nullTarget: target }
}

/** Names with a dollar at their start, or empty ones, are no field paths. */
function isPlainPath(path: string): boolean {
  return path.split('.').every((part) => part !== '' && !part.startsWith('$'))
}

function isLeading(column: DocumentColumn, table: DocumentTable): boolean {
  // Keys of the source file may have no index; what discovery found has.
  const { indexes } = table.definition
  if (table.stages.length > 0) return false
  return column.path === '_id' || indexes.some((key) => key[0] === column.name)
}

function reading(column: DocumentColumn, kinds: readonly string[] | undefined) {
  return { kinds, onTypeError: column.onTypeError, label: column.label } as const
}
