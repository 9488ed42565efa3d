/** Which set-returning functions the executor has, by signature. */
import {
  generateIntegers,
  generateNumerics,
  generateSubscripts,
  generateTimestamps,
} from './generate-series.js'
import {
  jsonElements,
  jsonElementTexts,
  jsonbElements,
  jsonbElementTexts,
  jsonbKeys,
  splitText,
  splitTextByRegex,
  unnest,
} from './element-functions.js'
import type { SetFunction } from './set-function.js'

const SET_FUNCTIONS: ReadonlyMap<string, SetFunction> = new Map([
  ['generate_series(int4,int4)', generateIntegers],
  ['generate_series(int4,int4,int4)', generateIntegers],
  ['generate_series(int8,int8)', generateIntegers],
  ['generate_series(int8,int8,int8)', generateIntegers],
  ['generate_series(numeric,numeric)', generateNumerics],
  ['generate_series(numeric,numeric,numeric)', generateNumerics],
  ['generate_series(timestamp,timestamp,interval)', generateTimestamps],
  ['generate_series(timestamptz,timestamptz,interval)', generateTimestamps],
  ['generate_subscripts(anyarray,int4)', generateSubscripts],
  ['generate_subscripts(anyarray,int4,bool)', generateSubscripts],
  ['unnest(anyarray)', unnest],
  ['jsonb_array_elements(jsonb)', jsonbElements],
  ['jsonb_array_elements_text(jsonb)', jsonbElementTexts],
  ['jsonb_object_keys(jsonb)', jsonbKeys],
  ['string_to_table(text,text)', splitText],
  ['regexp_split_to_table(text,text)', splitTextByRegex],
  ['json_array_elements(json)', jsonElements],
  ['json_array_elements_text(json)', jsonElementTexts],
])

/** Finds a set-returning function. */
export function setFunctionOf(signature: string): SetFunction | undefined {
  return SET_FUNCTIONS.get(signature)
}

/** Says why a set-returning function cannot run here; undefined when it can. */
export function whyNotNativeSetFunction(signature: string): string | undefined {
  return SET_FUNCTIONS.has(signature)
    ? undefined
    : `set-returning function ${signature} is not native`
}

/** Lists the signatures of the set-returning functions that run here, for the documentation. */
export function nativeSetFunctionSignatures(): readonly string[] {
  return [...SET_FUNCTIONS.keys()]
}
