/** How many digits an exact decimal expression can have, for sources whose DECIMAL keeps only so many. */
import type { Expression } from '../../expressions/expression.js'

export interface DecimalShape {
  /** Digits before the point. */
  readonly whole: number
  readonly scale: number
}

/** Digits a source's DECIMAL keeps in all, and behind the point. */
export interface DecimalLimits {
  readonly precision: number
  readonly scale: number
}

/** Tells whether a source computes a value of this shape without loss. */
export function fitsDecimal(shape: DecimalShape, limits: DecimalLimits): boolean {
  return shape.whole + shape.scale <= limits.precision && shape.scale <= limits.scale
}

/** Finds the shape of a numeric expression built from columns, literals, +, - and *; undefined: unknown. */
export function decimalShape(expression: Expression): DecimalShape | undefined {
  switch (expression.kind) {
    case 'column':
      return shapeOfType(expression.type.typmod)
    case 'constant': {
      const match = /^-?(\d+)(?:\.(\d+))?$/.exec(expression.value ?? '')
      return match ? { whole: match[1]!.length, scale: match[2]?.length ?? 0 } : undefined
    }
    case 'relabel':
      return decimalShape(expression.argument)
    case 'call':
      break
    default:
      return undefined
  }
  const [first, second] = expression.arguments
  if (first === undefined) return undefined
  switch (expression.function.signature) {
    case 'numeric(int2)':
      return { whole: 5, scale: 0 }
    case 'numeric(int4)':
      return { whole: 10, scale: 0 }
    case 'numeric(int8)':
      return { whole: 19, scale: 0 }
    case 'numeric_uminus(numeric)':
      return decimalShape(first)
  }
  const a = decimalShape(first)
  const b = second ? decimalShape(second) : undefined
  if (!a || !b) return undefined
  switch (expression.function.name) {
    case 'numeric_add':
    case 'numeric_sub':
      return { whole: Math.max(a.whole, b.whole) + 1, scale: Math.max(a.scale, b.scale) }
    case 'numeric_mul':
      return { whole: a.whole + b.whole, scale: a.scale + b.scale }
    default:
      return undefined
  }
}

function shapeOfType(typmod: number): DecimalShape | undefined {
  if (typmod < 4) return undefined
  const precision = (typmod - 4) >> 16
  const scale = (typmod - 4) & 0x7ff
  return scale > precision ? undefined : { whole: precision - scale, scale }
}
