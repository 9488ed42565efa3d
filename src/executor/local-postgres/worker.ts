/** Entry of the thread that a local PostgreSQL runs in: passes protocol bytes through, one exchange at a time. */
import { parentPort } from 'node:worker_threads'
import { serializeError } from '../../errors.js'
import type { EngineAnswer, EngineRequest } from './engine.js'
import { startInstance } from './start-instance.js'

const port = parentPort
if (port === null) throw new Error('This module runs as a worker thread')
const starting = startInstance()
// A failure is reported to whoever asks first.
starting.catch(() => undefined)

port.on('message', (request: EngineRequest) => {
  void answer(request)
})

async function answer({ id, bytes }: EngineRequest): Promise<void> {
  try {
    const postgres = await starting
    const own = Uint8Array.from(postgres.rawProtocol(bytes))
    post({ id, bytes: own }, [own.buffer])
  } catch (error) {
    post({ id, error: serializeError(error) }, [])
  }
}

function post(message: EngineAnswer, transfer: ArrayBuffer[]): void {
  port?.postMessage(message, transfer)
}
