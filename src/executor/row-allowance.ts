/**
 * How many rows a statement may move: from all its sources and to them (`tributary.max_rows_moved`), and from one of them (`limits:
 * {max_rows: N}` in its file). Keys are no rows: each is a value of a row that was counted when it came.
 */
import type { OpenSource } from '../connectors/connector.js'
import { EngineError, SQLSTATE } from '../errors.js'

export class RowAllowance {
  readonly #most: number
  readonly #refusal: (sent: number) => EngineError
  #moved = 0
  #sent = 0

  /** `refusal`: with how many of the rows were sent. */
  constructor(most: number, refusal: (sent: number) => EngineError) {
    this.#most = most
    this.#refusal = refusal
  }

  /** Counts rows that came; 53400 once there are too many. */
  take(rows: number): void {
    this.#moved += rows
    if (this.#moved > this.#most) throw this.#refusal(this.#sent)
  }

  /** Counts rows that are about to be sent to a source. */
  send(rows: number): void {
    this.#sent += rows
    this.take(rows)
  }
}

/** What a statement may move in all; 0: any number. */
export function statementAllowance(most: number): RowAllowance {
  return new RowAllowance(most === 0 ? Infinity : most, (sent) =>
    tooMany(
      sent === 0
        ? `The statement moved more than ${most} rows from its sources`
        : `The statement moved more than ${most} rows from its sources and to them: ${sent} were to be sent`,
      'EXPLAIN shows what was not pushed to a source; raise tributary.max_rows_moved to run it all the same',
    ),
  )
}

/** What a statement may bring from one source. */
export function sourceAllowance(source: string, most: number): RowAllowance {
  return new RowAllowance(most, () =>
    tooMany(
      `The statement moved more than ${most} rows from source "${source}"`,
      `Filter or group so that fewer come (EXPLAIN shows what was not pushed), or raise limits.max_rows of source "${source}" in the catalog`,
    ),
  )
}

function tooMany(message: string, hint: string): EngineError {
  return new EngineError(SQLSTATE.configurationLimitExceeded, message, {
    category: 'resource',
    hint,
  })
}

/** A source whose rows are counted. Leaving the loop by the error cancels the statement there. */
export function limited(source: OpenSource, allowances: readonly RowAllowance[]): OpenSource {
  const relay = source.relay?.bind(source)
  return {
    scan: (...request) => counted(source.scan(...request), allowances, (batch) => batch.length),
    ...(relay === undefined
      ? {}
      : {
          relay: (...request: Parameters<typeof relay>) => {
            const chunks = relay(...request)
            return chunks && counted(chunks, allowances, (chunk) => chunk.rows)
          },
        }),
    discover: (options) => source.discover(options),
    ping: (signal) => source.ping(signal),
    close: () => source.close(),
  }
}

async function* counted<Piece>(
  pieces: AsyncIterable<Piece>,
  allowances: readonly RowAllowance[],
  rowsOf: (piece: Piece) => number,
): AsyncGenerator<Piece> {
  for await (const piece of pieces) {
    for (const allowance of allowances) allowance.take(rowsOf(piece))
    yield piece
  }
}
