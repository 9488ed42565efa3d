/** The error float aggregates raise as PostgreSQL's float arithmetic does. */
import { EngineError, SQLSTATE } from '../../errors.js'

export function floatOverflow(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'value out of range: overflow')
}
