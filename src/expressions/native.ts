/** Tells which expressions the engine evaluates itself; all others run in a PostgreSQL. */
import type { Expression } from './expression.js'

/** Says why an expression cannot be evaluated natively; undefined: it can. */
export function whyNotNative(expression: Expression): string | undefined {
  void expression
  return 'not implemented'
}
