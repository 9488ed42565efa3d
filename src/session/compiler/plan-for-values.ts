/** The plan for a statement's values: the generic one, or where a value is far from average, one that was estimated with it. */
import { departureOf } from '../../planner/estimates/sensitive-parameters.js'
import { boundDatums, type BoundValues } from '../bind-values.js'
import type { CompiledStatement } from './compiled-statement.js'
import type { Analysis } from '../prepared-statement.js'
import type { SessionState } from '../session-state.js'

/** Plans by how far their values are from average. They go with the generic plan, which the compile cache keeps. */
const variants = new WeakMap<CompiledStatement, Map<string, Promise<CompiledStatement>>>()

/** Of one statement: deep pages of several parameters could want any number. */
const MOST_VARIANTS = 100

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
  const { key, assumed, atMost } = departure
  let variant = known.get(key)
  if (variant === undefined || state.compiler.isOutdated?.(await variant) === true) {
    if (variant === undefined && known.size >= MOST_VARIANTS) return compiled
    variant = state.compiler
      .compile(text.text, parameterTypes, {
        ...options,
        planner: {
          ...options.planner,
          ...{ assumed: JSON.stringify(assumed), atMost: JSON.stringify(atMost) },
        },
      })
      // The generic plan is right for all values; only slower.
      .catch(() => compiled)
    known.set(key, variant)
  }
  return state.interruption.race(variant)
}
