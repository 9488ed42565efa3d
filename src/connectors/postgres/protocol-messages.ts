/** Frontend messages of the extended query protocol. */
import type { Datum } from '../../types/sql-type.js'

function message(type: string, body: Buffer): Buffer {
  const header = Buffer.allocUnsafe(5)
  header.write(type, 0, 'latin1')
  header.writeInt32BE(body.length + 4, 1)
  return Buffer.concat([header, body])
}

function int16(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(2)
  bytes.writeUInt16BE(value, 0)
  return bytes
}

function int32(value: number): Buffer {
  const bytes = Buffer.allocUnsafe(4)
  bytes.writeInt32BE(value, 0)
  return bytes
}

/** A simple query. */
export function queryMessage(sql: string): Buffer {
  return message('Q', Buffer.from(`${sql}\0`))
}

/**
 * Parse, Describe, Bind, Execute and Sync of one statement in one piece: a single round trip. Values travel as text; their types come from
 * the casts in the statement. `formats`: 0 text, 1 binary, per result column.
 */
export function statementMessages(
  sql: string,
  values: readonly Datum[],
  formats: readonly number[],
): Buffer {
  const bind: Buffer[] = [Buffer.from('\0\0'), int16(0), int16(values.length)]
  for (const value of values) {
    if (value === null) {
      bind.push(int32(-1))
      continue
    }
    const bytes = Buffer.from(value)
    bind.push(int32(bytes.length), bytes)
  }
  bind.push(int16(formats.length), ...formats.map(int16))
  return Buffer.concat([
    message('P', Buffer.concat([Buffer.from(`\0${sql}\0`), int16(0)])),
    message('D', Buffer.from('S\0')),
    message('B', Buffer.concat(bind)),
    message('E', Buffer.concat([Buffer.from('\0'), int32(0)])),
    message('S', Buffer.alloc(0)),
  ])
}
