/** Type names, in and out. */
import { describe, expect, it } from 'vitest'
import { OID, sqlType } from '../../../src/types/sql-type.js'
import {
  formatTypeName,
  laneOf,
  parseTypeName,
  typeInfo,
} from '../../../src/types/type-registry.js'

describe('type names', () => {
  it.each([
    ['bigint', 'bigint'],
    ['INT', 'integer'],
    ['int8', 'bigint'],
    ['numeric(12,2)', 'numeric(12,2)'],
    ['decimal(5)', 'numeric(5,0)'],
    ['numeric( 3 , -2 )', 'numeric(3,-2)'],
    ['varchar(10)', 'character varying(10)'],
    ['character varying', 'character varying'],
    ['char', 'character(1)'],
    ['"char"', '"char"'],
    ['bpchar', 'bpchar'],
    ['timestamptz', 'timestamp with time zone'],
    ['timestamp(3) with time zone', 'timestamp(3) with time zone'],
    ['time', 'time without time zone'],
    ['timetz(0)', 'time(0) with time zone'],
    ['interval day to second(3)', 'interval day to second(3)'],
    ['interval(2)', 'interval(2)'],
    ['text[]', 'text[]'],
    ['numeric(10,4)[]', 'numeric(10,4)[]'],
    ['integer array', 'integer[]'],
    ['double   precision', 'double precision'],
    ['float(24)', 'real'],
    ['float(25)', 'double precision'],
    ['bit varying(4)', 'bit varying(4)'],
    ['bit', 'bit(1)'],
    ['_int4', 'integer[]'],
    ['pg_catalog.int4', 'integer'],
  ])('reads %s as %s', (written, printed) => {
    expect(formatTypeName(parseTypeName(written))).toBe(printed)
  })

  it.each(['strng', '', 'int(', 'numeric(0,1)', 'integer(3)'])('refuses %j', (written) => {
    expect(() => parseTypeName(written)).toThrow()
  })

  it('reports an unknown type as PostgreSQL does', () => {
    expect(() => parseTypeName('strng')).toThrowError(
      expect.objectContaining({ code: '42704', message: 'type "strng" does not exist' }),
    )
  })
})

describe('type entries', () => {
  it('knows arrays and elements of each other', () => {
    expect(typeInfo(OID.int4).arrayOid).toBe(OID.int4Array)
    expect(typeInfo(OID.int4Array).elementOid).toBe(OID.int4)
  })

  it('treats an unknown type as bytes of any length', () => {
    expect(typeInfo(987_654)).toMatchObject({ lane: 'bytes', length: -1 })
    expect(laneOf(sqlType(987_654))).toBe('bytes')
  })
})
