/** Which functions of pg_catalog mean at a PostgreSQL server what they mean in the engine, and since which version. */
import type { FunctionReference } from '../../expressions/expression.js'

/** Tells why a function must not run at a server of this major version; undefined when it may. */
export function reasonAgainst(reference: FunctionReference, major: number): string | undefined {
  const { name, schema, signature, volatility } = reference
  if (schema !== 'pg_catalog') return `${schema}.${name} is not one of PostgreSQL's own functions`
  if (volatility === 'volatile') return `${name} is volatile`
  if (volatility === 'stable' && !isStableEverywhere(name)) {
    return `${name} depends on the session or the server's catalog`
  }
  const since = SINCE_SIGNATURE.get(signature) ?? SINCE.get(name)
  if (since !== undefined && major < since) {
    return `${signature} needs PostgreSQL ${since}, the server is ${major}`
  }
  return undefined
}

// Stable functions that depend on nothing but settings which the connector sets alike: time zone, date style, lc_*.
const STABLE_NAMES = new Set(
  (
    'array_in array_out array_to_json array_to_string cash_in cash_out concat concat_ws convert_from convert_to ' +
    'date_add date_part date_subtract date_trunc extract format generate_series json_build_array json_build_object ' +
    'json_object json_populate_record json_populate_recordset json_to_record json_to_recordset jsonb_build_array ' +
    'jsonb_build_object jsonb_object jsonb_path_exists_tz jsonb_path_match_tz jsonb_path_query_array_tz ' +
    'jsonb_path_query_first_tz jsonb_path_query_tz jsonb_populate_record jsonb_populate_recordset jsonb_to_record ' +
    'jsonb_to_recordset make_timestamptz overlaps quote_literal quote_nullable row_to_json string_to_array timetz ' +
    'timezone to_char to_date to_json to_jsonb to_number to_timestamp money numeric ' +
    'json_agg json_object_agg jsonb_agg jsonb_object_agg json_agg_strict json_object_agg_strict ' +
    'json_object_agg_unique json_object_agg_unique_strict jsonb_agg_strict jsonb_object_agg_strict ' +
    'jsonb_object_agg_unique jsonb_object_agg_unique_strict string_agg array_agg'
  ).split(' '),
)

function isStableEverywhere(name: string): boolean {
  if (STABLE_NAMES.has(name)) return true
  // Comparisons and arithmetic that mix timestamptz with date, timestamp or interval, and casts between them.
  return /^(date|timestamp|timestamptz|interval|time)(_|$)/.test(name)
}

const SINCE_SIGNATURE: ReadonlyMap<string, number> = new Map([
  ['extract(text,date)', 14],
  ['extract(text,time)', 14],
  ['extract(text,timetz)', 14],
  ['extract(text,timestamp)', 14],
  ['extract(text,timestamptz)', 14],
  ['extract(text,interval)', 14],
  // A negative field number.
  ['split_part(text,text,int4)', 14],
  ['regexp_replace(text,text,text,int4,int4,text)', 15],
  ['regexp_replace(text,text,text,int4,int4)', 15],
  ['regexp_replace(text,text,text,int4)', 15],
  ['generate_series(timestamptz,timestamptz,interval,text)', 16],
  ['reverse(bytea)', 18],
  ['max(bytea)', 18],
  ['min(bytea)', 18],
  ['max(record)', 18],
  ['min(record)', 18],
  ['json_strip_nulls(json,bool)', 18],
  ['jsonb_strip_nulls(jsonb,bool)', 18],
])

const SINCE: ReadonlyMap<string, number> = new Map([
  ...['gcd', 'lcm', 'min_scale', 'trim_scale', 'normalize', 'is_normalized', 'jsonb_set_lax'].map(
    (name) => [name, 13] as const,
  ),
  ...[
    'jsonb_path_exists_tz',
    'jsonb_path_match_tz',
    'jsonb_path_query_tz',
    'jsonb_path_query_array_tz',
    'jsonb_path_query_first_tz',
    'starts_with',
  ].map((name) => [name, 13] as const),
  ...[
    'date_bin',
    'bit_count',
    'bit_xor',
    'string_to_table',
    'trim_array',
    'unistr',
    'range_agg',
    'range_intersect_agg',
    'multirange',
    'range_merge',
    'hash_record',
  ].map((name) => [name, 14] as const),
  ...['regexp_count', 'regexp_instr', 'regexp_like', 'regexp_substr'].map(
    (name) => [name, 15] as const,
  ),
  ...[
    'any_value',
    'date_add',
    'date_subtract',
    'erf',
    'erfc',
    'json_agg_strict',
    'json_object_agg_strict',
    'json_object_agg_unique',
    'json_object_agg_unique_strict',
    'jsonb_agg_strict',
    'jsonb_object_agg_strict',
    'jsonb_object_agg_unique',
    'jsonb_object_agg_unique_strict',
    'pg_input_is_valid',
    'system_user',
  ].map((name) => [name, 16] as const),
  ...[
    'to_bin',
    'to_oct',
    'unicode_assigned',
    'xmltext',
    'uuid_extract_timestamp',
    'uuid_extract_version',
  ].map((name) => [name, 17] as const),
  ...['array_sort', 'array_reverse', 'casefold', 'crc32', 'crc32c', 'gamma', 'lgamma'].map(
    (name) => [name, 18] as const,
  ),
])

/** Functions and operators whose result depends on how letters map between cases, or on classes of letters. */
const CASE_SENSITIVE = new Set([
  ...['upper', 'lower', 'initcap', 'casefold'],
  ...['texticlike', 'texticnlike', 'bpchariclike', 'bpcharicnlike', 'nameiclike', 'nameicnlike'],
  ...['texticregexeq', 'texticregexne', 'bpcharicregexeq', 'bpcharicregexne'],
  ...['textregexeq', 'textregexne', 'bpcharregexeq', 'bpcharregexne', 'nameregexeq', 'nameregexne'],
  ...['nameicregexeq', 'nameicregexne', 'similar_to_escape'],
  ...['regexp_match', 'regexp_matches', 'regexp_replace', 'regexp_split_to_array'],
  ...['regexp_split_to_table', 'regexp_count', 'regexp_instr', 'regexp_like', 'regexp_substr'],
])

/** Tells whether a function follows the case rules of its collation. `substring(text,text)` is a regular expression too. */
export function followsCaseRules(reference: FunctionReference): boolean {
  if (reference.schema !== 'pg_catalog') return false
  if (reference.name === 'substring' || reference.name === 'substr') {
    return reference.signature.startsWith('substring(text,text')
  }
  // upper and lower of ranges are their bounds.
  if (reference.name === 'upper' || reference.name === 'lower') {
    return reference.signature.endsWith('(text)')
  }
  return CASE_SENSITIVE.has(reference.name)
}
