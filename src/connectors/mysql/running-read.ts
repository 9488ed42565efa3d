/**
 * Runs one statement on a connection and yields its rows in pieces, made by a sink as the row packets arrive. When two
 * pieces wait to be taken the socket is paused, and with it the server.
 */
import type { RowSink, WireConnection } from './wire-connection.js'
import type { WireParameter } from './wire-protocol.js'

const PIECES_AHEAD = 2

/** Turns row packets into pieces and hands each over through the callback it was made with. */
export interface PieceSink extends RowSink {
  /** Hands over the rows collected so far, if any. */
  flush(): void
  /** Ignores all further rows. */
  discard(): void
}

/** A statement under way. `pieces` ends when the last row was taken, or throws what the server said. */
export interface RunningRead<Piece> {
  readonly pieces: AsyncGenerator<Piece, void, undefined>
  /** The server has sent everything: nothing is left to cancel. */
  readonly finished: () => boolean
  /** Makes `pieces` throw at once. */
  readonly fail: (reason: unknown) => void
  /** Throws away what still comes; resolves when the server is done with the statement. */
  readonly drain: () => Promise<void>
}

/** Starts a statement. The connection is the reader's until `finished`. */
export function startRead<Piece>(
  connection: WireConnection,
  sql: string,
  parameters: readonly WireParameter[],
  makeSink: (hand: (piece: Piece) => void) => PieceSink,
): RunningRead<Piece> {
  const ready: Piece[] = []
  let wake: (() => void) | undefined
  let failure: unknown
  let ended = false
  let paused = false
  const notify = (): void => {
    wake?.()
    wake = undefined
  }
  const sink = makeSink((piece) => {
    ready.push(piece)
    if (ready.length >= PIECES_AHEAD && !paused) {
      paused = true
      connection.pause()
    }
    notify()
  })
  const done = connection.run(sql, parameters, sink).then(
    () => {
      sink.flush()
      ended = true
      notify()
    },
    (error: unknown) => {
      failure ??= error
      ended = true
      notify()
    },
  )
  async function* pieces(): AsyncGenerator<Piece, void, undefined> {
    for (;;) {
      if (failure !== undefined && !ended) throw failure
      const piece = ready.shift()
      if (piece !== undefined) {
        if (paused && ready.length < PIECES_AHEAD) {
          paused = false
          connection.resume()
        }
        yield piece
      } else if (ended) {
        if (failure !== undefined) throw failure
        return
      } else {
        await new Promise<void>((resolve) => (wake = resolve))
      }
    }
  }
  return {
    pieces: pieces(),
    finished: () => ended,
    fail: (reason) => {
      failure ??= reason
      notify()
    },
    drain: () => {
      sink.discard()
      if (paused) connection.resume()
      paused = false
      return done
    },
  }
}
