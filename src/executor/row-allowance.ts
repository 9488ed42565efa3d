/** `tributary.max_rows_moved`: how many rows a statement may bring from its sources, all together. */
import type { OpenSource } from '../connectors/connector.js'
import { EngineError, SQLSTATE } from '../errors.js'

export class RowAllowance {
  readonly #most: number
  #moved = 0

  /** 0: any number. */
  constructor(most: number) {
    this.#most = most
  }

  /** Counts rows that came; 53400 once there are too many. */
  take(rows: number): void {
    this.#moved += rows
    if (this.#most === 0 || this.#moved <= this.#most) return
    throw new EngineError(
      SQLSTATE.configurationLimitExceeded,
      `The statement moved more than ${this.#most} rows from its sources`,
      {
        category: 'resource',
        hint: 'EXPLAIN shows what was not pushed to a source; raise tributary.max_rows_moved to run it all the same',
      },
    )
  }
}

/** A source whose rows are counted. Leaving the loop by the error cancels the statement there. */
export function limited(source: OpenSource, allowance: RowAllowance): OpenSource {
  const relay = source.relay?.bind(source)
  return {
    scan: (...request) => counted(source.scan(...request), allowance, (batch) => batch.length),
    ...(relay === undefined
      ? {}
      : {
          relay: (...request: Parameters<typeof relay>) => {
            const chunks = relay(...request)
            return chunks && counted(chunks, allowance, (chunk) => chunk.rows)
          },
        }),
    discover: (options) => source.discover(options),
    ping: (signal) => source.ping(signal),
    close: () => source.close(),
  }
}

async function* counted<Piece>(
  pieces: AsyncIterable<Piece>,
  allowance: RowAllowance,
  rowsOf: (piece: Piece) => number,
): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    allowance.take(rowsOf(piece))
    yield piece
  }
}
