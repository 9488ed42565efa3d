/** Tables that a pipeline defines: `query: 'db.orders.aggregate([...])'`, its stages in (extended) JSON. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Json, JsonObject } from './json.js'
import { isJsonObject } from './json.js'

export interface NativePipeline {
  readonly collection: string
  readonly stages: readonly JsonObject[]
}

const FORM = /^\s*db\s*\.\s*(?:getCollection\(\s*("(?:[^"\\]|\\.)*")\s*\)|([\w$]+(?:\.[\w$]+)*))\s*\.\s*aggregate\s*\(([^]*)\)\s*;?\s*$/ // prettier-ignore

/** Reads a pipeline; stages that write are refused. */
export function parseNativePipeline(query: string, table: string): NativePipeline {
  const [, quoted, plain, argument] = FORM.exec(query) ?? []
  if (argument === undefined)
    return malformed(table, 'it is not of the form db.NAME.aggregate([...])')
  let stages: Json
  try {
    stages = JSON.parse(argument) as Json
  } catch (error) {
    return malformed(
      table,
      `its stages are not JSON: ${error instanceof Error ? error.message : ''}`,
    )
  }
  if (!Array.isArray(stages) || !stages.every((stage: Json) => isJsonObject(stage))) {
    return malformed(table, 'its stages are not a list of documents')
  }
  if (holdsKey(stages, new Set(['$out', '$merge']))) {
    return malformed(table, 'it writes, and sources are only read')
  }
  const collection = quoted === undefined ? plain! : (JSON.parse(quoted) as string)
  return { collection, stages: stages as readonly JsonObject[] }
}

function holdsKey(json: Json, keys: ReadonlySet<string>): boolean {
  if (Array.isArray(json)) return json.some((part: Json) => holdsKey(part, keys))
  if (!isJsonObject(json)) return false
  return Object.entries(json).some(([key, value]) => keys.has(key) || holdsKey(value, keys))
}

function malformed(table: string, why: string): never {
  throw new EngineError(
    SQLSTATE.invalidCatalog,
    `The query of table ${table} cannot be used: ${why}`,
    {
      hint: 'Write db.NAME.aggregate([...]) with every key in double quotes, values as in extended JSON',
    },
  )
}
