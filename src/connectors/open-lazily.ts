/** Keeps a source's SDK unloaded until the source is first used: a catalog without such a source needs not even have it installed. */
import type { Batch } from '../executor/batch.js'
import type { OpenSource } from './connector.js'

/** An opened source whose running half `load` brings on first use. */
export function openLazily(load: () => Promise<OpenSource>): OpenSource {
  let opened: Promise<OpenSource> | undefined
  const open = (): Promise<OpenSource> => (opened ??= load())
  return {
    async *scan(statement, values, options): AsyncGenerator<Batch, void, undefined> {
      yield* (await open()).scan(statement, values, options)
    },
    estimate: async (statement, values, signal) =>
      (await open()).estimate?.(statement, values, signal),
    discover: async (options) => (await open()).discover(options),
    ping: async (signal) => (await open()).ping(signal),
    close: async () => {
      if (opened) await (await opened).close()
    },
  }
}
