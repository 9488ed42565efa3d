/**
 * The state of one printing: generated names, and parameters. Clauses are printed in another order than they stand in
 * the text, so a parameter is a placeholder until the whole text is known and markers can be numbered from left to right.
 */
import type { Expression } from '../../expressions/expression.js'
import type { Dialect } from './dialect.js'
import type { PrintedStatement } from './print-plan.js'

// Cannot occur in SQL text: PostgreSQL has no zero bytes in strings or names.
const OPEN = '\u0000'
const PLACEHOLDER = /\u0000(\d+);/g

/** Collects what one statement needs while it is printed. */
export class StatementText {
  readonly #dialect: Dialect
  readonly #bound: Expression[] = []
  readonly #names = new Map<string, number>()

  constructor(dialect: Dialect) {
    this.#dialect = dialect
  }

  /** Makes an expression a parameter; the result stands for its marker. */
  bind(expression: Expression): string {
    this.#bound.push(expression)
    return `${OPEN}${this.#bound.length - 1};`
  }

  /** Makes a name that is unique in the statement: `t1`, `t2`, `q1`. */
  name(prefix: string): string {
    const number = (this.#names.get(prefix) ?? 0) + 1
    this.#names.set(prefix, number)
    return prefix + number
  }

  /** Numbers the markers in the order of the text. */
  finish(text: string): PrintedStatement {
    const parameters: Expression[] = []
    const positions = new Map<string, number>()
    const printed = text.replace(PLACEHOLDER, (_match, index: string) => {
      const expression = this.#bound[Number(index)]!
      const key = this.#dialect.reusableMarkers ? JSON.stringify(expression) : index
      let position = this.#dialect.reusableMarkers ? positions.get(key) : undefined
      if (position === undefined) {
        parameters.push(expression)
        position = parameters.length
        positions.set(key, position)
      }
      return this.#dialect.marker(position)
    })
    return { text: printed, parameters }
  }
}

/** Tells whether printed text contains a bound parameter. */
export function containsMarker(text: string): boolean {
  return text.includes(OPEN)
}
