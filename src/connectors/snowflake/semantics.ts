/** What Snowflake means alike: the rules by which fragments are judged. */
import type { AggregateCall } from '../../planner/logical-plan.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { decimalShape, fitsDecimal } from '../sql/decimal-shape.js'
import type { WarehouseRules } from '../warehouse/rules.js'
import { digitsOf, ELEMENTS, isInCalendar } from '../warehouse/value-range.js'
import { printedArguments, whyNotCall } from './functions.js'
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
      return digits && digits.whole + digits.scale <= 38
        ? undefined
        : 'The number does not fit into a NUMBER of Snowflake'
    }
    case OID.date:
    case OID.timestamp:
    case OID.timestamptz:
      return isInCalendar(value) ? undefined : 'Only dates of the years 1 to 9999 are sent'
    case OID.time:
      return value.startsWith('24') ? 'Snowflake has no 24:00' : undefined
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
      if (call.collation !== 'binary') return `Snowflake does not have the collation ${call.collation}` // prettier-ignore
      if (oid === OID.float8) return 'Which of 0 and -0 is the smaller is not said'
      return COMPARABLE.has(oid) && oid !== OID.bool
        ? undefined
        : 'Snowflake does not order this type as PostgreSQL does'
    case 'sum': {
      if (oid === OID.int2 || oid === OID.int4 || oid === OID.int8) return undefined
      if (oid === OID.float4 || oid === OID.float8) {
        return 'The sum of floating-point numbers depends on their order'
      }
      const shape = oid === OID.numeric && argument ? decimalShape(argument) : undefined
      // Ten digits to spare: room for ten billion rows.
      return shape && fitsDecimal(shape, { precision: 28, scale: 28 })
        ? undefined
        : 'The sum may need more digits than the 38 of Snowflake'
    }
    case 'avg':
      return 'An average has other digits behind the point in Snowflake'
    default:
      return `Aggregate ${call.function.name} is not known to mean the same in Snowflake`
  }
}

/** The rules of Snowflake's SQL. */
export const RULES: WarehouseRules = {
  product: 'Snowflake',
  comparable: COMPARABLE,
  sameLook: new Set([...COMPARABLE].filter((oid) => oid !== OID.numeric)),
  elements: ELEMENTS,
  whyNotConstant,
  comparison: ({ family }, operands) => {
    if (family === 'float' && operands.some((operand) => operand.type.oid === OID.float4)) {
      return 'A single-precision number is another one in Snowflake'
    }
    if (family !== 'numeric') return undefined
    // Both sides get one NUMBER that holds the digits of either.
    const shapes = operands.map((operand) => decimalShape(operand)).filter((s) => s !== undefined)
    const whole = Math.max(0, ...shapes.map((shape) => shape.whole))
    const scale = Math.max(0, ...shapes.map((shape) => shape.scale))
    return fitsDecimal({ whole, scale }, { precision: 38, scale: 38 })
      ? undefined
      : 'The digits of both sides do not fit into one NUMBER of Snowflake'
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
