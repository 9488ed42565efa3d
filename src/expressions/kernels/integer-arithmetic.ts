/** + - * / % and bit operations of int2, int4, int8 and their mixtures, with overflow errors. */
import { SQLSTATE, EngineError } from '../../errors.js'
import type { Int32Vector, Int64Vector } from '../../types/vectors/vector.js'
import { divisionByZero, outOfRange } from './arithmetic-errors.js'
import { exactIntegers, int32Vector, int64Vector, int64VectorOf } from './build-vector.js'
import type { Kernel, KernelCall, KernelTable } from './kernel.js'
import { rowWise, type WideInteger } from './row-wise.js'

type Operation = 'pl' | 'mi' | 'mul' | 'div'

const NAMES = { 2: 'smallint', 4: 'integer', 8: 'bigint' } as const
type Width = keyof typeof NAMES

const LIMITS = { 2: 32767, 4: 2147483647 } as const

function narrowArithmetic(operation: Operation, width: 2 | 4): Kernel {
  const maximum = LIMITS[width]
  const minimum = -maximum - 1
  return (inputs, call) => {
    const a = (inputs[0] as Int32Vector).values
    const b = (inputs[1] as Int32Vector).values
    const { length, nulls } = call
    const result = new Int32Array(length)
    let failed = false
    // One loop per operation: each stays small enough to be compiled well.
    if (operation === 'pl') {
      for (let i = 0; i < length; i++) {
        const value = (a[i] as number) + (b[i] as number)
        if (value > maximum || value < minimum) failed ||= nulls === undefined || nulls[i] === 0
        result[i] = value
      }
    } else if (operation === 'mi') {
      for (let i = 0; i < length; i++) {
        const value = (a[i] as number) - (b[i] as number)
        if (value > maximum || value < minimum) failed ||= nulls === undefined || nulls[i] === 0
        result[i] = value
      }
    } else if (operation === 'mul') {
      for (let i = 0; i < length; i++) {
        const value = (a[i] as number) * (b[i] as number)
        if (value > maximum || value < minimum) failed ||= nulls === undefined || nulls[i] === 0
        result[i] = value
      }
    } else {
      for (let i = 0; i < length; i++) {
        const divisor = b[i] as number
        const value = Math.trunc((a[i] as number) / divisor)
        if (divisor === 0 || value > maximum) {
          if (nulls !== undefined && nulls[i] === 1) continue
          throw divisor === 0 ? divisionByZero() : outOfRange(NAMES[width])
        }
        result[i] = value
      }
    }
    if (failed) throw outOfRange(NAMES[width])
    return int32Vector(call.type, result, nulls)
  }
}

const EXACT: Readonly<Record<Operation, (a: bigint, b: bigint) => bigint>> = {
  pl: (a, b) => a + b,
  mi: (a, b) => a - b,
  mul: (a, b) => a * b,
  div: (a, b) => {
    if (b === 0n) throw divisionByZero()
    return a / b
  },
}

function wideArithmetic(operation: Operation): Kernel {
  const exactOperation = EXACT[operation]
  return (inputs, call) => {
    const left = inputs[0] as Int64Vector
    const right = inputs[1] as Int64Vector
    if (left.exact === undefined && right.exact === undefined) {
      const fast = wideInDoubles(operation, left.values, right.values, call)
      if (fast !== undefined) return int64Vector(call.type, fast, call.nulls)
    }
    const a = exactIntegers(left)
    const b = exactIntegers(right)
    const result = new BigInt64Array(call.length)
    for (let i = 0; i < call.length; i++) {
      if (call.nulls !== undefined && call.nulls[i] === 1) continue
      const value = exactOperation(a[i] as bigint, b[i] as bigint)
      if (value !== BigInt.asIntN(64, value)) throw outOfRange('bigint')
      result[i] = value
    }
    return int64VectorOf(call.type, result, call.nulls)
  }
}

/** Computes in doubles; undefined as soon as a result may not be exact. */
function wideInDoubles(
  operation: Operation,
  a: ArrayLike<number>,
  b: ArrayLike<number>,
  call: KernelCall,
): Float64Array | undefined {
  const { length, nulls } = call
  const safe = Number.MAX_SAFE_INTEGER
  const result = new Float64Array(length)
  if (operation === 'pl') {
    for (let i = 0; i < length; i++) {
      const value = (a[i] as number) + (b[i] as number)
      if (value > safe || value < -safe) return undefined
      result[i] = value
    }
  } else if (operation === 'mi') {
    for (let i = 0; i < length; i++) {
      const value = (a[i] as number) - (b[i] as number)
      if (value > safe || value < -safe) return undefined
      result[i] = value
    }
  } else if (operation === 'mul') {
    for (let i = 0; i < length; i++) {
      const value = (a[i] as number) * (b[i] as number)
      if (value > safe || value < -safe) return undefined
      // Adding 0 turns -0 into 0.
      result[i] = value + 0
    }
  } else {
    for (let i = 0; i < length; i++) {
      const dividend = a[i] as number
      const divisor = b[i] as number
      if (divisor === 0) {
        if (nulls !== undefined && nulls[i] === 1) continue
        throw divisionByZero()
      }
      // Taking the remainder off first keeps the quotient exact.
      result[i] = (dividend - (dividend % divisor)) / divisor + 0
    }
  }
  return result
}

function modulo(width: Width): Kernel {
  const cells = width === 8 ? 'int64' : 'int32'
  return rowWise(['int64', 'int64'], cells, ((a: WideInteger, b: WideInteger) => {
    if (typeof a === 'number' && typeof b === 'number') {
      if (b === 0) throw divisionByZero()
      return (a % b) + 0
    }
    if (BigInt(b) === 0n) throw divisionByZero()
    return BigInt(a) % BigInt(b)
  }) as (a: WideInteger, b: WideInteger) => number)
}

const table: Record<string, Kernel> = {}

for (const operation of ['pl', 'mi', 'mul', 'div'] as const) {
  for (const left of [2, 4, 8] as const) {
    for (const right of [2, 4, 8] as const) {
      const width = Math.max(left, right) as Width
      const name = left === right ? `int${left}` : `int${left}${right}`
      table[`${name}${operation}(int${left},int${right})`] =
        width === 8 ? wideArithmetic(operation) : narrowArithmetic(operation, width)
    }
  }
}

for (const width of [2, 4, 8] as const) {
  const type = `int${width}`
  const name = NAMES[width]
  const maximum = 2n ** BigInt(width * 8 - 1) - 1n
  const minimum = -maximum - 1n
  const kind = width === 8 ? 'int64' : 'int32'
  const checked = (value: WideInteger): number => {
    if (value > maximum || value < minimum) throw outOfRange(name)
    // The int64 writer takes bigints, the int32 writer never sees one.
    return value as number
  }
  const negated = (a: WideInteger): WideInteger => (typeof a === 'number' ? 0 - a : -a)
  const wide = (a: WideInteger): bigint => BigInt(a)
  const cut = (value: bigint): number => {
    const fitted = BigInt.asIntN(width * 8, value)
    return (width === 8 ? fitted : Number(fitted)) as number
  }
  table[`${type}mod(${type},${type})`] = modulo(width)
  table[`mod(${type},${type})`] = modulo(width)
  table[`${type}um(${type})`] = rowWise(['int64'], kind, (a) => checked(negated(a)))
  table[`${type}up(${type})`] = rowWise(['int64'], kind, (a) => a as number)
  const absolute = rowWise(['int64'], kind, (a) => checked(a < 0 ? negated(a) : a))
  table[`${type}abs(${type})`] = absolute
  table[`abs(${type})`] = absolute
  table[`${type}and(${type},${type})`] = rowWise(['int64', 'int64'], kind, (a, b) =>
    cut(wide(a) & wide(b)),
  )
  table[`${type}or(${type},${type})`] = rowWise(['int64', 'int64'], kind, (a, b) =>
    cut(wide(a) | wide(b)),
  )
  table[`${type}xor(${type},${type})`] = rowWise(['int64', 'int64'], kind, (a, b) =>
    cut(wide(a) ^ wide(b)),
  )
  table[`${type}not(${type})`] = rowWise(['int64'], kind, (a) => cut(~wide(a)))
  // C shifts by the count modulo the width of the operand as promoted: int2 is computed in 32 bits.
  const shiftMask = width === 8 ? 63 : 31
  table[`${type}shl(${type},int4)`] = rowWise(['int64', 'int32'], kind, (a, count) =>
    cut(wide(a) << BigInt(count & shiftMask)),
  )
  table[`${type}shr(${type},int4)`] = rowWise(['int64', 'int32'], kind, (a, count) =>
    cut(wide(a) >> BigInt(count & shiftMask)),
  )
}

for (const width of [4, 8] as const) {
  const type = `int${width}`
  const name = NAMES[width]
  const limit = 2n ** BigInt(width * 8 - 1)
  const kind = width === 8 ? 'int64' : 'int32'
  const fit = (value: bigint): number => {
    if (value >= limit) throw outOfRange(name)
    return (width === 8 ? value : Number(value)) as number
  }
  table[`gcd(${type},${type})`] = rowWise(['int64', 'int64'], kind, (a, b) =>
    fit(greatestCommonDivisor(BigInt(a), BigInt(b))),
  )
  table[`lcm(${type},${type})`] = rowWise(['int64', 'int64'], kind, (x, y) => {
    const a = BigInt(x)
    const b = BigInt(y)
    if (a === 0n || b === 0n) return fit(0n)
    const multiple = (a / greatestCommonDivisor(a, b)) * b
    return fit(multiple < 0n ? -multiple : multiple)
  })
}

/** Computes the greatest common divisor, never negative. */
export function greatestCommonDivisor(a: bigint, b: bigint): bigint {
  let x = a < 0n ? -a : a
  let y = b < 0n ? -b : b
  while (y !== 0n) [x, y] = [y, x % y]
  return x
}

table['factorial(int8)'] = rowWise(['int64'], 'numeric', (n) => {
  if (n < 0) {
    throw new EngineError(
      SQLSTATE.numericValueOutOfRange,
      'factorial of a negative number is undefined',
    )
  }
  if (n > 32177)
    throw new EngineError(SQLSTATE.numericValueOutOfRange, 'value overflows numeric format')
  let product = 1n
  for (let k = 2n; k <= BigInt(n); k++) product *= k
  return { kind: 'finite', coefficient: product, scale: 0 }
})

/** Integer arithmetic by signature. */
export const INTEGER_ARITHMETIC: KernelTable = table
