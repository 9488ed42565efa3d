/**
 * Sources are given arithmetic that has room enough for numbers as they occur. Where one had more digits, the source fails, and the statement runs
 * by a plan that leaves such arithmetic to us: nobody sees but the time. The plan is kept for the statement's next runs.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { CompiledStatement, CompileOptions } from './compiled-statement.js'

/** Statements whose numbers had too many digits, with the plan they run by since. */
const exceeded = new WeakMap<CompiledStatement, CompiledStatement>()

/** The plan that a statement runs by, as far as earlier runs tell. */
export function planInUse(compiled: CompiledStatement): CompiledStatement {
  return exceeded.get(compiled) ?? compiled
}

/** Another plan for a statement that failed so; undefined: it failed otherwise, or there is no other. */
export async function planWithProvenDigits(
  sql: string,
  compiled: CompiledStatement,
  options: CompileOptions,
  error: unknown,
  compile: (
    sql: string,
    types: readonly number[],
    options: CompileOptions,
  ) => Promise<CompiledStatement>,
): Promise<CompiledStatement | undefined> {
  const isTooLong = error instanceof EngineError && error.code === SQLSTATE.numericValueOutOfRange
  if (!isTooLong || error.source === undefined || compiled.kind !== 'plan') return undefined
  const planner = { ...options.planner, digits: 'proven' }
  const proven = await compile(sql, compiled.parameterTypes, { ...options, planner })
  if (JSON.stringify(proven.plan) === JSON.stringify(compiled.plan)) return undefined
  exceeded.set(compiled, proven)
  return proven
}
