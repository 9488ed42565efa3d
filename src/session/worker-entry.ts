/** Starts worker threads from compiled code, or from TypeScript sources under a loader. */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Starts the module `name` of this folder as a worker. From source (tests, development) the TypeScript loader is
 * handed on; the compiled program needs none.
 */
export function startWorker(name: string, options: WorkerOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  const url = new URL(`./${name}.${fromSource ? 'ts' : 'js'}`, import.meta.url)
  return new Worker(url, fromSource ? { ...options, execArgv: ['--import', 'tsx'] } : options)
}
