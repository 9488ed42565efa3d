/** Starts worker threads from compiled code, or from TypeScript sources under a loader. */
import { Worker, type WorkerOptions } from 'node:worker_threads'

/**
 * Room for short-lived objects in a thread's heap, in MB. Rows live in typed arrays outside of it; with V8's own choice
 * each thread grows to some 30 MB that it then keeps.
 */
const YOUNG_GENERATION = 6

/**
 * Starts the module `name`, a path from this folder, as a worker. From source (tests, development) the TypeScript loader is
 * handed on; the compiled program needs none.
 */
export function startWorker(name: string, options: WorkerOptions): Worker {
  const fromSource = import.meta.url.endsWith('.ts')
  const url = new URL(`./${name}.${fromSource ? 'ts' : 'js'}`, import.meta.url)
  const limited: WorkerOptions = {
    ...options,
    resourceLimits: { maxYoungGenerationSizeMb: YOUNG_GENERATION, ...options.resourceLimits },
  }
  return new Worker(url, fromSource ? { ...limited, execArgv: ['--import', 'tsx'] } : limited)
}
