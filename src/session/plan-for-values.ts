/** The plan for a statement's values: the generic one, or where a value is far from average, one that was estimated with it. */
import { departureOf } from '../planner/sensitive-parameters.js'
import { boundDatums, type BoundValues } from './bind-values.js'
import type { CompiledStatement } from './compiled-statement.js'
import type { Analysis } from './prepared-statement.js'
import type { SessionState } from './session-state.js'

/** Plans by how far their values are from average. They go with the generic plan, which the compile cache keeps. */
const variants = new WeakMap<CompiledStatement, Map<string, Promise<CompiledStatement>>>()

/** Chooses the plan; compiles one for values like these when they come first. */
export async function planForValues(
  state: SessionState,
  { compiled, text, options }: Analysis,
  bound: BoundValues,
): Promise<CompiledStatement> {
  const { sensitive = [], parameterTypes } = compiled
  if (sensitive.length === 0) return compiled
  const values = boundDatums(parameterTypes, bound, options.values)
  const departure = departureOf(sensitive, values)
  if (departure === undefined) return compiled
  const known = variants.get(compiled) ?? new Map<string, Promise<CompiledStatement>>()
  variants.set(compiled, known)
  let variant = known.get(departure)
  if (variant === undefined || state.compiler.isOutdated?.(await variant) === true) {
    const assumed = JSON.stringify(
      Object.fromEntries(sensitive.map(({ index }) => [index, values[index - 1] ?? null])),
    )
    variant = state.compiler
      .compile(text.text, parameterTypes, {
        ...options,
        planner: { ...options.planner, assumed },
      })
      // The generic plan is right for all values; only slower.
      .catch(() => compiled)
    known.set(departure, variant)
  }
  return state.interruption.race(variant)
}
