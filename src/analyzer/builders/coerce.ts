/** Implicit casts that PostgreSQL leaves to its planner. */
import type { Expression } from '../../expressions/expression.js'
import { OID } from '../../types/sql-type.js'
import type { SqlType } from '../../types/sql-type.js'
import type { PostgresFacts } from '../postgres-facts.js'
import { Unreadable } from '../unreadable.js'

/** Casts an expression to a type by PostgreSQL's cast catalog. */
export function coerce(expression: Expression, type: SqlType, facts: PostgresFacts): Expression {
  if (expression.type.oid === type.oid) return expression
  const cast = facts.cast(expression.type.oid, type.oid)
  if (cast?.method === 'b') return { kind: 'relabel', argument: expression, implicit: true, type }
  if (cast?.method === 'f') {
    const { reference, argumentTypes } = facts.procedure(cast.procedure)
    // Casts that also take a modifier are told "none", and "implicit".
    const extra: Expression[] = [
      { kind: 'constant', value: '-1', type: { oid: OID.int4, typmod: -1 } },
      { kind: 'constant', value: 'f', type: { oid: OID.bool, typmod: -1 } },
    ]
    return {
      kind: 'call',
      function: reference,
      arguments: [expression, ...extra.slice(0, argumentTypes.length - 1)],
      type,
      collation: 'binary',
      form: 'implicit-cast',
    }
  }
  if (expression.type.oid === OID.unknown || cast?.method === 'i') {
    return { kind: 'io-cast', argument: expression, implicit: true, type }
  }
  throw new Unreadable(
    `a cast from ${facts.type(expression.type.oid).name} to ${facts.type(type.oid).name}`,
  )
}
