/** A statement with its values bound, running or about to: what Execute works on. */
import { EngineError } from '../errors.js'
import type { ResultColumn } from './compiler/compiled-statement.js'
import type { Interruption } from './interruption.js'
import type { RowCursor } from './runner/row-cursor.js'
import type { StatementSink } from './runner/statement-sink.js'

/** What a statement turns out to be once it runs. */
export type StatementOutput =
  | { readonly kind: 'rows'; readonly cursor: RowCursor; readonly tag: (rows: number) => string }
  /** It is done; `tag` is all there is to say. */
  | { readonly kind: 'command'; readonly tag: string }
  | { readonly kind: 'copy'; readonly run: (sink: StatementSink) => Promise<string> }

/** Rows were left when the limit was reached. */
export const SUSPENDED = Symbol('suspended')

/** A portal of the extended protocol, or the one statement of the simple one. */
export class Portal {
  readonly kind = 'portal'
  readonly name: string
  /** undefined: no rows. */
  readonly columns: readonly ResultColumn[] | undefined
  /** 0 text, 1 binary, per column. */
  readonly formats: readonly number[]
  /** Orders portals against savepoints. */
  readonly mark: number
  /** An empty query. */
  readonly empty: boolean
  /** Ends a transaction, so it may run in a failed one. */
  readonly endsTransaction: boolean
  readonly #start: () => Promise<StatementOutput>
  #output: StatementOutput | undefined
  #done = false

  constructor(fields: {
    readonly name: string
    readonly columns: readonly ResultColumn[] | undefined
    readonly formats: readonly number[]
    readonly mark: number
    readonly empty: boolean
    readonly endsTransaction: boolean
    readonly start: () => Promise<StatementOutput>
  }) {
    this.name = fields.name
    this.columns = fields.columns
    this.formats = fields.formats
    this.mark = fields.mark
    this.empty = fields.empty
    this.endsTransaction = fields.endsTransaction
    this.#start = fields.start
  }

  /** Starts the statement, so that what fails at once fails before anything is announced. */
  async start(): Promise<void> {
    try {
      this.#output ??= await this.#start()
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Runs on for up to `limit` rows (0: to the end). Returns the CommandComplete tag, or SUSPENDED. */
  async run(
    limit: number,
    interruption: Interruption,
    sink: StatementSink,
  ): Promise<string | typeof SUSPENDED> {
    if (this.#done) throw new EngineError('55000', `portal "${this.name}" cannot be run`)
    try {
      this.#output ??= await this.#start()
      const output = this.#output
      switch (output.kind) {
        case 'rows': {
          const rows = await output.cursor.take(limit, interruption, (chunk) => sink.rows(chunk))
          return limit > 0 && rows === limit ? SUSPENDED : output.tag(rows)
        }
        case 'command':
          this.#done = true
          return output.tag
        case 'copy':
          this.#done = true
          return await output.run(sink)
      }
    } catch (error) {
      this.close()
      throw error
    }
  }

  /** Stops the statement and forgets its rows. */
  close(): void {
    this.#done = true
    if (this.#output?.kind === 'rows') this.#output.cursor.close()
  }
}
