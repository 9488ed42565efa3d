/** DataRow messages of batches. */
import { describe, expect, it } from 'vitest'
import {
  batchOf,
  columnAt,
  limitBatch,
  selectRows,
  type Batch,
} from '../../../src/executor/batch.js'
import { DEFAULT_VALUE_SETTINGS } from '../../../src/session/settings/value-settings.js'
import { parseTypeName } from '../../../src/types/type-registry.js'
import { datumAt, vectorFromDatums } from '../../../src/types/vectors/vector-ops.js'
import { createRowEncoder } from '../../../src/wire/encode-rows.js'

/** Takes DataRow messages apart: null, or the value's bytes as Latin-1 text. */
function rowsOf(frames: Uint8Array): (string | null)[][] {
  const buffer = Buffer.from(frames.buffer, frames.byteOffset, frames.length)
  const rows: (string | null)[][] = []
  for (let at = 0; at < buffer.length;) {
    expect(buffer.toString('latin1', at, at + 1)).toBe('D')
    const end = at + 1 + buffer.readInt32BE(at + 1)
    const row: (string | null)[] = []
    const count = buffer.readInt16BE(at + 5)
    at += 7
    for (let column = 0; column < count; column++) {
      const length = buffer.readInt32BE(at)
      at += 4
      row.push(length < 0 ? null : buffer.toString('utf8', at, at + Math.max(length, 0)))
      at += Math.max(length, 0)
    }
    expect(at).toBe(end)
    rows.push(row)
  }
  return rows
}

const TYPES = [
  'bigint',
  'numeric(12,2)',
  'date',
  'timestamptz',
  'text',
  'boolean',
  'double precision',
  'uuid',
  'bytea',
  'interval',
  'jsonb',
].map(parseTypeName)
const ROWS = [
  [
    '1',
    '1.50',
    '2024-01-02',
    '2024-01-02 03:04:05.006+00',
    'ä😀',
    't',
    '0.25',
    '00000000-0000-0000-0000-000000000001',
    '\\x00ff',
    '1 day',
    '{"a": 1}',
  ],
  [
    '-9007199254740991',
    '-0.01',
    '0001-01-01 BC',
    'infinity',
    '',
    'f',
    '1e+300',
    'ffffffff-ffff-ffff-ffff-ffffffffffff',
    '\\x',
    '-00:00:01',
    '[]',
  ],
  [null, null, null, null, null, null, null, null, null, null, null],
  [
    '1000000000',
    '9999999999.99',
    'infinity',
    '1999-12-31 23:59:59+00',
    'x'.repeat(300),
    't',
    '12.34',
    '0123abcd-0123-0123-0123-0123456789ab',
    '\\x5c',
    '1 year 2 mons',
    'null',
  ],
] as const

function batch(): Batch {
  return batchOf(
    TYPES.map((type, column) =>
      vectorFromDatums(
        type,
        ROWS.map((row) => row[column]!),
      ),
    ),
  )
}

describe('text rows', () => {
  const encoder = createRowEncoder(TYPES, [], DEFAULT_VALUE_SETTINGS)

  it('hold each value in canonical text and NULLs without bytes', () => {
    const { frames, rows } = encoder.encode(batch())
    expect(rows).toBe(ROWS.length)
    expect(rowsOf(frames)).toEqual(ROWS)
  })

  it('follow the selection, in its order and with repeats', () => {
    const selected = selectRows(batch(), Int32Array.of(3, 0, 0, 2))
    expect(rowsOf(encoder.encode(selected).frames)).toEqual([ROWS[3], ROWS[0], ROWS[0], ROWS[2]])
  })

  it('come in a buffer of their own that later batches leave alone', () => {
    const first = encoder.encode(batch()).frames
    const copy = first.slice()
    expect(encoder.encode(batch()).ownsBuffer).toBe(true)
    // The bound on a small batch is not far from its size, and no pool lies under it.
    expect(first.byteOffset).toBe(0)
    expect(first.buffer.byteLength).toBeLessThan(2 * first.length)
    const second = encoder.encode(selectRows(batch(), Int32Array.of(1))).frames
    expect(second.buffer).not.toBe(first.buffer)
    expect(first).toEqual(copy)
  })

  it('are encoded for batches without rows or without columns', () => {
    expect(encoder.encode(limitBatch(batch(), 2, 2)).frames.length).toBe(0)
    const none = createRowEncoder([], [], DEFAULT_VALUE_SETTINGS).encode(batchOf([], 3))
    expect(rowsOf(none.frames)).toEqual([[], [], []])
  })
})

describe('formats', () => {
  it('may differ by column', () => {
    const types = [parseTypeName('integer'), parseTypeName('integer')]
    const vector = vectorFromDatums(types[0]!, ['65'])
    const { frames } = createRowEncoder(types, [0, 1], DEFAULT_VALUE_SETTINGS).encode(
      batchOf([vector, vector]),
    )
    expect(rowsOf(frames)).toEqual([['65', '\0\0\0A']])
  })
})

describe('batches', () => {
  it('compose selections and limits', () => {
    const selected = limitBatch(
      selectRows(selectRows(batch(), Int32Array.of(3, 1, 0)), Int32Array.of(2, 0)),
      1,
      9,
    )
    expect(selected.length).toBe(1)
    const column = columnAt(selected, 0)
    expect(datumAt(column, 0)).toBe('1000000000')
    expect(columnAt(selected, 0)).toBe(column)
  })
})
