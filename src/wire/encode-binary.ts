/** Column writers of the binary format. */
import { enumOf } from '../types/enum-types.js'
import { binaryAt } from '../types/binary-output.js'
import { OID, type SqlType } from '../types/sql-type.js'
import type { NameNumbers } from '../types/object-names.js'
import { laneOf } from '../types/type-registry.js'
import type {
  BoolVector,
  BytesVector,
  Float64Vector,
  Int32Vector,
  Int64Vector,
  NumericVector,
  Vector,
} from '../types/vectors/vector.js'
import { ColumnWriter, RenderedWriter } from './encode-column.js'
import { writeBytes, writeInt32 } from '../types/numbers/digit-output.js'
import { CopyWriter, EnumWriter, sizeOfRows } from './encode-text.js'

/** Types whose stored bytes are their binary form. */
const COPIED: ReadonlySet<number> = new Set<number>([
  OID.text,
  OID.varchar,
  OID.bpchar,
  OID.name,
  OID.char,
  OID.unknown,
  OID.json,
  OID.xml,
  OID.bytea,
  OID.uuid,
])

/** Makes the writer of a column in binary format. */
export function createBinaryWriter(type: SqlType, names?: NameNumbers): ColumnWriter {
  const rendered = new RenderedWriter((vector, row) => binaryAt(vector, row, names))
  switch (laneOf(type)) {
    case 'bool':
      return new BoolBinaryWriter()
    case 'int32':
      if (enumOf(type.oid) !== undefined) return new EnumWriter(enumOf(type.oid)!)
      return type.oid === OID.int2 ? new Int16BinaryWriter() : new Int32BinaryWriter()
    case 'int64':
      return type.oid === OID.oid ? new UnsignedBinaryWriter() : new Int64BinaryWriter(rendered)
    case 'float64':
      return type.oid === OID.float4 ? new Float4BinaryWriter() : new Float8BinaryWriter()
    case 'numeric':
      return new NumericBinaryWriter(rendered)
    case 'bytes':
      if (type.oid === OID.jsonb) return new JsonbBinaryWriter()
      return COPIED.has(type.oid) ? new CopyWriter() : rendered
    case 'interval':
      return rendered
  }
}

class BoolBinaryWriter extends ColumnWriter {
  #values: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as BoolVector).values
    return rows
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    buffer[at] = this.#values[row]!
    return at + 1
  }
}

class Int16BinaryWriter extends ColumnWriter {
  #values: Int32Array = new Int32Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int32Vector).values
    return rows * 2
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    const value = this.#values[row]!
    buffer[at] = value >> 8
    buffer[at + 1] = value
    return at + 2
  }
}

class Int32BinaryWriter extends ColumnWriter {
  #values: Int32Array = new Int32Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int32Vector).values
    return rows * 4
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeInt32(buffer, at, this.#values[row]!)
  }
}

class UnsignedBinaryWriter extends ColumnWriter {
  #values: Float64Array = new Float64Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Int64Vector).values
    return rows * 4
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    return writeInt32(buffer, at, this.#values[row]! >>> 0)
  }
}

class Int64BinaryWriter extends ColumnWriter {
  readonly #rendered: ColumnWriter
  #values: Float64Array = new Float64Array(0)
  #isExact = false

  constructor(rendered: ColumnWriter) {
    super()
    this.#rendered = rendered
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { values, exact } = vector as Int64Vector
    this.#values = values
    this.#isExact = exact !== undefined
    return this.#isExact ? this.#rendered.begin(vector, rows, selection) : rows * 8
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    if (this.#isExact) return this.#rendered.write(buffer, at, row)
    const value = this.#values[row]!
    const high = Math.floor(value / 4_294_967_296)
    writeInt32(buffer, at, high | 0)
    return writeInt32(buffer, at + 4, (value - high * 4_294_967_296) >>> 0)
  }
}

const scratch = new DataView(new ArrayBuffer(8))
const scratchBytes = new Uint8Array(scratch.buffer)

class Float8BinaryWriter extends ColumnWriter {
  #values: Float64Array = new Float64Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Float64Vector).values
    return rows * 8
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    scratch.setFloat64(0, this.#values[row]!)
    for (let i = 0; i < 8; i++) buffer[at + i] = scratchBytes[i]!
    return at + 8
  }
}

class Float4BinaryWriter extends ColumnWriter {
  #values: Float64Array = new Float64Array(0)

  override begin(vector: Vector, rows: number): number {
    this.#values = (vector as Float64Vector).values
    return rows * 4
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    scratch.setFloat32(0, this.#values[row]!)
    for (let i = 0; i < 4; i++) buffer[at + i] = scratchBytes[i]!
    return at + 4
  }
}

/** Most base-10000 digits of a double up to 2^53 with its fraction filled up to a group. */
const MOST_GROUPS = 5

class NumericBinaryWriter extends ColumnWriter {
  readonly #rendered: ColumnWriter
  readonly #groups: Int32Array = new Int32Array(MOST_GROUPS)
  #unscaled: Float64Array = new Float64Array(0)
  #scale = 0
  #isSlow = false

  constructor(rendered: ColumnWriter) {
    super()
    this.#rendered = rendered
  }

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { unscaled, scale, exact } = vector as NumericVector
    this.#unscaled = unscaled
    this.#scale = scale
    this.#isSlow = exact !== undefined
    return this.#isSlow
      ? this.#rendered.begin(vector, rows, selection)
      : rows * (8 + MOST_GROUPS * 2)
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    if (this.#isSlow) return this.#rendered.write(buffer, at, row)
    const unscaled = this.#unscaled[row]!
    const scale = this.#scale
    let size = Math.abs(unscaled)
    // The lowest group holds the last 1..4 decimals, filled up with zeros.
    const partial = scale & 3
    const groups = this.#groups
    let count = 0
    if (size !== 0 && partial !== 0) {
      const unit = partial === 1 ? 10 : partial === 2 ? 100 : 1000
      const rest = Math.floor(size / unit)
      groups[count++] = (size - rest * unit) * (10_000 / unit)
      size = rest
    }
    while (size !== 0) {
      const rest = Math.floor(size / 10_000)
      groups[count++] = size - rest * 10_000
      size = rest
    }
    let lowest = 0
    while (lowest < count && groups[lowest] === 0) lowest++
    const weight = count === 0 ? 0 : count - 1 - ((scale + 3) >> 2)
    const digits = count - lowest
    buffer[at] = 0
    buffer[at + 1] = digits
    buffer[at + 2] = weight >> 8
    buffer[at + 3] = weight
    buffer[at + 4] = unscaled < 0 ? 0x40 : 0
    buffer[at + 5] = 0
    buffer[at + 6] = scale >> 8
    buffer[at + 7] = scale
    at += 8
    for (let i = count - 1; i >= lowest; i--) {
      const group = groups[i]!
      buffer[at++] = group >> 8
      buffer[at++] = group
    }
    return at
  }
}

class JsonbBinaryWriter extends ColumnWriter {
  #offsets: Int32Array = new Int32Array(0)
  #data: Uint8Array = new Uint8Array(0)

  override begin(vector: Vector, rows: number, selection: Int32Array | undefined): number {
    const { offsets, data } = vector as BytesVector
    this.#offsets = offsets
    this.#data = data
    return sizeOfRows(offsets, rows, selection) + rows
  }

  override write(buffer: Uint8Array, at: number, row: number): number {
    // The format's version comes first.
    buffer[at] = 1
    return writeBytes(buffer, at + 1, this.#data, this.#offsets[row]!, this.#offsets[row + 1]!)
  }
}
