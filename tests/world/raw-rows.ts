/** Rows as they come over the wire, before a driver makes strings of them. */
import type { Socket } from 'node:net'
import type pg from 'pg'
import { splitMessages } from '../../src/analyzer/postgres/backend-messages.js'

/** Runs a statement and gives the values of its rows in hex, NULL as null. */
export async function rawRows(
  client: pg.Client,
  text: string,
  options: { readonly binary: boolean; readonly values?: readonly unknown[] },
): Promise<(string | null)[][]> {
  const { stream } = (client as unknown as { connection: { stream: Socket } }).connection
  const chunks: Buffer[] = []
  const collect = (chunk: Buffer): void => void chunks.push(Buffer.from(chunk))
  stream.on('data', collect)
  const types = { getTypeParser: () => (value: string) => value }
  try {
    await client.query({
      ...{ text, types, rowMode: 'array', binary: options.binary },
      values: [...(options.values ?? [])],
      // The simple protocol knows no formats.
      queryMode: 'extended',
    } as pg.QueryConfig)
  } finally {
    stream.off('data', collect)
  }
  return splitMessages(Buffer.concat(chunks))
    .filter(({ type }) => type === 'D')
    .map(({ body }) => valuesOf(Buffer.from(body)))
}

function valuesOf(body: Buffer): (string | null)[] {
  const values: (string | null)[] = []
  let at = 2
  for (let left = body.readInt16BE(0); left > 0; left--) {
    const length = body.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : body.toString('hex', at, at + Math.max(length, 0)))
    at += Math.max(length, 0)
  }
  return values
}
