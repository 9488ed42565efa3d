/** The frontend messages the analyzer sends: extended protocol on the unnamed statement and portal. */

/** Parse of the unnamed statement. */
export function parseMessage(sql: string, parameterTypes: readonly number[]): Uint8Array {
  const text = Buffer.from(sql)
  const body = Buffer.alloc(text.length + 4 + parameterTypes.length * 4)
  text.copy(body, 1)
  body.writeUInt16BE(parameterTypes.length, text.length + 2)
  parameterTypes.forEach((oid, index) => body.writeUInt32BE(oid, text.length + 4 + index * 4))
  return message('P', body)
}

/** Bind of the unnamed portal. */
export function bindMessage(
  values: readonly (Uint8Array | null)[],
  valueFormats: readonly number[],
  resultFormats: readonly number[],
): Uint8Array {
  const parts: Buffer[] = [Buffer.from([0, 0]), formats(valueFormats), int16(values.length)]
  for (const value of values) {
    const length = Buffer.alloc(4)
    length.writeInt32BE(value === null ? -1 : value.length)
    parts.push(length)
    if (value !== null) parts.push(Buffer.from(value))
  }
  parts.push(formats(resultFormats))
  return message('B', Buffer.concat(parts))
}

/** Describe of the unnamed statement (S) or portal (P). */
export function describeMessage(what: 'S' | 'P'): Uint8Array {
  return message('D', Buffer.from(`${what}\0`))
}

/** Close of the unnamed statement. */
export function closeMessage(): Uint8Array {
  return message('C', Buffer.from('S\0'))
}

/** Execute of the unnamed portal, all rows. */
export function executeMessage(): Uint8Array {
  return message('E', Buffer.from([0, 0, 0, 0, 0]))
}

/** Sync, which ends an exchange. */
export function syncMessage(): Uint8Array {
  return message('S', Buffer.alloc(0))
}

/** A simple query. */
export function queryMessage(sql: string): Uint8Array {
  return message('Q', Buffer.from(`${sql}\0`))
}

function message(type: string, body: Uint8Array): Uint8Array {
  const framed = Buffer.alloc(body.length + 5)
  framed.write(type, 0, 'latin1')
  framed.writeInt32BE(body.length + 4, 1)
  framed.set(body, 5)
  return framed
}

function formats(codes: readonly number[]): Buffer {
  return Buffer.concat([int16(codes.length), ...codes.map(int16)])
}

function int16(value: number): Buffer {
  const bytes = Buffer.alloc(2)
  bytes.writeUInt16BE(value)
  return bytes
}
