/** The parts of the MySQL client protocol that a reader needs: commands, their answers, parameters. */

export const COMMAND = {
  quit: 0x01,
  query: 0x03,
  ping: 0x0e,
  prepare: 0x16,
  execute: 0x17,
  closeStatement: 0x19,
} as const

/** Column and parameter types on the wire. */
export const WIRE = {
  decimal: 0x00,
  tiny: 0x01,
  short: 0x02,
  long: 0x03,
  float: 0x04,
  double: 0x05,
  null: 0x06,
  timestamp: 0x07,
  longlong: 0x08,
  int24: 0x09,
  date: 0x0a,
  time: 0x0b,
  datetime: 0x0c,
  year: 0x0d,
  varchar: 0x0f,
  bit: 0x10,
  json: 0xf5,
  newDecimal: 0xf6,
  enum: 0xf7,
  set: 0xf8,
  tinyBlob: 0xf9,
  mediumBlob: 0xfa,
  longBlob: 0xfb,
  blob: 0xfc,
  varString: 0xfd,
  string: 0xfe,
  geometry: 0xff,
} as const

/** Width of an integer type on the wire; 0 when it is none. */
export function integerBytes(wireType: number): number {
  switch (wireType) {
    case WIRE.tiny:
      return 1
    case WIRE.short:
    case WIRE.year:
      return 2
    case WIRE.long:
    case WIRE.int24:
      return 4
    case WIRE.longlong:
      return 8
    default:
      return 0
  }
}

/** Tells whether the wire type is a date or timestamp. */
export function isTemporal(wireType: number): boolean {
  return wireType === WIRE.date || wireType === WIRE.datetime || wireType === WIRE.timestamp
}

/** Tells whether values arrive as plain bytes with a length. */
export function isBytes(wireType: number): boolean {
  return (
    wireType === WIRE.varString ||
    wireType === WIRE.string ||
    wireType === WIRE.varchar ||
    wireType >= WIRE.enum ||
    wireType === WIRE.json
  )
}

const UNSIGNED = 0x20
const ZEROFILL = 0x40

/** One column of a result as the server describes it. */
export interface WireColumn {
  readonly name: string
  readonly type: number
  readonly unsigned: boolean
  /** 63: binary. */
  readonly characterSet: number
  readonly decimals: number
  /** Most characters of its text form, in bytes. */
  readonly length: number
}

/** What went wrong, as the server says it. */
export class ServerError extends Error {
  readonly number: number
  readonly sqlState: string

  constructor(number: number, sqlState: string, message: string) {
    super(message)
    this.name = 'ServerError'
    this.number = number
    this.sqlState = sqlState
  }
}

/** Tells whether a packet reports an error. */
export function isErrorPacket(buffer: Buffer, start: number): boolean {
  return buffer[start] === 0xff
}

/** Tells whether a packet ends a list of columns or rows. */
export function isEofPacket(buffer: Buffer, start: number, end: number): boolean {
  return buffer[start] === 0xfe && end - start < 9
}

/** Reads an error packet. */
export function parseErrorPacket(buffer: Buffer, start: number, end: number): ServerError {
  const number = buffer.readUInt16LE(start + 1)
  const marked = buffer[start + 3] === 0x23
  const sqlState = marked ? buffer.toString('latin1', start + 4, start + 9) : 'HY000'
  const message = buffer.toString('utf8', start + (marked ? 9 : 3), end)
  return new ServerError(number, sqlState, message)
}

/**
 * Reads a column definition. The fixed part is taken from the packet's end: between the names and it MariaDB may
 * put extended metadata.
 */
export function parseColumn(buffer: Buffer, start: number, end: number): WireColumn {
  let offset = start
  // catalog, schema, table, original table
  for (let i = 0; i < 4; i++) offset = afterString(buffer, offset)
  const name = buffer.toString('utf8', stringStart(buffer, offset), afterString(buffer, offset))
  const fixed = end - 12
  const flags = buffer.readUInt16LE(fixed + 7)
  return {
    name,
    characterSet: buffer.readUInt16LE(fixed),
    type: buffer[fixed + 6]!,
    unsigned: (flags & (UNSIGNED | ZEROFILL)) !== 0,
    decimals: buffer[fixed + 9]!,
    length: buffer.readUInt32LE(fixed + 2),
  }
}

/** Reads a length-encoded integer. */
export function readLength(buffer: Buffer, offset: number): number {
  const first = buffer[offset]!
  if (first < 0xfb) return first
  if (first === 0xfc) return buffer.readUInt16LE(offset + 1)
  if (first === 0xfd) return buffer.readUIntLE(offset + 1, 3)
  return buffer.readUInt32LE(offset + 1) + buffer.readUInt32LE(offset + 5) * 0x100000000
}

/** Tells how many bytes a length-encoded integer takes. */
export function lengthBytes(first: number): number {
  return first < 0xfb ? 1 : first === 0xfc ? 3 : first === 0xfd ? 4 : 9
}

function stringStart(buffer: Buffer, offset: number): number {
  return offset + lengthBytes(buffer[offset]!)
}

function afterString(buffer: Buffer, offset: number): number {
  return stringStart(buffer, offset) + readLength(buffer, offset)
}

/** A parameter ready to be sent: its type on the wire and its encoded bytes (absent: NULL). */
export interface WireParameter {
  readonly type: number
  readonly bytes?: Buffer
}

/** Builds the payload that runs a prepared statement, without a cursor, so that rows stream at once. */
export function executePayload(statement: number, parameters: readonly WireParameter[]): Buffer {
  const head = Buffer.alloc(10)
  head[0] = COMMAND.execute
  head.writeUInt32LE(statement, 1)
  head.writeUInt32LE(1, 6)
  if (parameters.length === 0) return head
  const nulls = Buffer.alloc((parameters.length + 7) >> 3)
  const types = Buffer.alloc(parameters.length * 2)
  const values: Buffer[] = []
  parameters.forEach((parameter, i) => {
    types[i * 2] = parameter.type
    if (parameter.bytes === undefined) nulls[i >> 3]! |= 1 << (i & 7)
    else values.push(parameter.bytes)
  })
  return Buffer.concat([head, nulls, Buffer.from([1]), types, ...values])
}

/** Encodes bytes with their length in front. */
export function lengthEncoded(bytes: Buffer): Buffer {
  const length = bytes.length
  if (length < 0xfb) return Buffer.concat([Buffer.from([length]), bytes])
  const head =
    length < 0x10000 ? Buffer.alloc(3) : length < 0x1000000 ? Buffer.alloc(4) : Buffer.alloc(9)
  if (head.length === 9) {
    head[0] = 0xfe
    head.writeBigUInt64LE(BigInt(length), 1)
  } else {
    head[0] = head.length === 3 ? 0xfc : 0xfd
    head.writeUIntLE(length, 1, head.length - 1)
  }
  return Buffer.concat([head, bytes])
}
