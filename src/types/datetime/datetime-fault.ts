/** Why date or time input cannot be read: said where it is found, worded where type and input are known. */
import { EngineError, SQLSTATE } from '../../errors.js'

type ErrorKind = 'format' | 'field' | 'month-day' | 'displacement' | 'zone'

/** Carries the reason out of the field readers; becomes an EngineError that names type and input. */
export class DatetimeFault extends Error {
  readonly kind: ErrorKind
  readonly subject: string

  constructor(kind: ErrorKind, subject = '') {
    super(kind)
    this.kind = kind
    this.subject = subject
  }
}

/** Makes PostgreSQL's error for unreadable date or time input. */
export function faultError(fault: DatetimeFault, type: string, text: string): EngineError {
  switch (fault.kind) {
    case 'format':
      return new EngineError(
        SQLSTATE.invalidDatetimeFormat,
        `invalid input syntax for type ${type}: "${text}"`,
      )
    case 'field':
      return new EngineError(
        SQLSTATE.datetimeOverflow,
        `date/time field value out of range: "${text}"`,
      )
    case 'month-day':
      return new EngineError(
        SQLSTATE.datetimeOverflow,
        `date/time field value out of range: "${text}"`,
        { hint: 'Perhaps you need a different "DateStyle" setting.' },
      )
    case 'displacement':
      return new EngineError('22009', `time zone displacement out of range: "${text}"`)
    case 'zone':
      return new EngineError(
        SQLSTATE.invalidParameterValue,
        `time zone "${fault.subject}" not recognized`,
      )
  }
}
