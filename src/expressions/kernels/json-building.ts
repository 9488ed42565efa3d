/** Functions that make json and jsonb: to_json, json_build_object, jsonb || and their like. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { jsonbInput, quoteJson } from '../../types/json-input.js'
import { formatDatum } from '../../types/text-output.js'
import { OID, type Datum } from '../../types/sql-type.js'
import { jsonOf, whyNotJson } from '../json-of.js'
import { datumWise } from './datum-wise.js'
import type { GuardedKernel, Kernel, KernelTable } from './kernel.js'
import { rowWise } from './row-wise.js'

type Kind = 'json' | 'jsonb'

const finished = (kind: Kind, text: string): string => (kind === 'json' ? text : jsonbInput(text))

function toJson(kind: Kind): GuardedKernel {
  return {
    refuse: (call) => whyNotJson(call.arguments),
    run: datumWise(
      (call, [input]) =>
        (value) =>
          finished(kind, jsonOf(value!, input!.type.oid, call.context.settings)),
    ),
  }
}

function buildArray(kind: Kind): GuardedKernel {
  return {
    refuse: (call) => whyNotJson(call.arguments),
    run: datumWise((call, inputs) => (...cells) => {
      const items = cells.map((cell, k) => jsonOf(cell, inputs[k]!.type.oid, call.context.settings))
      return finished(kind, `[${items.join(', ')}]`)
    }),
  }
}

/** Key types that stand for themselves as text; others have rules of their own. */
const KEYS: ReadonlySet<number> = new Set([
  OID.unknown,
  ...[OID.text, OID.varchar, OID.int2, OID.int4, OID.int8, OID.numeric, OID.uuid],
])

function buildObject(kind: Kind): GuardedKernel {
  return {
    refuse: (call) =>
      call.arguments.length % 2 !== 0
        ? 'an object of an odd number of arguments has no native kernel'
        : call.arguments.some(({ type }, k) => k % 2 === 0 && !KEYS.has(type.oid))
          ? 'an object key of this type has no native kernel'
          : whyNotJson(call.arguments),
    run: datumWise((call, inputs) => (...cells) => {
      const { settings } = call.context
      const pairs: string[] = []
      for (let k = 0; k < cells.length; k += 2) {
        const key = cells[k]
        if (key === null || key === undefined) throw nullKey(kind, k + 1)
        const name = formatDatum(inputs[k]!.type.oid, key, settings)
        const value = jsonOf(cells[k + 1]!, inputs[k + 1]!.type.oid, settings)
        pairs.push(`${quoteJson(name)} : ${value}`)
      }
      return finished(kind, `{${pairs.join(', ')}}`)
    }),
  }
}

function nullKey(kind: Kind, position: number): EngineError {
  return kind === 'json'
    ? new EngineError('22004', 'null value not allowed for object key')
    : new EngineError(SQLSTATE.invalidParameterValue, `argument ${position}: key must not be null`)
}

const members = (text: string): string => text.slice(1, -1)
const isScalar = (text: string): boolean => text[0] !== '{' && text[0] !== '['

/** ||: objects are merged, everything else is laid end to end as arrays. */
const concatenate = rowWise(['text', 'text'], 'text', (a, b) => {
  if (a.startsWith('{') && b.startsWith('{')) {
    return jsonbInput(`{${[members(a), members(b)].filter((part) => part !== '').join(', ')}}`)
  }
  const items = [a, b].map((text) => (text.startsWith('[') ? members(text) : text))
  if (isScalar(a) && isScalar(b)) return `[${items.join(', ')}]`
  return `[${items.filter((part) => part !== '').join(', ')}]`
})

const arrayToJson: GuardedKernel = {
  refuse: (call) => whyNotJson(call.arguments),
  run: datumWise(
    (call, [input]) =>
      (value: Datum) =>
        jsonOf(value, input!.type.oid, call.context.settings),
  ),
}

const emptyArray: Kernel = datumWise(() => () => '[]')
const emptyObject: Kernel = datumWise(() => () => '{}')

/** Functions by signature. */
export const JSON_BUILDING: KernelTable = {
  'to_json(anyelement)': toJson('json'),
  'to_jsonb(anyelement)': toJson('jsonb'),
  'array_to_json(anyarray)': arrayToJson,
  'json_build_array(any)': buildArray('json'),
  'jsonb_build_array(any)': buildArray('jsonb'),
  'json_build_array()': emptyArray,
  'jsonb_build_array()': emptyArray,
  'json_build_object(any)': buildObject('json'),
  'jsonb_build_object(any)': buildObject('jsonb'),
  'json_build_object()': emptyObject,
  'jsonb_build_object()': emptyObject,
  'jsonb_concat(jsonb,jsonb)': concatenate,
}
