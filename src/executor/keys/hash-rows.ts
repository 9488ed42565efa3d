/** Hashes of key rows that depend on the values alone: keys that are equal have equal hashes in every batch. */
import type { BytesVector, Vector } from '../../types/vectors/vector.js'
import { bytesKeyOf } from './key-types.js'
import { jsonbKeyText } from './jsonb-key.js'
import { createKeyEncoder } from './key-encoder.js'

const NULL_HASH = 0x5bd1e995

const utf8 = new TextEncoder()
const fromUtf8 = new TextDecoder()

/** Hashes rows 0..count-1 of the key columns. NULLs hash alike. */
export function hashRows(keys: readonly Vector[], count: number): Int32Array {
  const hashes = new Int32Array(count).fill(0x2545f491)
  for (const key of keys) {
    const own = key.lane === 'bytes' ? hashTexts(key, count) : hashWords(key, count)
    const { nulls } = key
    for (let row = 0; row < count; row++) {
      const value = nulls !== undefined && nulls[row] === 1 ? NULL_HASH : own[row]!
      const mixed = Math.imul(hashes[row]! ^ value, 0x9e3779b1)
      hashes[row] = mixed ^ (mixed >>> 15)
    }
  }
  return hashes
}

/** Everything of fixed width, by the words that make it a key. Wide numerics have none of their own: they all hash alike. */
function hashWords(key: Vector, count: number): Int32Array {
  const encoder = createKeyEncoder(key.type)
  const { words } = encoder
  const encoded = new Int32Array(count * words)
  encoder.encode(key, count, false, encoded, 0, words)
  const hashes = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    let hash = 0
    for (let word = row * words; word < (row + 1) * words; word++) {
      hash = Math.imul(hash ^ encoded[word]!, 0x85ebca6b)
      hash ^= hash >>> 13
    }
    hashes[row] = hash
  }
  return hashes
}

function hashTexts(key: BytesVector, count: number): Int32Array {
  const { offsets, data, nulls } = key
  const kind = bytesKeyOf(key.type)
  const hashes = new Int32Array(count)
  for (let row = 0; row < count; row++) {
    if (nulls !== undefined && nulls[row] === 1) continue
    const start = offsets[row]!
    let end = offsets[row + 1]!
    if (kind === 'jsonb') {
      const text = utf8.encode(jsonbKeyText(fromUtf8.decode(data.subarray(start, end))))
      hashes[row] = hashBytes(text, 0, text.length)
      continue
    }
    if (kind === 'padded') while (end > start && data[end - 1] === 0x20) end--
    hashes[row] = hashBytes(data, start, end)
  }
  return hashes
}

function hashBytes(data: Uint8Array, start: number, end: number): number {
  let hash = 0x811c9dc5 | 0
  for (let i = start; i < end; i++) hash = Math.imul(hash ^ data[i]!, 0x01000193)
  return hash
}
