/** Messages between the main thread and the compiler thread. */
import type { LearnedRows, Observation } from '../../planner/estimates/learned-rows.js'
import type { Catalog } from '../../catalog/catalog.js'
import type { LiveStatistics } from '../../catalog/live-statistics.js'
import type { AnalyzerProblem } from '../../analyzer/analyzer.js'
import type { SerializedError } from '../../errors.js'
import type { CatalogResult, CompiledStatement, Compiler } from './compiled-statement.js'

/** `workerData` of the compiler thread. */
export interface CompilerStart {
  readonly catalog: Catalog
}

/** New observations, or what an earlier process kept. */
export type LearnedChange =
  | { readonly observations: readonly Observation[] }
  | { readonly kept: ReturnType<LearnedRows['kept']> }

export type ToCompilerThread =
  | {
      readonly type: 'compile'
      readonly id: number
      readonly request: Parameters<Compiler['compile']>
    }
  | {
      readonly type: 'catalog'
      readonly id: number
      readonly request: Parameters<Compiler['runCatalog']>
    }

  /** Fragments ran: what was learned of them. */
  | { readonly type: 'learned'; readonly learned: LearnedChange }

  /** Plan by these from now on. */
  | { readonly type: 'statistics'; readonly statistics: LiveStatistics }

export type FromCompilerThread =
  | {
      readonly type: 'ready'
      readonly problems: readonly CompilerProblem[]
      /** The connection target of each source. */
      readonly targets: Readonly<Record<string, string>>
    }
  | { readonly type: 'failed'; readonly error: SerializedError }
  | {
      readonly type: 'answer'
      readonly id: number
      readonly answer: CompiledStatement | CatalogResult
    }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }

/** An AnalyzerProblem that can cross threads. */
export type CompilerProblem = Omit<AnalyzerProblem, 'error'> & { readonly error: SerializedError }
