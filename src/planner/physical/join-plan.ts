/** Chooses how a join runs here: by hash where the condition has equalities, else pair by pair. */
import { whyNotNative } from '../../expressions/native.js'
import type { Expression } from '../../expressions/expression.js'
import { OID, sqlType } from '../../types/sql-type.js'
import { conjunction, conjunctsOf } from '../expression-traversal.js'
import { asEquality, isEqualityFunction, isVolatile, usesOnly } from '../expression-properties.js'
import { widen } from '../known-functions.js'
import { columnIdsOf } from '../logical-plan.js'
import type { JoinNode } from '../logical-plan.js'
import type { JoinKey, PhysicalPlan } from '../physical-plan.js'
import { whyNotKey } from './native-support.js'

/** A join's condition in the parts that an operator takes. */
export interface JoinCondition {
  readonly keys: readonly JoinKey[]
  readonly residual: readonly Expression[]
  /** Conjuncts that cannot be evaluated here, with the first reason. */
  readonly foreign: readonly Expression[]
  readonly reason: string | undefined
}

/** Splits a join's condition. */
export function splitCondition(node: JoinNode): JoinCondition {
  const left = columnIdsOf(node.left)
  const right = columnIdsOf(node.right)
  const keys: JoinKey[] = []
  const residual: Expression[] = []
  const foreign: Expression[] = []
  let reason: string | undefined
  for (const conjunct of conjunctsOf(node.condition)) {
    const key = keyOf(conjunct, left, right)
    if (key !== undefined) {
      keys.push(key)
      continue
    }
    const why = whyNotNative(conjunct)
    if (why === undefined) residual.push(conjunct)
    else {
      foreign.push(conjunct)
      reason ??= why
    }
  }
  return { keys, residual, foreign, reason }
}

function keyOf(
  conjunct: Expression,
  left: ReadonlySet<number>,
  right: ReadonlySet<number>,
): JoinKey | undefined {
  if (isVolatile(conjunct)) return undefined
  let sides: readonly [Expression, Expression]
  let collation
  let nullSafe = false
  const equality = asEquality(conjunct)
  if (equality !== undefined) {
    sides = equality.arguments
    collation = equality.collation
  } else if (conjunct.kind === 'not' && conjunct.argument.kind === 'distinct') {
    if (!isEqualityFunction(conjunct.argument.equality)) return undefined
    sides = conjunct.argument.arguments
    collation = conjunct.argument.collation
    nullSafe = true
  } else return undefined
  const [a, b] = sides
  const straight = usesOnly(a, left) && usesOnly(b, right)
  const crossed = usesOnly(b, left) && usesOnly(a, right)
  if (straight === crossed) return undefined
  const pair = sameKeyType(straight ? a : b, straight ? b : a)
  if (pair === undefined) return undefined
  if (whyNotKey(pair[0]) !== undefined || whyNotKey(pair[1]) !== undefined) return undefined
  return { left: pair[0], right: pair[1], collation, nullSafe }
}

const TEXTUAL: readonly number[] = [OID.text, OID.varchar, OID.name]

/** Both sides in one type: hashing compares values of equal layout. */
function sameKeyType(a: Expression, b: Expression): [Expression, Expression] | undefined {
  if (a.type.oid === b.type.oid) return [a, b]
  if (TEXTUAL.includes(a.type.oid) && TEXTUAL.includes(b.type.oid)) {
    return [asText(a), asText(b)]
  }
  for (const oid of [OID.int4, OID.int8, OID.float8]) {
    const left = widen(a, sqlType(oid))
    const right = widen(b, sqlType(oid))
    if (left !== undefined && right !== undefined) return [left, right]
  }
  return undefined
}

function asText(argument: Expression): Expression {
  if (argument.type.oid === OID.text) return argument
  return { kind: 'relabel', argument, implicit: true, type: sqlType(OID.text) }
}

/** Makes the operator; the condition holds nothing foreign. */
export function joinPlan(
  node: JoinNode,
  left: PhysicalPlan,
  right: PhysicalPlan,
  { keys, residual }: JoinCondition,
  id: number,
  estimatedRows: number | undefined,
): PhysicalPlan {
  const { joinType, nullAware, atMostOne, mark } = node
  const columns =
    joinType === 'semi' || joinType === 'anti'
      ? left.columns
      : joinType === 'mark'
        ? [...left.columns, mark!]
        : [...left.columns, ...right.columns]
  const shared = {
    id,
    columns,
    estimatedRows,
    joinType,
    left,
    right,
    ...(nullAware === undefined ? {} : { nullAware }),
    ...(atMostOne === undefined ? {} : { atMostOne }),
    ...(mark === undefined ? {} : { mark }),
  }
  const condition = conjunction(residual)
  if (keys.length === 0) return { kind: 'nested-loop-join', ...shared, condition }
  const build = buildSide(node, left, right)
  return { kind: 'hash-join', ...shared, build, keys, residual: condition }
}

/** The side that goes into the hash table: the smaller, where the kind of join leaves a choice and both are known. */
function buildSide(node: JoinNode, left: PhysicalPlan, right: PhysicalPlan): 'left' | 'right' {
  switch (node.joinType) {
    case 'inner':
    case 'full':
    case 'left':
    case 'right': {
      if (node.atMostOne === true) return 'right'
      const [l, r] = [left.estimatedRows, right.estimatedRows]
      if (l !== undefined && r !== undefined && l !== r) return l < r ? 'left' : 'right'
      return node.joinType === 'right' ? 'left' : 'right'
    }
    case 'semi':
    case 'anti':
    case 'mark':
      return 'right'
  }
}
