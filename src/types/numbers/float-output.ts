/** Prints floating point numbers as PostgreSQL does. */

/** Prints a double: the shortest digits that read back the same, or fewer when extra_float_digits is not positive. */
export function float8Text(value: number, extraFloatDigits = 1): string {
  if (extraFloatDigits > 0) return shortestFloat8Text(value)
  return roundedText(value, Math.max(15 + extraFloatDigits, 1))
}

/** Prints a value of single precision. */
export function float4Text(value: number, extraFloatDigits = 1): string {
  if (extraFloatDigits > 0) return shortestFloat4Text(value)
  return roundedText(value, Math.max(6 + extraFloatDigits, 1))
}

function specialText(value: number): string | undefined {
  if (value === 0) return Object.is(value, -0) ? '-0' : '0'
  if (value === Infinity) return 'Infinity'
  if (value === -Infinity) return '-Infinity'
  return value !== value ? 'NaN' : undefined
}

function shortestFloat8Text(value: number): string {
  const size = Math.abs(value)
  // Between these bounds JavaScript prints the same digits in the same form.
  if (size >= 1e-4 && size < 1e15) return String(value)
  const special = specialText(value)
  if (special !== undefined) return special
  if (size < 1e-4) return exponentForm(value.toExponential(), 2)
  if (size < 2 ** 53 || size > 1e40) return exponentForm(value.toExponential(), 2)
  return exponentForm(strictlyInside(size, value.toExponential(), 17), 2)
}

/**
 * JavaScript may choose a decimal half way between two doubles, which reads back right only because ties go to even.
 * PostgreSQL never does; it then prints one digit more. Such decimals are integers between 2^53 and 10^40.
 */
function strictlyInside(size: number, text: string, digits: number): string {
  const exact = BigInt(size)
  const printed = BigInt(Math.abs(Number(text)) === size ? integerOf(text) : exact)
  const difference = printed > exact ? printed - exact : exact - printed
  const gap = BigInt(nextUp(size)) - exact
  const below = exact - BigInt(nextDown(size))
  const limit = printed > exact ? gap : below
  if (difference * 2n < limit) return text
  const mantissaDigits = text.replace(/^-/, '').replace(/e.*$/, '').replace('.', '').length
  const signed = text.startsWith('-') ? -size : size
  for (let precision = mantissaDigits + 1; precision < digits; precision++) {
    const candidate = signed.toExponential(precision - 1)
    if (Number(candidate) === signed && BigInt(integerOf(candidate)) !== printed) {
      return candidate
    }
  }
  return signed.toExponential(digits - 1)
}

function integerOf(exponential: string): string {
  const [mantissa = '', exponent = '0'] = exponential.replace(/^-/, '').split('e')
  const [whole = '', fraction = ''] = mantissa.split('.')
  return whole + fraction.padEnd(Number(exponent), '0')
}

const floatBuffer = new Float64Array(1)
const bitsBuffer = new BigInt64Array(floatBuffer.buffer)

function nextUp(value: number): number {
  floatBuffer[0] = value
  bitsBuffer[0] = bitsBuffer[0]! + 1n
  return floatBuffer[0]
}

function nextDown(value: number): number {
  floatBuffer[0] = value
  bitsBuffer[0] = bitsBuffer[0]! - 1n
  return floatBuffer[0]
}

function shortestFloat4Text(value: number): string {
  const special = specialText(value)
  if (special !== undefined) return special
  const digits = shortestFloat4Digits(value)
  const exponent = Number(digits.slice(digits.indexOf('e') + 1))
  return exponent >= -4 && exponent < 6 ? plainForm(digits, exponent) : exponentForm(digits, 2)
}

const SMALLEST_NORMAL_FLOAT4 = 2 ** -126

/** The fewest digits that read back as the same single, in exponential form. */
function shortestFloat4Digits(value: number): string {
  // Six digits are always unique among singles; subnormals have fewer bits and may need less.
  const first = Math.abs(value) < SMALLEST_NORMAL_FLOAT4 ? 1 : 6
  for (let precision = first; precision < 9; precision++) {
    const candidate = value.toExponential(precision - 1)
    if (readsBackAs(candidate, value))
      return isTie(value, precision) ? evenTie(value, precision, candidate) : candidate
    if (isPowerOfTwo(value)) {
      // Below a power of two singles lie closer: the nearest decimal may miss while its upper neighbour fits.
      const upper = nextDecimal(candidate)
      if (Math.abs(Number(upper)) > Math.abs(value) && readsBackAs(upper, value)) return upper
    }
  }
  return value.toExponential(8)
}

function readsBackAs(text: string, value: number): boolean {
  const parsed = Number(text)
  if (Math.fround(parsed) !== value) return false
  // A tie reads back only by rounding to even; PostgreSQL does not rely on that.
  const other = parsed > value ? nextFloat4(value, 1) : nextFloat4(value, -1)
  return parsed === value || Math.abs(parsed - value) < Math.abs(other - parsed)
}

/** Tells whether a single lies exactly half way between two decimals of that precision. */
function isTie(value: number, precision: number): boolean {
  const longer = value.toExponential(precision)
  return longer[longer.indexOf('e') - 1] === '5' && Number(longer) === value
}

/** JavaScript rounds a tie away from zero; PostgreSQL takes the even decimal. */
function evenTie(value: number, precision: number, candidate: string): string {
  const even = roundHalfEven(value, precision)
  return readsBackAs(even, value) ? even : candidate
}

const singleBuffer = new Float32Array(1)
const singleBits = new Int32Array(singleBuffer.buffer)

function nextFloat4(value: number, direction: 1 | -1): number {
  singleBuffer[0] = value
  singleBits[0] = singleBits[0]! + (value > 0 ? direction : -direction)
  return singleBuffer[0]
}

function isPowerOfTwo(value: number): boolean {
  singleBuffer[0] = value
  return (singleBits[0]! & 0x7fffff) === 0
}

function nextDecimal(exponential: string): string {
  const digits = exponential.replace(/^-/, '').replace(/e.*$/, '').replace('.', '')
  const raised = String(BigInt(digits) + 1n)
  const carry = raised.length - digits.length
  const sign = exponential.startsWith('-') ? '-' : ''
  const power = Number(exponential.slice(exponential.indexOf('e') + 1)) + carry
  return `${sign}${raised[0] ?? ''}.${raised.slice(1) || '0'}e${power}`
}

/** Removes zeros at the end of the digits and prints the exponent with a sign and at least two digits. */
function exponentForm(exponential: string, minimumDigits: number): string {
  const at = exponential.indexOf('e')
  let mantissa = exponential.slice(0, at)
  if (mantissa.includes('.')) mantissa = mantissa.replace(/\.?0+$/, '')
  const exponent = Number(exponential.slice(at + 1))
  const sign = exponent < 0 ? '-' : '+'
  return `${mantissa}e${sign}${String(Math.abs(exponent)).padStart(minimumDigits, '0')}`
}

function plainForm(exponential: string, exponent: number): string {
  const at = exponential.indexOf('e')
  const isNegative = exponential.startsWith('-')
  const digits = exponential
    .slice(isNegative ? 1 : 0, at)
    .replace('.', '')
    .replace(/0+$/, '')
  const sign = isNegative ? '-' : ''
  if (exponent < 0) return `${sign}0.${'0'.repeat(-exponent - 1)}${digits}`
  if (digits.length <= exponent + 1) return `${sign}${digits.padEnd(exponent + 1, '0')}`
  return `${sign}${digits.slice(0, exponent + 1)}.${digits.slice(exponent + 1)}`
}

/** C's %.Ng: ties between two decimals go to the even one, as the exact binary value decides. */
function roundedText(value: number, precision: number): string {
  const special = specialText(value)
  if (special !== undefined) return special
  const digits = roundHalfEven(value, precision)
  const exponent = Number(digits.slice(digits.indexOf('e') + 1))
  if (exponent < -4 || exponent >= precision) return exponentForm(digits, 2)
  return plainForm(digits, exponent)
}

function roundHalfEven(value: number, precision: number): string {
  const rounded = value.toExponential(precision - 1)
  // JavaScript rounds ties away from zero. A tie's exact expansion is the digits, a 5, and nothing more.
  const exact = value.toExponential(Math.min(precision + 40, 100))
  const tail = exact.replace(/^-/, '').replace(/e.*$/, '').replace('.', '').slice(precision)
  if (!/^50*$/.test(tail)) return rounded
  const mantissa = exact.replace(/^-/, '').replace(/e.*$/, '').replace('.', '').slice(0, precision)
  if (Number(mantissa.slice(-1)) % 2 !== 0) return rounded
  const sign = value < 0 ? '-' : ''
  const exponent = exact.slice(exact.indexOf('e') + 1)
  return `${sign}${mantissa[0] ?? ''}.${mantissa.slice(1) || '0'}e${exponent}`
}
