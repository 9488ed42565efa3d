/** What a printed statement tells the running half, and how its template is spelled. */
import type { Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import { renderTemplate, type Choice } from '../warehouse/choice-template.js'

/** Plain data. */
export interface StatementHandle {
  readonly template: string
  /** Parameters that are LIKE patterns. */
  readonly patterns: readonly number[]
  /** Per output column: digits that PostgreSQL shows behind the point. */
  readonly scales: readonly (number | undefined)[]
}

/** The marker of a parameter. */
export function markerName(position: number): string {
  return `@p${position + 1}`
}

/** A comparison with a value that BigQuery can hold. */
export function plainChoice({ operator, operand, value }: Choice, isFloat: boolean): string {
  switch (operator) {
    case 'in':
      return `(${operand} IN UNNEST(${value}))`
    case 'distinct':
      return `(${operand} IS DISTINCT FROM ${value})`
    case 'like':
      return `(${operand} LIKE ${value})`
    case '>':
    case '>=':
      // NaN is larger than every number here; in BigQuery it compares with none.
      return isFloat
        ? `(${operand} ${operator} ${value} OR IS_NAN(${operand}))`
        : `(${operand} ${operator} ${value})`
    default:
      return `(${operand} ${operator} ${value})`
  }
}

/** The text as EXPLAIN shows it. */
export function normalText(template: string, parameters: readonly Expression[]): string {
  return renderTemplate(
    template,
    (choice) => plainChoice(choice, parameters[choice.position]?.type.oid === OID.float8),
    markerName,
  )
}
