/** The dialect of one PostgreSQL source: the names of its tables, and how its columns become the engine's. */
import type { ColumnDefinition, SourceDefinition, SourceType } from '../../catalog/catalog.js'
import { locateTable, sharingSources } from '../../catalog/neighbours.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { ScanNode } from '../../planner/logical-plan.js'
import { enumOid } from '../../types/enum-types.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { formatTypeName, parseTypeName } from '../../types/type-registry.js'
import { asSubquery } from '../native-query.js'
import { quoteString, quoteWithDoubleQuotes } from '../sql/ansi-dialect.js'
import type { Dialect, PrintedRelation } from '../sql/dialect.js'
import { followsCaseRules } from './function-rules.js'
import { postgresDialect, printCall } from './postgres-dialect.js'
import { printRemoteName } from './remote-name.js'
import {
  caseRulesOf,
  isByteOrder,
  isCollatable,
  isDeterministic,
  otherCollationsOf,
} from './text-semantics.js'

/** Builds the dialect of a source. */
export function sourceDialect(source: SourceDefinition): Dialect {
  const caseRules = caseRulesOf(source)
  const mixesCollations = otherCollationsOf(source).size > 1
  const readings = new WeakMap<ColumnDefinition, Reading>()
  const remoteTypes = new Map(sharingSources(source).flatMap(namesOfTypes))
  const typeName = (type: SqlType): string =>
    remoteTypes.get(type.oid) ?? postgresDialect.typeName(type)
  return {
    ...postgresDialect,
    typeName,
    cast: (text, _from, to) => `${text}::${typeName(to)}`,
    scan: (node) => printScan(node, source, mixesCollations, readings),
    call(call, printer) {
      if (caseRules.kind !== 'collate' || !followsCaseRules(call.function)) {
        return printCall.call(this, call, printer)
      }
      const ruled = call.collation === 'binary' ? { ...call, collation: caseRules.collation } : call
      const text = printCall.call(this, ruled, printer)
      if (ruled === call || !isCollatable(call.type)) return text
      // The rules' collation ends here: beside another explicit one PostgreSQL would refuse the expression around.
      return `(${text} COLLATE "C")`
    },
  }
}

/** The names at the source of its enum types and of arrays of them, by the OIDs they have here. */
function namesOfTypes(source: SourceDefinition): (readonly [number, string])[] {
  return (source.types ?? []).flatMap(({ name, from, labels }) => {
    const oid = enumOid({ schema: source.name, name, labels })
    const remote = printRemoteName(from)
    return [[oid, remote] as const, [oid + 1, `${remote}[]`] as const]
  })
}

/** The same dialect with constants in the text: for statements with more parameters than the protocol carries. */
export function withInlineConstants(dialect: Dialect): Dialect {
  return {
    ...dialect,
    constant(expression, printer) {
      const { value, type } = expression
      if (value === null || type.oid === OID.bool) return dialect.constant(expression, printer)
      return `${quoteString(value)}::${dialect.typeName({ oid: type.oid, typmod: -1 })}`
    },
  }
}

function printScan(
  node: ScanNode,
  source: SourceDefinition,
  mixesCollations: boolean,
  readings: WeakMap<ColumnDefinition, Reading>,
): PrintedRelation {
  const located = locateTable(source, node)
  if (located === undefined) {
    throw new EngineError(SQLSTATE.internalError, `No table ${node.table} in source ${node.source}`)
  }
  const { table, owner } = located
  const columns = node.tableColumns.map((name): ColumnDefinition => {
    const column = table.columns.find((c) => c.name === name)
    if (column !== undefined) return column
    throw new EngineError(SQLSTATE.internalError, `No column ${name} in ${node.source}.${name}`)
  })
  const text =
    table.query === undefined ? printRemoteName(table.from ?? table.name) : asSubquery(table.query)
  return {
    text,
    columns: columns.map((column) => column.from),
    read: (alias, position) => {
      const column = columns[position]!
      let reading = readings.get(column)
      if (reading === undefined) {
        reading = readingOf(column, mixesCollations, owner.types ?? [])
        readings.set(column, reading)
      }
      return `${reading.before}${alias}.${quoteWithDoubleQuotes(column.from)}${reading.after}`
    },
  }
}

/** What stands around a column's name where it is read. */
interface Reading {
  readonly before: string
  readonly after: string
}

const AS_IT_IS: Reading = { before: '', after: '' }

/** Reads a column as the engine's type: domains and extension types by a cast, uncommon collations by naming byte order. */
function readingOf(
  column: ColumnDefinition,
  mixesCollations: boolean,
  types: readonly SourceType[],
): Reading {
  const enumType = types.find((type) =>
    column.type.replace(/\[\]$/, '').endsWith(`."${type.name.replaceAll('"', '""')}"`),
  )
  if (enumType !== undefined) {
    const array = column.type.endsWith('[]') ? '[]' : ''
    const isItself = column.native === undefined || column.native === `${enumType.from}${array}`
    return isItself
      ? AS_IT_IS
      : { before: '', after: `::${printRemoteName(enumType.from)}${array}` }
  }
  const declared = parseTypeName(column.type)
  if (column.native !== undefined && !isSameType(column.native, column.type)) {
    return { before: '', after: `::${formatTypeName(declared)}` }
  }
  const needsCollation =
    !isDeterministic(column.collation) ||
    (mixesCollations && column.collation !== undefined && !isByteOrder(column.collation))
  return needsCollation ? { before: '(', after: ' COLLATE "C")' } : AS_IT_IS
}

function isSameType(native: string, type: string): boolean {
  try {
    return formatTypeName(parseTypeName(native)) === formatTypeName(parseTypeName(type))
  } catch {
    // A type of an extension or a domain.
    return false
  }
}
