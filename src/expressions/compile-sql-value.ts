/** current_date, current_timestamp(n), localtime, current_user and the like: fixed for one execution. */
import { localTimestamp, zoneNamed } from '../types/datetime/time-zone.js'
import { splitMicros } from '../types/datetime/datetime.js'
import { OID, type SqlType } from '../types/sql-type.js'
import type { Vector } from '../types/vectors/vector.js'
import type { CompiledExpression, ExpressionCompiler } from './compiled-expression.js'
import { constantExpression } from './constant-vector-cache.js'
import { vectorFromDatums } from '../types/vectors/vector-ops.js'
import type { EvaluationContext } from './evaluation-context.js'
import type { SqlValueExpression } from './expression.js'
import { roundMicros } from './kernels/round-micros.js'

/** The date and time keywords that are computed here. */
const CLOCK: ReadonlySet<string> = new Set([
  'current_date',
  'current_timestamp',
  'localtime',
  'localtimestamp',
])

/** The keywords that name the session. */
const SESSION: ReadonlySet<string> = new Set([
  'current_user',
  'session_user',
  'user',
  'current_role',
  'current_catalog',
])

/** Says why a keyword is left to PostgreSQL. */
export function whyNotSqlValue(name: string): string | undefined {
  return CLOCK.has(name) || SESSION.has(name) ? undefined : `${name} has no native kernel`
}

/** Compiles one of SQL's keywords that are values. */
export function compileSqlValue(
  expression: SqlValueExpression,
  compiler: ExpressionCompiler,
): CompiledExpression {
  const { name, type } = expression
  const { context } = compiler
  return constantExpression(type, () =>
    SESSION.has(name)
      ? vectorFromDatums(type, [context.session[name] ?? null])
      : clockValue(name, type, context),
  )
}

function clockValue(name: string, type: SqlType, context: EvaluationContext): Vector {
  const now = context.transactionTime
  const zone = zoneNamed(context.settings.timeZone)
  const local = Number(localTimestamp(zone, now).micros)
  if (name === 'current_date') {
    const { days } = splitMicros(local)
    return { lane: 'int32', type, length: 1, values: Int32Array.of(days) }
  }
  const moment = name === 'current_timestamp' ? now : local
  let micros: number
  if (type.oid === OID.time) {
    // Rounding may reach 24:00:00, which is a time of day.
    micros = roundMicros(splitMicros(moment).micros, type.typmod)
  } else {
    micros = roundMicros(moment, type.typmod)
  }
  return { lane: 'int64', type, length: 1, values: Float64Array.of(micros) }
}
