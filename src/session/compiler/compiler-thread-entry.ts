/** Entry of the compiler thread: PostgreSQL in WASM and the planner, answering one request at a time. */
import { parentPort, workerData } from 'node:worker_threads'
import { serializeError } from '../../errors.js'
import type { CompilerStart, FromCompilerThread, ToCompilerThread } from './compiler-protocol.js'
import { LocalCompiler } from './local-compiler.js'

const port = parentPort
if (port === null) throw new Error('This module runs as a worker thread')
const send = (message: FromCompilerThread): void => port.postMessage(message)

try {
  const compiler = await LocalCompiler.start((workerData as CompilerStart).catalog)
  const answer = async (message: Extract<ToCompilerThread, { id: number }>): Promise<void> => {
    const { id } = message
    try {
      const result =
        message.type === 'compile'
          ? await compiler.compile(...message.request)
          : await compiler.runCatalog(...message.request)
      send({ type: 'answer', id, answer: result })
    } catch (error) {
      send({ type: 'error', id, error: serializeError(error) })
    }
  }
  port.on('message', (message: ToCompilerThread) => {
    if (message.type === 'statistics') compiler.setStatistics(message.statistics)
    else if (message.type === 'learned') compiler.learn(message.learned)
    else void answer(message)
  })
  send({
    type: 'ready',
    targets: compiler.targets,
    problems: compiler.problems.map((problem) => ({
      ...problem,
      error: serializeError(problem.error),
    })),
  })
} catch (error) {
  send({ type: 'failed', error: serializeError(error) })
}
