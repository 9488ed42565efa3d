/** Fields of binary-protocol rows as PostgreSQL's text output. */
import {
  integerBytes,
  isTemporal,
  lengthBytes,
  readLength,
  WIRE,
  type WireColumn,
} from './wire-protocol.js'

/** Bytes a field takes in a row. */
export function fieldBytes(buffer: Buffer, offset: number, wireType: number): number {
  const integer = integerBytes(wireType)
  if (integer > 0) return integer
  if (wireType === WIRE.float) return 4
  if (wireType === WIRE.double) return 8
  if (wireType === WIRE.null) return 0
  if (isTemporal(wireType) || wireType === WIRE.time) return 1 + buffer[offset]!
  return lengthBytes(buffer[offset]!) + readLength(buffer, offset)
}

/** A field as PostgreSQL's text output; null for a date that does not exist. */
export function textOf(
  buffer: Buffer,
  offset: number,
  end: number,
  wire: WireColumn,
): string | null {
  const { type, unsigned } = wire
  switch (integerBytes(type)) {
    case 1:
      return String(unsigned ? buffer.readUInt8(offset) : buffer.readInt8(offset))
    case 2:
      return String(
        unsigned || type === WIRE.year ? buffer.readUInt16LE(offset) : buffer.readInt16LE(offset),
      )
    case 4:
      return String(unsigned ? buffer.readUInt32LE(offset) : buffer.readInt32LE(offset))
    case 8:
      return String(unsigned ? buffer.readBigUInt64LE(offset) : buffer.readBigInt64LE(offset))
  }
  if (type === WIRE.float) return shortestSingle(buffer.readFloatLE(offset))
  if (type === WIRE.double) return String(buffer.readDoubleLE(offset))
  if (type === WIRE.time) return timeText(buffer, offset)
  if (isTemporal(type)) return temporalText(buffer, offset, type)
  if (type === WIRE.bit) {
    let bits = 0n
    for (let i = offset + 1; i < end; i++) bits = (bits << 8n) | BigInt(buffer[i]!)
    return bits.toString()
  }
  return buffer.toString('utf8', offset + lengthBytes(buffer[offset]!), end)
}

/** The shortest digits that read back as the same single-precision number. */
function shortestSingle(value: number): string {
  for (let digits = 6; digits < 9; digits++) {
    const text = value.toPrecision(digits)
    if (Math.fround(Number(text)) === value) return String(Number(text))
  }
  return String(value)
}

function pad(value: number, width: number): string {
  return String(value).padStart(width, '0')
}

function fraction(micros: number): string {
  return micros === 0 ? '' : `.${pad(micros, 6).replace(/0+$/, '')}`
}

function temporalText(buffer: Buffer, offset: number, type: number): string | null {
  const length = buffer[offset]!
  if (length === 0) return null
  const [month, day] = [buffer[offset + 3]!, buffer[offset + 4]!]
  const year = buffer.readUInt16LE(offset + 1)
  if (year === 0 || month === 0 || day === 0) return null
  const date = `${pad(year, 4)}-${pad(month, 2)}-${pad(day, 2)}`
  if (type === WIRE.date) return date
  if (length < 7) return `${date} 00:00:00`
  const clock = [5, 6, 7].map((i) => pad(buffer[offset + i]!, 2)).join(':')
  return `${date} ${clock}${length >= 11 ? fraction(buffer.readUInt32LE(offset + 8)) : ''}`
}

function timeText(buffer: Buffer, offset: number): string {
  const length = buffer[offset]!
  if (length === 0) return '00:00:00'
  const sign = buffer[offset + 1] === 1 ? '-' : ''
  const hours = buffer.readUInt32LE(offset + 2) * 24 + buffer[offset + 6]!
  const clock = `${pad(hours, 2)}:${pad(buffer[offset + 7]!, 2)}:${pad(buffer[offset + 8]!, 2)}`
  return `${sign}${clock}${length >= 12 ? fraction(buffer.readUInt32LE(offset + 9)) : ''}`
}
