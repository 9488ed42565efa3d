/** Tells whether a fragment's rows depend on the session's settings (time zone, date style, ...). */
import { enumOf } from '../../types/enum-types.js'
import type { Expression } from '../../expressions/expression.js'
import { IMMUTABLE_IN_NAME_ALONE } from '../../planner/expression-properties.js'
import { somePart } from '../../planner/expression-traversal.js'
import type { LogicalPlan } from '../../planner/logical-plan.js'
import { expressionsOf, logicalInputsOf } from '../../planner/plan-traversal.js'
import { OID } from '../../types/sql-type.js'
import { isKnownHere } from './postgres-dialect.js'
import type { SplitPlan } from './split-plan.js'

/** What the reader of a remote statement is told besides its columns. */
export interface PostgresHandle {
  /** false: the connection keeps its default settings, in which values are canonical. */
  readonly usesSettings: boolean
  /** Present where the rows may come in parts, in any order. */
  readonly split?: SplitPlan
}

/** Looks for stable functions and for casts through text, whose forms settings decide. */
export function usesSettings(plan: LogicalPlan): boolean {
  return (
    expressionsOf(plan).some((expression) => somePart(expression, dependsOnSettings)) ||
    callsOf(plan).some((call) => call.function.volatility !== 'immutable') ||
    logicalInputsOf(plan).some(usesSettings)
  )
}

function callsOf(plan: LogicalPlan) {
  if (plan.kind === 'aggregate') return plan.aggregates
  return plan.kind === 'window' ? plan.calls : []
}

// Their text is the same under all settings.
const PLAIN_TEXT: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.numeric, OID.uuid, OID.json, OID.jsonb],
  ...[OID.text, OID.varchar, OID.bpchar, OID.name, OID.char, OID.unknown],
])

function isPlainText(oid: number): boolean {
  return PLAIN_TEXT.has(oid) || enumOf(oid) !== undefined
}

function dependsOnSettings(part: Expression): boolean {
  switch (part.kind) {
    case 'call':
    case 'array-comparison':
      if (IMMUTABLE_IN_NAME_ALONE.has(part.function.signature)) return true
      return part.function.volatility !== 'immutable' && !isKnownHere(part)
    case 'row-comparison':
      return part.functions.some((f) => f.volatility !== 'immutable')
    case 'distinct':
    case 'null-if':
      return part.equality.volatility !== 'immutable'
    case 'io-cast':
      return !isPlainText(part.argument.type.oid) || !isPlainText(part.type.oid)
    case 'array-cast':
      return true
    case 'min-max':
      // date against timestamptz and the like are cast before.
      return false
    case 'subquery':
      return usesSettings(part.plan)
    default:
      return false
  }
}
