/** Two ways to get the batches of an aggregation, as the bytes that came. */
import type { AggregationCursor, ClientSession, Db, Document, ReadPreferenceLike } from 'mongodb'
import { bytesOf, CODE, eachElement, type Bytes } from './bson-bytes.js'

export interface Aggregation {
  readonly db: Db
  readonly session: ClientSession
  readonly collection: string
  readonly pipeline: readonly Document[]
  readonly batchRows: number
  readonly readPreference: ReadPreferenceLike
  /** ms; 0: none. */
  readonly timeout: number
  /** Cuts the connection. */
  readonly cut: AbortSignal
  readonly onBytes: ((bytes: number) => void) | undefined
}

/** One batch: documents start at the offsets. */
export interface RawBatch {
  readonly bytes: Bytes
  readonly documents: readonly number[]
}

/** Where batches come from. */
export interface BatchSource {
  /** The next batches; undefined: there are no more. */
  next(): Promise<readonly RawBatch[] | undefined>
  /** Closes the cursor at the server, when nothing runs there. */
  close(): Promise<void>
}

function optionsOf({ timeout }: Aggregation) {
  return {
    allowDiskUse: true,
    collation: { locale: 'simple' },
    ...(timeout > 0 ? { maxTimeMS: timeout } : {}),
  }
}

/**
 * Sends the commands of a cursor by itself and takes whole answers: fastest, for the driver's own cursors make an object of each
 * document even when they hand it out raw. Only where every command goes to the same server.
 */
export function commandBatches(aggregation: Aggregation): BatchSource {
  const { db, session, collection, pipeline, batchRows, readPreference, cut, onBytes } = aggregation
  let id: bigint | undefined
  const send = async (command: Document): Promise<readonly RawBatch[]> => {
    const options = { session, readPreference, raw: true, signal: cut }
    const response = await db.command(command, options)
    const cursor = response.cursor as Uint8Array
    onBytes?.(cursor.length)
    const answer = readCursor(cursor)
    id = answer.id
    return [answer.batch]
  }
  return {
    async next() {
      if (id === 0n) return undefined
      const cursor = { batchSize: batchRows }
      return id === undefined
        ? send({ aggregate: collection, pipeline, cursor, ...optionsOf(aggregation) })
        : send({ getMore: id, collection, batchSize: batchRows })
    },
    async close() {
      if (id === undefined || id === 0n) return
      await db.command({ killCursors: collection, cursors: [id] }, { signal: cut })
    },
  }
}

/** Takes the `cursor` part of an answer apart. */
function readCursor(cursor: Uint8Array): { readonly id: bigint; readonly batch: RawBatch } {
  const bytes = bytesOf(cursor)
  const documents: number[] = []
  let id = 0n
  eachElement(bytes, 0, (code, from, to, value) => {
    const name = to - from
    if (code === CODE.long && name === 2) id = bytes.view.getBigInt64(value, true)
    // firstBatch, nextBatch
    if (code === CODE.array && name >= 9) {
      eachElement(bytes, value, (_code, _from, _to, at) => documents.push(at))
    }
  })
  return { id, batch: { bytes, documents } }
}

/** Leaves it to the driver's cursor to keep to one server among several. */
export function driverBatches(aggregation: Aggregation): BatchSource {
  const { db, session, collection, pipeline, batchRows, readPreference, cut, onBytes } = aggregation
  const cursor: AggregationCursor = db.collection(collection).aggregate([...pipeline], {
    ...{ session, readPreference, raw: true, signal: cut, batchSize: batchRows },
    ...optionsOf(aggregation),
  })
  return {
    async next() {
      if (!(await cursor.hasNext())) return undefined
      const documents = cursor.readBufferedDocuments() as unknown as Uint8Array[]
      for (const document of documents) onBytes?.(document.length)
      return byBuffer(documents)
    },
    close: () => cursor.close(),
  }
}

/** The documents of one answer lie in one buffer. */
function byBuffer(documents: readonly Uint8Array[]): readonly RawBatch[] {
  const offsets = new Map<ArrayBufferLike, number[]>()
  for (const { buffer, byteOffset } of documents) {
    const known = offsets.get(buffer)
    if (known) known.push(byteOffset)
    else offsets.set(buffer, [byteOffset])
  }
  return [...offsets].map(([buffer, list]) => ({
    bytes: bytesOf(new Uint8Array(buffer)),
    documents: list,
  }))
}
