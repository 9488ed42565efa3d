/** What a printed statement tells the running half beyond text and types. Plain data. */
import type { Json } from './json.js'
import type { Reading } from './scope.js'

export interface StatementHandle {
  readonly collection: string
  /** The pipeline, with places for parameters. */
  readonly stages: Json
  /** How each output column is found in the documents that come. */
  readonly fields: readonly OutputField[]
}

export type OutputField =
  | { readonly kind: 'value'; readonly name: string; readonly reading: Reading }
  | {
      readonly kind: 'average'
      readonly sum: string
      readonly count: string
      /** Digits behind the point of the sum. */
      readonly scale: number
    }
