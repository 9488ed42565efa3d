/** Decodes the documents of a batch, as the server sent it, straight into column vectors: no object per document. */
import type { Column } from '../../expressions/expression.js'
import { divideDecimal, formatDecimal, parseDecimal } from '../../types/numbers/decimal.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { canonicalTextAt } from '../../types/text-output.js'
import { createVectorBuilder } from '../../types/vectors/vector-builder.js'
import type { Vector } from '../../types/vectors/vector.js'
import type { Batch } from '../../executor/batch.js'
import { endOfName, endOfValue, type Bytes } from './bson-bytes.js'
import { createFieldReader, type FieldReader } from './field-reader.js'
import type { OutputField } from './statement-handle.js'

const NUMERIC = sqlType(OID.numeric)
const INT8 = sqlType(OID.int8)

interface Field {
  readonly name: Uint8Array
  readonly reader: FieldReader
}

/** Collects documents into batches of columns. */
export class BatchDecoder {
  readonly #fields: Field[] = []
  /** Makes each output column of the vectors of the fields. */
  readonly #outputs: ((vectors: readonly Vector[]) => Vector)[] = []
  /** The number of the document in which a field was last seen. */
  readonly #seen: Int32Array
  #documents = 0
  rows = 0

  constructor(
    columns: readonly Column[],
    outputs: readonly OutputField[],
    source: string,
    capacity: number,
  ) {
    const encoder = new TextEncoder()
    const add = (name: string, reader: FieldReader): number =>
      this.#fields.push({ name: encoder.encode(`${name}\0`), reader }) - 1
    outputs.forEach((output, i) => {
      const { type } = columns[i]!
      if (output.kind === 'value') {
        const at = add(output.name, createFieldReader(type, output.reading, source, capacity))
        this.#outputs.push((vectors) => vectors[at]!)
        return
      }
      const { scale } = output
      const number = (kinds: string[]) =>
        ({ kinds, onTypeError: 'fail', label: 'a sum', scale }) as const
      const sum = add(output.sum, createFieldReader(NUMERIC, number(['decimal', 'int']), source, capacity)) // prettier-ignore
      const count = add(output.count, createFieldReader(INT8, number(['int', 'long']), source, capacity)) // prettier-ignore
      this.#outputs.push((vectors) => mean(vectors[sum]!, vectors[count]!))
    })
    this.#seen = new Int32Array(this.#fields.length)
  }

  /** Reads the document that starts at `at`; returns the offset behind it. */
  read(bytes: Bytes, at: number): number {
    const { data, view } = bytes
    const fields = this.#fields
    const seen = this.#seen
    const document = ++this.#documents
    const end = at + view.getInt32(at, true)
    let position = at + 4
    let expected = 0
    let found = 0
    for (let code = data[position]!; code !== 0; code = data[position]!) {
      const field = this.#fieldAt(data, position + 1, expected)
      if (field < 0) {
        position = endOfValue(code, bytes, endOfName(data, position + 1))
        continue
      }
      const { name, reader } = fields[field]!
      const value = position + 1 + name.length
      reader.read(code, bytes, value)
      seen[field] = document
      expected = field + 1
      found++
      position = endOfValue(code, bytes, value)
    }
    if (found < fields.length) {
      for (let field = 0; field < fields.length; field++) {
        if (seen[field] !== document) fields[field]!.reader.readNull()
      }
    }
    this.rows++
    return end
  }

  /** The field whose name stands at an offset, looked for from where it is expected; -1: none. */
  #fieldAt(data: Uint8Array, at: number, expected: number): number {
    const fields = this.#fields
    for (let i = expected; i < fields.length; i++) if (isName(fields[i]!.name, data, at)) return i
    for (let i = 0; i < expected; i++) if (isName(fields[i]!.name, data, at)) return i
    return -1
  }

  /** Hands over what was read. */
  take(): Batch {
    const vectors = this.#fields.map((field) => field.reader.take())
    const length = this.rows
    this.rows = 0
    return { length, columns: this.#outputs.map((output) => output(vectors)) }
  }
}

function isName(name: Uint8Array, data: Uint8Array, at: number): boolean {
  for (let i = 0; i < name.length; i++) if (data[at + i] !== name[i]) return false
  return true
}

/** Divides as PostgreSQL's avg does. */
function mean(sums: Vector, counts: Vector): Vector {
  const builder = createVectorBuilder(NUMERIC, sums.length)
  for (let row = 0; row < sums.length; row++) {
    const count = canonicalTextAt(counts, row)
    if (count === '0') builder.appendNull()
    else {
      const sum = parseDecimal(canonicalTextAt(sums, row))
      builder.appendDatum(formatDecimal(divideDecimal(sum, parseDecimal(count))))
    }
  }
  return builder.finish()
}
