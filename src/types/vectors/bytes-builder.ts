/** Builder of the variable-length lane: text, bytea, uuid, json and every type without a lane of its own. */
import { decodeBinaryDatum } from '../binary-input.js'
import { utf8Text } from './byte-parsing.js'
import { hexToBytes, parseUuidBytes } from '../hex.js'
import { LaneBuilder } from './lane-builder.js'
import { OID, type Datum, type SqlType } from '../sql-type.js'
import type { BytesVector } from './vector.js'

/** How a type's text and binary forms relate to the bytes stored. */
type Form = 'text' | 'bytea' | 'uuid' | 'jsonb' | 'opaque'

const TEXT_TYPES: ReadonlySet<number> = new Set<number>([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
  OID.json,
  OID.xml,
  OID.unknown,
])

const encoder = new TextEncoder()
/** Below this many bytes a loop beats a native copy. */
const LOOP_COPY_LIMIT = 32

/** Builds vectors of the bytes lane. */
export class BytesBuilder extends LaneBuilder {
  readonly #form: Form
  #offsets: Int32Array
  #data: Uint8Array
  #used = 0

  constructor(type: SqlType, capacity: number) {
    super(type, capacity)
    this.#form = formOf(type.oid)
    this.#offsets = new Int32Array(this.capacity + 1)
    this.#data = new Uint8Array(this.capacity * 8)
  }

  override appendNull(): void {
    super.appendNull()
    this.#offsets[this.count] = this.#used
  }

  override appendUtf8(bytes: Uint8Array, start: number, end: number): void {
    const size = end - start
    if (this.count === this.capacity) this.grow()
    if (this.#used + size > this.#data.length) this.#growData(size)
    const data = this.#data
    const used = this.#used
    if (size < LOOP_COPY_LIMIT) {
      for (let i = 0; i < size; i++) data[used + i] = bytes[start + i]!
    } else {
      data.set(bytes.subarray(start, end), used)
    }
    this.#used = used + size
    this.#offsets[++this.count] = this.#used
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    if (this.#form === 'bytea' || this.#form === 'uuid') {
      this.appendDatum(utf8Text(bytes, start, end))
    } else {
      this.appendUtf8(bytes, start, end)
    }
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    if (this.#form === 'opaque') {
      this.appendDatum(decodeBinaryDatum(this.type.oid, bytes.subarray(start, end)))
    } else if (this.#form === 'jsonb') {
      // One byte of version comes first.
      if (bytes[start] !== 1) throw this.malformedBinary()
      this.appendUtf8(bytes, start + 1, end)
    } else {
      if (this.#form === 'uuid' && end - start !== 16) throw this.malformedBinary()
      this.appendUtf8(bytes, start, end)
    }
  }

  override appendDatum(value: Datum): void {
    if (value === null) {
      this.appendNull()
    } else if (this.#form === 'bytea') {
      const bytes = hexToBytes(value, 2)
      this.appendUtf8(bytes, 0, bytes.length)
    } else if (this.#form === 'uuid') {
      const bytes = parseUuidBytes(value)
      this.appendUtf8(bytes, 0, 16)
    } else {
      this.#appendString(value)
    }
  }

  override finish(): BytesVector {
    const length = this.count
    const offsets = this.#offsets.subarray(0, length + 1)
    const used = this.#used
    // A mostly empty buffer is not worth keeping alive with the vector.
    const data =
      used * 2 < this.#data.length ? this.#data.slice(0, used) : this.#data.subarray(0, used)
    if (data.buffer === this.#data.buffer) this.#data = new Uint8Array(this.#data.length)
    this.#offsets = new Int32Array(this.capacity + 1)
    this.#used = 0
    return { type: this.type, lane: 'bytes', length, nulls: this.takeNulls(), offsets, data }
  }

  protected override growLane(capacity: number): void {
    const offsets = new Int32Array(capacity + 1)
    offsets.set(this.#offsets)
    this.#offsets = offsets
  }

  #appendString(value: string): void {
    if (this.count === this.capacity) this.grow()
    const bound = value.length * 3
    if (this.#used + bound > this.#data.length) this.#growData(bound)
    const { written } = encoder.encodeInto(value, this.#data.subarray(this.#used))
    this.#used += written
    this.#offsets[++this.count] = this.#used
  }

  #growData(needed: number): void {
    const data = new Uint8Array(Math.max(this.#data.length * 2, this.#used + needed))
    data.set(this.#data.subarray(0, this.#used))
    this.#data = data
  }
}

function formOf(oid: number): Form {
  if (TEXT_TYPES.has(oid)) return 'text'
  if (oid === OID.bytea) return 'bytea'
  if (oid === OID.uuid) return 'uuid'
  return oid === OID.jsonb ? 'jsonb' : 'opaque'
}
