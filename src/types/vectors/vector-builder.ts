/** Builds column vectors row by row from text, binary, datums or plain numbers. */
import { EnumBuilder } from './enum-builder.js'
import { enumOf } from '../enum-types.js'
import { BytesBuilder } from './bytes-builder.js'
import { BoolBuilder, Float64Builder, Int32Builder, Int64Builder } from './fixed-width-builders.js'
import { IntervalBuilder } from './interval-builder.js'
import { DEFAULT_CAPACITY } from './lane-builder.js'
import { NumericBuilder } from './numeric-builder.js'
import type { Datum, SqlType } from '../sql-type.js'
import { laneOf } from '../type-registry.js'
import type { Vector } from './vector.js'

/** Collects the rows of one column; reusable after finish. */
export interface VectorBuilder {
  readonly type: SqlType
  /** Rows appended since the last finish. */
  readonly length: number
  appendNull(): void
  /** Takes PostgreSQL's canonical text output. */
  appendText(bytes: Uint8Array, start: number, end: number): void
  /** Takes PostgreSQL's binary send format. */
  appendBinary(bytes: Uint8Array, start: number, end: number): void
  appendDatum(value: Datum): void
  /** Lanes bool, int32, int64, float64, and numeric for whole numbers. */
  appendNumber(value: number): void
  /** Lanes int64 and numeric. */
  appendBigInt(value: bigint): void
  /** Lane numeric: unscaled / 10^scale. */
  appendDecimal(unscaled: number, scale: number): void
  /** Lane bytes: stored as they are (text in UTF-8, raw bytea, 16 raw bytes of a uuid). */
  appendUtf8(bytes: Uint8Array, start: number, end: number): void
  finish(): Vector
}

/** Makes the builder of a type's lane; `capacity` rows fit before it grows. */
export function createVectorBuilder(type: SqlType, capacity = DEFAULT_CAPACITY): VectorBuilder {
  switch (laneOf(type)) {
    case 'bool':
      return new BoolBuilder(type, capacity)
    case 'int32': {
      const known = enumOf(type.oid)
      if (known !== undefined) return new EnumBuilder(type, known, capacity)
      return new Int32Builder(type, capacity)
    }
    case 'int64':
      return new Int64Builder(type, capacity)
    case 'float64':
      return new Float64Builder(type, capacity)
    case 'numeric':
      return new NumericBuilder(type, capacity)
    case 'bytes':
      return new BytesBuilder(type, capacity)
    case 'interval':
      return new IntervalBuilder(type, capacity)
  }
}
