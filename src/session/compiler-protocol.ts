/** Messages between the main thread and the compiler thread. */
import type { Catalog } from '../catalog/catalog.js'
import type { LiveStatistics } from '../catalog/live-statistics.js'
import type { AnalyzerProblem } from '../analyzer/analyzer.js'
import type { SerializedError } from '../errors.js'
import type { CatalogResult, CompiledStatement, Compiler } from './compiled-statement.js'

/** `workerData` of the compiler thread. */
export interface CompilerStart {
  readonly catalog: Catalog
}

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

  /** Plan by these from now on. */
  | { readonly type: 'statistics'; readonly statistics: LiveStatistics }

export type FromCompilerThread =
  | { readonly type: 'ready'; readonly problems: readonly CompilerProblem[] }
  | { readonly type: 'failed'; readonly error: SerializedError }
  | {
      readonly type: 'answer'
      readonly id: number
      readonly answer: CompiledStatement | CatalogResult
    }
  | { readonly type: 'error'; readonly id: number; readonly error: SerializedError }

/** An AnalyzerProblem that can cross threads. */
export type CompilerProblem = Omit<AnalyzerProblem, 'error'> & { readonly error: SerializedError }
