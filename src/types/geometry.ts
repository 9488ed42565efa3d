/** Geometric types: their text, and their binary form, which is the coordinates as doubles. */
import { BinaryWriter, malformedBinary, type BinaryReader } from './binary-reader.js'
import { float8Text } from './numbers/float-output.js'

const POINT = 600
const LSEG = 601
const PATH = 602
const BOX = 603
const POLYGON = 604
const LINE = 628
const CIRCLE = 718

const TYPES: ReadonlySet<number> = new Set([POINT, LSEG, PATH, BOX, POLYGON, LINE, CIRCLE])
const NUMBER = /-?(?:Infinity|NaN|[\d.]+(?:e[+-]?\d+)?)/g

/** Tells whether a type is geometric. */
export function isGeometric(oid: number): boolean {
  return TYPES.has(oid)
}

/** Prints canonical text with coordinates as extra_float_digits asks for. */
export function geometryText(text: string, extraFloatDigits: number): string {
  return text.replace(NUMBER, (number) => float8Text(Number(number), extraFloatDigits))
}

/** Writes a geometric value in binary, or undefined for another type. */
export function encodeGeometry(oid: number, text: string): Uint8Array | undefined {
  if (!isGeometric(oid)) return undefined
  const writer = new BinaryWriter()
  const numbers = (text.match(NUMBER) ?? []).map(Number)
  if (oid === PATH) writer.uint8(text.startsWith('(') ? 1 : 0)
  if (oid === PATH || oid === POLYGON) writer.int32(numbers.length / 2)
  for (const number of numbers) writer.float64(number)
  return writer.finish()
}

/** Reads a geometric value from binary, or undefined for another type. */
export function decodeGeometry(oid: number, reader: BinaryReader): string | undefined {
  const number = (): string => float8Text(reader.float64())
  const point = (): string => `(${number()},${number()})`
  switch (oid) {
    case POINT:
      return point()
    case LSEG:
      return `[${point()},${point()}]`
    case BOX:
      return `${point()},${point()}`
    case LINE:
      return `{${number()},${number()},${number()}}`
    case CIRCLE:
      return `<${point()},${number()}>`
    case PATH: {
      const isClosed = reader.uint8() !== 0
      const points = pointList(reader, 'path', point)
      return isClosed ? `(${points})` : `[${points}]`
    }
    case POLYGON:
      return `(${pointList(reader, 'polygon', point)})`
    default:
      return undefined
  }
}

function pointList(reader: BinaryReader, type: string, point: () => string): string {
  const count = reader.int32()
  if (count <= 0 || count > reader.rest / 16) {
    throw malformedBinary(`invalid number of points in external "${type}" value`)
  }
  return Array.from({ length: count }, point).join(',')
}
