/** What a printed statement tells the running half, and how its template is spelled. */
import { OID } from '../../types/sql-type.js'
import { renderTemplate, type Choice } from '../warehouse/choice-template.js'

/** Plain data. */
export interface StatementHandle {
  readonly template: string
  /** Binds that are LIKE patterns. */
  readonly patterns: readonly number[]
  /** Per output column: digits that PostgreSQL shows behind the point. */
  readonly scales: readonly (number | undefined)[]
}

/** Stands for the scale of a decimal that is known with its value. */
export const SCALE = '\u0006'

/** A marker with its type: binds travel as text, and what a text means must not be guessed. */
export function typedMarker(marker: string, oid: number): string {
  switch (oid) {
    case OID.int2:
    case OID.int4:
    case OID.int8:
      return `CAST(${marker} AS NUMBER(38,0))`
    case OID.numeric:
      return `CAST(${marker} AS NUMBER(38,${SCALE}))`
    case OID.float4:
    case OID.float8:
      return `CAST(${marker} AS DOUBLE)`
    case OID.bool:
      return `CAST(${marker} AS BOOLEAN)`
    case OID.date:
      return `CAST(${marker} AS DATE)`
    case OID.time:
      return `CAST(${marker} AS TIME(6))`
    case OID.timestamp:
      return `CAST(${marker} AS TIMESTAMP_NTZ(6))`
    case OID.timestamptz:
      return `CAST(${marker} AS TIMESTAMP_LTZ(6))`
    case OID.bytea:
      return `TO_BINARY(${marker}, 'HEX')`
    default:
      return marker
  }
}

/** A comparison with a value that Snowflake can hold. */
export function plainChoice({ operator, operand, value }: Choice): string {
  switch (operator) {
    case 'in':
      return `(${operand} IN (${value}))`
    case 'distinct':
      return `(${operand} IS DISTINCT FROM ${value})`
    default:
      return `(${operand} ${operator.toUpperCase()} ${value})`
  }
}

/** The text as EXPLAIN shows it: `s` is a scale, and a list one bind. */
export function normalText(template: string): string {
  return renderTemplate(template, plainChoice, () => '?').replaceAll(SCALE, 's')
}
