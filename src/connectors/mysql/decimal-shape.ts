/** How many digits an exact decimal expression can have: MySQL keeps 65, of which 30 behind the point. */
import type { Expression } from '../../expressions/expression.js'

export interface DecimalShape {
  /** Digits before the point. */
  readonly whole: number
  readonly scale: number
}

const LARGEST_PRECISION = 65
const LARGEST_SCALE = 30

/** Tells whether MySQL computes a value of this shape without loss; `extra` digits may be added before the point. */
export function fitsDecimal(shape: DecimalShape, extra = 0): boolean {
  return shape.whole + extra + shape.scale <= LARGEST_PRECISION && shape.scale <= LARGEST_SCALE
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
  return scale > LARGEST_SCALE ? undefined : { whole: precision - scale, scale }
}
