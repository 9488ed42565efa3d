/** Expressions over constants and parameters alone: the engine computes them and a source gets the value. */
import type { Expression } from '../../expressions/expression.js'
import { whyNotNative } from '../../expressions/native.js'

/** Tells whether the engine can compute an expression and send its value. */
export function isWithoutColumns(expression: Expression): boolean {
  return holdsNoColumn(expression) && whyNotNative(expression) === undefined
}

function holdsNoColumn(expression: Expression): boolean {
  switch (expression.kind) {
    case 'constant':
    case 'parameter':
    case 'sql-value':
      return true
    case 'call':
      return (
        expression.function.volatility !== 'volatile' && expression.arguments.every(holdsNoColumn)
      )
    case 'relabel':
    case 'io-cast':
      return holdsNoColumn(expression.argument)
    case 'array':
      return expression.elements.every(holdsNoColumn)
    default:
      return false
  }
}
