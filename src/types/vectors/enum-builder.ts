/** Builder of enum columns: labels come as text in both of PostgreSQL's formats, positions are kept. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { utf8Text } from './byte-parsing.js'
import { positionOfLabel, type KnownEnum } from '../enum-types.js'
import { Int32Builder } from './fixed-width-builders.js'
import type { Datum, SqlType } from '../sql-type.js'

export class EnumBuilder extends Int32Builder {
  readonly #known: KnownEnum
  /** The label before: columns repeat themselves. */
  #last = 0

  constructor(type: SqlType, known: KnownEnum, capacity: number) {
    super(type, capacity)
    this.#known = known
  }

  override appendText(bytes: Uint8Array, start: number, end: number): void {
    const { bytes: labels } = this.#known
    if (!isLabel(labels[this.#last], bytes, start, end)) {
      const found = labels.findIndex((label) => isLabel(label, bytes, start, end))
      if (found < 0) throw unknownLabel(this.#known, utf8Text(bytes, start, end))
      this.#last = found
    }
    this.appendNumber(this.#last)
  }

  override appendBinary(bytes: Uint8Array, start: number, end: number): void {
    this.appendText(bytes, start, end)
  }

  override appendDatum(value: Datum): void {
    if (value === null) this.appendNull()
    else this.appendNumber(positionOfLabel(this.#known, value))
  }
}

/** What users write was checked before: the source has a label that the catalog lacks. */
function unknownLabel({ schema, name }: KnownEnum, label: string): EngineError {
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Enum type ${schema}.${name} has no label "${label}" in the catalog, its source has`,
    { category: 'source', hint: `run \`tributary discover ${schema} --write\`` },
  )
}

function isLabel(
  label: Uint8Array | undefined,
  bytes: Uint8Array,
  start: number,
  end: number,
): boolean {
  if (label === undefined || label.length !== end - start) return false
  for (let i = 0; i < label.length; i++) if (label[i] !== bytes[start + i]) return false
  return true
}
