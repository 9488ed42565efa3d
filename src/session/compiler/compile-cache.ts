/**
 * Keeps what the compiler answered: a statement sent again under the same settings costs a look-up. Wraps any
 * compiler; a new catalog version leaves the old entries to age out.
 */
import type { PhysicalPlan } from '../../planner/physical-plan.js'
import type { CompiledStatement, CompileOptions, Compiler } from './compiled-statement.js'

/** Settings that change nothing about how a statement is analyzed, so that they do not split the cache. */
const IRRELEVANT = new Set([
  ...['application_name', 'statement_timeout', 'lock_timeout', 'session_authorization', 'role'],
  ...['idle_in_transaction_session_timeout', 'idle_session_timeout', 'transaction_timeout'],
  ...['client_min_messages', 'client_encoding', 'transaction_isolation', 'transaction_read_only'],
  ...['transaction_deferrable', 'default_transaction_isolation', 'default_transaction_read_only'],
  ...[
    'tributary.memory_limit',
    'tributary.max_rows_moved',
    'search_path',
    'timezone',
    'datestyle',
    'intervalstyle',
  ],
  ...['extra_float_digits', 'bytea_output'],
])

export interface CompileCacheOptions {
  readonly entries?: number
  /** Statements longer than this are not kept. */
  readonly longestText?: number
}

export interface CachingCompiler extends Compiler {
  /** The statement of this plan is compiled anew when it comes again. */
  planAnew(plan: PhysicalPlan): void
}

/** Wraps a compiler with a cache of its answers, the least recently used dropped first. */
export function cachingCompiler(
  compiler: Compiler,
  catalogVersion: () => string,
  { entries = 1000, longestText = 100_000 }: CompileCacheOptions = {},
): CachingCompiler {
  const cache = new Map<string, Promise<CompiledStatement>>()
  const outdated = new WeakSet<PhysicalPlan>()
  const isOutdated = ({ plan }: CompiledStatement): boolean =>
    plan !== undefined && outdated.has(plan)
  const optionKeys = new WeakMap<CompileOptions, string>()

  const keyOf = (options: CompileOptions): string => {
    const known = optionKeys.get(options)
    if (known !== undefined) return known
    const { user, role, searchPath, values, planner, settings } = options
    const relevant = Object.entries(settings)
      .filter(([name]) => !IRRELEVANT.has(name))
      .sort(([a], [b]) => (a < b ? -1 : 1))
    const key = JSON.stringify([user, role, searchPath, values, planner, relevant])
    optionKeys.set(options, key)
    return key
  }

  return {
    compile: (sql, parameterTypes, options) => {
      if (sql.length > longestText) return compiler.compile(sql, parameterTypes, options)
      const key = [catalogVersion(), keyOf(options), parameterTypes.join(), sql].join('\0')
      const compileAnew = (): Promise<CompiledStatement> => {
        const compiled = compiler.compile(sql, parameterTypes, options)
        cache.set(key, compiled)
        // An error may be of the moment (a source, a restart): only answers are kept.
        compiled.catch(() => {
          if (cache.get(key) === compiled) cache.delete(key)
        })
        return compiled
      }
      const known = cache.get(key)
      if (known !== undefined) {
        cache.delete(key)
        cache.set(key, known)
        return known.then((compiled) =>
          !isOutdated(compiled)
            ? compiled
            : cache.get(key) === known
              ? compileAnew()
              : cache.get(key)!,
        )
      }
      const compiled = compileAnew()
      const oldest = cache.size > entries ? cache.keys().next().value : undefined
      if (oldest !== undefined) cache.delete(oldest)
      return compiled
    },
    isOutdated,
    planAnew: (plan) => void outdated.add(plan),
    runCatalog: (...call) => compiler.runCatalog(...call),
    close: () => compiler.close(),
  }
}
