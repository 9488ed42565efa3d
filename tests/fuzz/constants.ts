/** Constants of every type: values that occur in the tables, and values at the edges. */
import type { Random } from '../world/random.js'
import type { SqlPart } from './sql-tree.js'
import type { Draw, ValueType } from './scope.js'

const TEXTS = ['ann', 'bob', 'Bob ', 'DE', 'open', 'SKU-3', 'tool', 'retail', '', ' ', 'ä', '😀 smile', 'a', "o'neil", 'back\\slash', '100%', 'x', 'Z', '12'] // prettier-ignore

/** Draws a value in text form. */
export function drawValue(random: Random, type: ValueType): string {
  switch (type) {
    case 'int2':
      return random.pick(['0', '1', '2', '3', '-1', '5', '-3'])
    case 'int4':
    case 'int8':
      return random.pick(['0', '1', '2', '3', '-1', '7', '12', '42', '60', '299'])
    case 'numeric':
      return random.pick(['0', '1', '1.50', '-0.005', '100', '1234.56', '25000', '0.1', '-3'])
    case 'float4':
    case 'float8':
      return random.pick(['0', '1', '0.5', '-1.5', '3.25', '0.125', '1024'])
    case 'text':
      return random.pick(TEXTS)
    case 'bool':
      return random.pick(['true', 'false'])
    case 'date':
      return random.pick([
        '2024-01-15',
        '2023-06-30',
        '2000-02-29',
        '2025-01-01',
        '1970-01-01',
        '2024-12-31',
      ])
    case 'time':
      return random.pick(['00:00:00', '12:30:00', '23:59:59.999999', '08:00:00.5'])
    case 'timestamp':
      return random.pick(['2024-01-15 00:00:00', '2023-06-30 13:45:10.25', '2000-02-29 12:34:56'])
    case 'timestamptz':
      return random.pick(['2024-01-15 00:00:00+00', '2023-06-30 13:45:10.25+02'])
    case 'uuid':
      return `00000000-0000-4000-8000-0000000000${String(random.whole(10, 40))}`
    case 'jsonb':
      return random.pick(['{"a": 1}', '[]', '7', '"text"', 'null', '{"b": {"c": null}}'])
    case 'bytea':
      return random.pick(['\\x', '\\x00', '\\xff00'])
    case 'interval':
      return random.pick(['1 day', '1 month', '-3 hours', '1 year 2 days', '0.5 seconds', '-1 mon +30 days', '00:00:00']) // prettier-ignore
    case 'timetz':
      return random.pick(['12:30:00+00', '23:59:59.999999-08', '00:00:00+14'])
    case 'json':
      return random.pick(['{"a": 1,  "b":[1,2]}', '[]', '7', '"text"', 'null', '{"a":{"b":null}}'])
    case 'int4[]':
      return random.pick(['{}', '{1,2,3}', '{NULL}', '{2,1}', '{1}'])
    case 'text[]':
      return random.pick(['{}', '{a,b}', '{NULL,"NULL"}', '{bob,"x y"}'])
    case 'bpchar':
      return random.pick(['a', 'ab', '', 'A', 'bob'])
    case 'name':
      return random.pick(['ann', 'Bob', ''])
    case 'oid':
      return random.pick(['0', '1', '23', '4294967295'])
    case 'grade':
      return random.pick(['low', 'mid', 'high', 'Ä "best"', 'a,b\\c', 'null'])
    case 'state':
      return random.pick(['on', 'off'])
    case 'grade[]':
      return random.pick(['{}', '{low,high}', '{NULL,"null"}', '{"Ä \\"best\\"",mid}'])
  }
}

/** Draws a constant: a literal or, now and then, a parameter. */
export function drawConstant(draw: Draw, type: ValueType, plain = false): SqlPart {
  const value = drawValue(draw.random, type)
  if (draw.parameters && !plain && draw.random.chance(0.4)) {
    return { kind: 'parameter', value: draw.random.chance(0.05) ? null : value, type }
  }
  return literal(type, value)
}

/** Writes a value as a literal of its type. */
export function literal(type: ValueType, value: string): string {
  if (type === 'int4' || (type === 'numeric' && value.includes('.')) || type === 'bool') {
    return value.startsWith('-') ? `(${value})` : value
  }
  const quoted = `'${value.replaceAll("'", "''")}'`
  if (type === 'text') return quoted
  return type === 'date' || type === 'timestamp' ? `${type} ${quoted}` : `${quoted}::${type}`
}
