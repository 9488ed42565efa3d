/** What BigQuery means alike: the rules by which fragments are judged. */
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { decimalShape } from '../sql/decimal-shape.js'
import { isWithoutColumns } from '../sql/without-columns.js'
import type { WarehouseRules } from '../warehouse/rules.js'
import { digitsOf, ELEMENTS, isInCalendar } from '../warehouse/value-range.js'
import { fitsBigNumeric, printedArguments, whyNotCall } from './functions.js'
import { comparesAs } from './types.js'

const COMPARABLE = new Set<number>([
  OID.bool,
  OID.int2,
  OID.int4,
  OID.int8,
  OID.numeric,
  OID.float8,
  OID.text,
  OID.varchar,
  OID.bytea,
  OID.date,
  OID.time,
  OID.timestamp,
  OID.timestamptz,
])

function whyNotConstant(value: string, type: SqlType): string | undefined {
  switch (type.oid) {
    case OID.numeric: {
      const digits = digitsOf(value)
      return digits && fitsBigNumeric(digits)
        ? undefined
        : 'The number does not fit into a BIGNUMERIC'
    }
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      return isInCalendar(value) ? undefined : 'BigQuery knows the years 1 to 9999'
    case OID.time:
      return value.startsWith('24') ? 'BigQuery has no 24:00' : undefined
    default:
      return undefined
  }
}

function whyNotAggregate(call: AggregateCall): string | undefined {
  const [argument] = call.arguments
  const oid = argument?.type.oid ?? 0
  switch (call.function.name) {
    case 'count':
    case 'bool_and':
    case 'every':
    case 'bool_or':
      return undefined
    case 'min':
    case 'max':
      if (call.collation !== 'binary') return `BigQuery does not have the collation ${call.collation}` // prettier-ignore
      if (oid === OID.float8) return 'NaN is the smallest number in BigQuery and the largest here'
      return COMPARABLE.has(oid) && oid !== OID.bool
        ? undefined
        : 'BigQuery does not order this type as PostgreSQL does'
    case 'sum': {
      if (oid === OID.int2 || oid === OID.int4 || oid === OID.int8) return undefined
      if (oid === OID.float4 || oid === OID.float8) {
        return 'The sum of floating-point numbers depends on their order'
      }
      const shape = oid === OID.numeric && argument ? decimalShape(argument) : undefined
      // A BIGNUMERIC has nine digits more than a NUMERIC before the point: room for a billion rows.
      return shape && shape.whole <= 29 && shape.scale <= 38
        ? undefined
        : 'The digits of the sum are not known to fit into a BIGNUMERIC'
    }
    case 'avg':
      return 'An average has other digits behind the point in BigQuery'
    default:
      return `Aggregate ${call.function.name} is not known to mean the same in BigQuery`
  }
}

/** The rules of GoogleSQL. */
export const RULES: WarehouseRules = {
  product: 'BigQuery',
  comparable: COMPARABLE,
  sameLook: new Set([...COMPARABLE].filter((oid) => oid !== OID.numeric)),
  elements: ELEMENTS,
  whyNotConstant,
  comparison: ({ family }, operands) => {
    if (family !== 'float') return undefined
    return operands.some(isWithoutColumns)
      ? undefined
      : 'Two NaN are equal here and not in BigQuery'
  },
  call: whyNotCall,
  argumentsOf: printedArguments,
  aggregate: whyNotAggregate,
  ioCast: (from, to) =>
    (from.oid === OID.int8 || from.oid === OID.int4 || from.oid === OID.int2) &&
    to.oid === OID.text,
  comparesAs,
  outerJoinsNeedEquality: true,
  setOperations: new Set(['union', 'intersect', 'except']),
}
