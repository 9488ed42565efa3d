/**
 * Rows as values, in binary: what they are made of is known to the PostgreSQL that made them alone. Where one stands at the top of
 * a plan, its bytes are passed on.
 */
import type { PhysicalPlan } from '../planner/physical-plan.js'
import { enumWithin, isEnumNumber } from '../types/enum-types.js'
import { OID, sqlType } from '../types/sql-type.js'
import { hasBinaryOutput } from '../types/binary-output.js'

/** Where numbers that a server hands out begin: of types, those of tables' rows and of arrays of them. */
const FIRST_NORMAL_OID = 16_384

/** The plan, made to answer with the bytes that the client gets for columns it wants in binary. */
export function withBinaryRecords(plan: PhysicalPlan, formats: readonly number[]): PhysicalPlan {
  if (plan.kind !== 'local-postgres' || !formats.includes(1)) return plan
  // Numbers of enum types are that PostgreSQL's own.
  const columns = [...plan.inputs.flatMap((input) => input.plan.columns), ...plan.columns]
  if (columns.some(({ type }) => enumWithin(type.oid) !== undefined)) return plan
  return {
    ...plan,
    columns: plan.columns.map((column, index) =>
      formats[index] === 1 && isMadeOfOthers(column.type.oid)
        ? { ...column, type: sqlType(OID.bytea) }
        : column,
    ),
  }
}

function isMadeOfOthers(oid: number): boolean {
  return oid >= FIRST_NORMAL_OID ? !isEnumNumber(oid) : !hasBinaryOutput(oid)
}
