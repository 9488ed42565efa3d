/** What statements produce, as messages. Shared by the simple and the extended protocol. */
import type { StatementSink } from '../session/runner/statement-sink.js'
import type { Outbound } from './outbound.js'

/** The sink that writes to a client. */
export function wireSink(outbound: Outbound): StatementSink {
  return {
    rows: async ({ frames, release }) => {
      await outbound.frames(frames)
      if (outbound.isIdle) release?.()
    },
    copyBegin: (format, columns) =>
      outbound.send({
        kind: 'copy-out-response',
        format,
        columnFormats: new Array<number>(columns).fill(format),
      }),
    copyData: (bytes) => outbound.frames(bytes),
    copyEnd: () => outbound.send({ kind: 'copy-done' }),
  }
}
