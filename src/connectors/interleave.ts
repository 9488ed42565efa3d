/** Reads several streams at the same time and hands on what comes, in whatever order it comes. */

/**
 * Interleaves streams, one item of each read ahead. A failure of one, or the consumer's leaving, aborts `abort`, on which the streams
 * must stop, and ends only when all have let go.
 */
export async function* interleave<T>(
  streams: readonly AsyncIterable<T>[],
  abort: AbortController,
): AsyncGenerator<T, void, undefined> {
  type Turn = { readonly iterator: AsyncIterator<T>; readonly result: IteratorResult<T> }
  const iterators = streams.map((stream) => stream[Symbol.asyncIterator]())
  const pending = new Map<AsyncIterator<T>, Promise<Turn>>()
  const fetch = (iterator: AsyncIterator<T>): void => {
    const turn = iterator.next().then((result) => ({ iterator, result }))
    // Its failure is thrown where the turn is awaited; until then nobody listens.
    turn.catch(() => undefined)
    pending.set(iterator, turn)
  }
  iterators.forEach(fetch)
  try {
    while (pending.size > 0) {
      const { iterator, result } = await Promise.race(pending.values())
      if (result.done === true) {
        pending.delete(iterator)
        continue
      }
      fetch(iterator)
      yield result.value
    }
  } finally {
    if (pending.size > 0) abort.abort(new Error('The streams are no longer needed'))
    await Promise.allSettled(pending.values())
    await Promise.allSettled(iterators.map(async (iterator) => iterator.return?.()))
  }
}
