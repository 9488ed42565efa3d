/** What of a statement's time at a source is counted: the first byte of a small answer, and the waits for a large one. */
import { setTimeout as sleep } from 'node:timers/promises'
import { expect, test } from 'vitest'
import { CallTiming } from '../../../src/executor/call-timing.js'
import type { NodeStatistics } from '../../../src/executor/execution.js'
import { createStatistics } from '../../../src/executor/statistics.js'

interface Answer {
  readonly pieces: readonly number[]
  /** ms that the source, and the consumer, take for a piece. */
  readonly source?: number
  readonly consumer?: number
  /** The consumer leaves after so many pieces. */
  readonly leaves?: number
}

/** Bytes of a row. */
const WIDTH = 10

async function recordOf(...answers: readonly Answer[]): Promise<NodeStatistics> {
  const record = createStatistics().of(1)
  for (const { pieces, source = 0, consumer = 0, leaves = Infinity } of answers) {
    const timing = new CallTiming(record)
    async function* send(): AsyncGenerator<number> {
      for (const rows of pieces) {
        if (source > 0) await sleep(source)
        timing.received(rows * WIDTH)
        yield rows
      }
    }
    let taken = 0
    for await (const rows of timing.reading(send(), (piece) => piece)) {
      expect(rows).toBe(pieces[taken])
      if (consumer > 0) await sleep(consumer)
      if (++taken === leaves) break
    }
  }
  return record
}

test('small answers that are read to their end: the quickest counts', async () => {
  const slow = { pieces: [5], source: 100 }
  expect((await recordOf(slow)).shortestCall).toBeGreaterThan(90)
  const record = await recordOf(slow, { pieces: [5, 5] }, slow)
  expect(record.shortestCall).toBeLessThan(90)
  expect(record.streamed).toBeUndefined()
  expect(record.bytes).toBe(200)
  expect((await recordOf({ pieces: [] })).shortestCall).toBeDefined()
  expect((await recordOf({ pieces: [5, 5], leaves: 1 })).shortestCall).toBeUndefined()
})

test('large answers that were waited for: what came behind the first piece', async () => {
  const record = await recordOf(
    ...[
      { pieces: [4000, 6000, 6000], source: 5 },
      { pieces: [1, 200_000], source: 5 },
    ],
  )
  expect(record.streamed).toMatchObject({ rows: 212_000, bytes: 2_120_000 })
  expect(record.streamed?.milliseconds).toBeGreaterThanOrEqual(12)
  expect(record.shortestCall).toBeUndefined()
})

test('neither what the consumer was too slow for, nor what is too little, nor what was given up', async () => {
  for (const answer of [
    { pieces: [4000, 6000, 6000], consumer: 5 },
    { pieces: [9000, 5000], source: 5 },
    { pieces: [1, 20_000, 20_000], source: 5, leaves: 2 },
  ]) {
    const { streamed, shortestCall } = await recordOf(answer)
    expect([streamed, shortestCall]).toEqual([undefined, undefined])
  }
})
