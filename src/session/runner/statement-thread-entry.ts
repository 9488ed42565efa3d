/** Entry of a statement thread: runs statements and posts their rows as long as the main thread keeps taking them. */
import { parentPort } from 'node:worker_threads'
import type { RelayChunk } from '../../connectors/connector.js'
import { keepFrameBuffer } from '../../connectors/frame-buffers.js'
import { deserializeError, serializeError } from '../../errors.js'
import { StatementHost } from './statement-host.js'
import {
  WINDOW_BYTES,
  type ExecuteMessage,
  type ExecutionReport,
  type FromStatementThread,
  type ToStatementThread,
} from './statement-protocol.js'

interface Running {
  readonly abort: AbortController
  /** Bytes posted and not yet credited. */
  outstanding: number
  wake: (() => void) | undefined
}

const port = parentPort
if (port === null) throw new Error('This module runs as a worker thread')
const host = new StatementHost()
const running = new Map<number, Running>()

port.on('message', (message: ToStatementThread) => {
  switch (message.type) {
    case 'sources':
      host.setSources(message.sources)
      break
    case 'execute':
      void execute(message)
      break
    case 'credit': {
      if (message.buffer !== undefined) keepFrameBuffer(message.buffer)
      const statement = running.get(message.id)
      if (statement === undefined) break
      statement.outstanding -= message.bytes
      statement.wake?.()
      break
    }
    case 'abort': {
      const statement = running.get(message.id)
      const reason = message.reason === undefined ? undefined : deserializeError(message.reason)
      statement?.abort.abort(reason)
      statement?.wake?.()
      break
    }
  }
})

async function execute(message: ExecuteMessage): Promise<void> {
  const { id } = message
  const statement: Running = { abort: new AbortController(), outstanding: 0, wake: undefined }
  const { signal } = statement.abort
  running.set(id, statement)
  let statistics: ExecutionReport | undefined
  let rows = 0
  try {
    for await (const chunk of host.run(message, signal, (report) => (statistics = report))) {
      rows += chunk.rows
      statement.outstanding += chunk.frames.byteLength
      postRows(id, chunk)
      while (statement.outstanding > WINDOW_BYTES && !signal.aborted) {
        await new Promise<void>((resolve) => (statement.wake = resolve))
      }
      signal.throwIfAborted()
    }
    if (statistics === undefined) throw new Error('The statement ended without a report')
    post({ type: 'end', id, rows, statistics })
  } catch (error) {
    post({
      type: 'error',
      id,
      error: serializeError(error),
      ...(statistics === undefined ? {} : { statistics }),
    })
  } finally {
    running.delete(id)
  }
}

function postRows(id: number, { frames, rows, ownsBuffer = false }: RelayChunk): void {
  const isAll = ownsBuffer || frames.byteLength === frames.buffer.byteLength
  const own = isAll && frames.buffer instanceof ArrayBuffer ? frames : new Uint8Array(frames)
  post({ type: 'rows', id, frames: own, rows }, [own.buffer as ArrayBuffer])
}

function post(message: FromStatementThread, transfer: ArrayBuffer[] = []): void {
  port?.postMessage(message, transfer)
}
