/** json_agg, jsonb_agg and jsonb_object_agg: the elements' JSON in order of arrival, one list of texts per group. */
import { enumOf } from '../../types/enum-types.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { jsonOf } from '../../expressions/json-of.js'
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import { jsonbInput } from '../../types/json-input.js'
import { OID, type SqlType } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'
import type { Vector } from '../../types/vectors/vector.js'
import { datumAt, vectorFromDatums } from '../../types/vectors/vector-ops.js'
import type { Accumulator } from './accumulator.js'

/** Element types whose JSON does not depend on a session's settings. */
const SETTLED: ReadonlySet<number> = new Set([
  ...[OID.bool, OID.int2, OID.int4, OID.int8, OID.float4, OID.float8, OID.numeric, OID.text],
  ...[OID.varchar, OID.bpchar, OID.name, OID.uuid, OID.json, OID.jsonb, OID.date, OID.time],
  ...[OID.timestamp],
])

/** Says why values of a type are not collected as JSON natively. */
export function whyNotJsonElement(type: SqlType): string | undefined {
  const element = typeInfo(type.oid).elementOid ?? type.oid
  return SETTLED.has(element) || enumOf(element) !== undefined
    ? undefined
    : `JSON of type ${typeInfo(type.oid).sqlName} is not aggregated natively`
}

/** Makes the states of json_agg, or of jsonb_agg. */
export function createJsonAggregate(type: SqlType): Accumulator {
  return collectPieces(
    type,
    ([values], row, isFirst) => {
      const { oid } = values!.type
      const value = datumAt(values!, row)
      const text = jsonOf(value, oid, DEFAULT_VALUE_SETTINGS)
      // PostgreSQL puts every array but the first on a line of its own.
      const isArray = typeInfo(oid).elementOid !== undefined
      return !isFirst && isArray && value !== null ? `\n ${text}` : text
    },
    (pieces) => `[${pieces.join(', ')}]`,
  )
}

/** Makes the states of jsonb_object_agg over text keys; of equal keys the last counts. */
export function createJsonObject(type: SqlType): Accumulator {
  return collectPieces(
    type,
    ([keys, values], row) => {
      const key = datumAt(keys!, row)
      if (key === null) {
        throw new EngineError(SQLSTATE.invalidParameterValue, 'field name must not be null')
      }
      const value = jsonOf(datumAt(values!, row), values!.type.oid, DEFAULT_VALUE_SETTINGS)
      return `${JSON.stringify(key)}: ${value}`
    },
    (pieces) => `{${pieces.join(', ')}}`,
  )
}

/** One list of texts per group; `pieceOf` makes a row's, `whole` the JSON of them all. A group without rows is NULL. */
function collectPieces(
  type: SqlType,
  pieceOf: (inputs: readonly Vector[], row: number, isFirst: boolean) => string,
  whole: (pieces: readonly string[]) => string,
): Accumulator {
  const lists = new Map<number, string[]>()
  let bytes = 0
  return {
    grow: () => undefined,
    add(inputs, rows, slots, count) {
      for (let k = 0; k < count; k++) {
        const known = lists.get(slots[k]!)
        const piece = pieceOf(inputs, rows[k]!, known === undefined)
        if (known === undefined) lists.set(slots[k]!, [piece])
        else known.push(piece)
        bytes += 2 * piece.length + 16
      }
    },
    copy() {
      throw new EngineError(SQLSTATE.internalError, 'A JSON aggregate cannot run over frames')
    },
    finish: (slots) =>
      vectorFromDatums(
        type,
        Array.from({ length: slots }, (_, slot) => {
          const pieces = lists.get(slot)
          if (pieces === undefined) return null
          const text = whole(pieces)
          return type.oid === OID.jsonb ? jsonbInput(text) : text
        }),
      ),
    get bytes() {
      return bytes
    },
  }
}
