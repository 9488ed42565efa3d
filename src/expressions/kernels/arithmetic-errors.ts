/** The errors of arithmetic, worded as PostgreSQL words them. */
import { EngineError, SQLSTATE } from '../../errors.js'

/** Says that a result does not fit its type, named as in SQL: `integer`, `bigint`. */
export function outOfRange(typeName: string): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, `${typeName} out of range`)
}

/** Says that a divisor is zero. */
export function divisionByZero(): EngineError {
  return new EngineError(SQLSTATE.divisionByZero, 'division by zero')
}

/** Says that a float result overflowed to infinity. */
export function floatOverflow(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'value out of range: overflow')
}

/** Says that a float result became zero though the operands were not. */
export function floatUnderflow(): EngineError {
  return new EngineError(SQLSTATE.numericValueOutOfRange, 'value out of range: underflow')
}

/** Says that a timestamp or date left its range. */
export function datetimeOutOfRange(typeName: string): EngineError {
  return new EngineError(SQLSTATE.datetimeOverflow, `${typeName} out of range`)
}
