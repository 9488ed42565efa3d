/** The running half: scans into column batches, relays rows undecoded, and cancels what nobody waits for. */
import { enumWithin } from '../../types/enum-types.js'
import { SQLSTATE } from '../../errors.js'
import type { ServerFacts, SourceDefinition } from '../../catalog/catalog.js'
import type { Batch } from '../../executor/batch.js'
import { DEFAULT_VALUE_SETTINGS } from '../../session/settings/value-settings.js'
import { hasStyledText } from '../../types/styled-text.js'
import type { Datum } from '../../types/sql-type.js'
import { typeInfo } from '../../types/type-registry.js'
import { keepFrameBuffer } from '../frame-buffers.js'
import { interleave } from '../interleave.js'
import type {
  OpenSource,
  RelayChunk,
  RelayFormat,
  RemoteStatement,
  ScanOptions,
} from '../connector.js'
import { ConnectionPool } from './connection-pool.js'
import { discoverSource } from './discover.js'
import { queryMessage, statementMessages } from './protocol-messages.js'
import { formatOf, RowDecoder } from './row-decoder.js'
import { readServerFacts } from './server-facts.js'
import { applySettings, namedSettings } from './session-settings.js'
import { openParts } from './split-read.js'
import {
  columnMismatch,
  DATA_ROW,
  frameLength,
  runSilently,
  StatementRun,
  type DescribedColumn,
} from './statement-run.js'
import type { PostgresHandle } from './uses-settings.js'
import type { WireConnection } from './wire-connection.js'

/** A statement's text and the connection it has; in a transaction when it reads a part of a table. */
interface Work {
  readonly connection: WireConnection
  readonly isInTransaction: boolean
  readonly text: string
}

/** OIDs below are PostgreSQL's own. */
const FIRST_USER_OID = 16_384

// How long the server may take to stop a cancelled statement before its connection is given up.
const DRAIN_MILLISECONDS = 5_000

/** Opens the running half; nothing is connected yet. */
export function openPostgres(source: SourceDefinition): OpenSource {
  const pool = new ConnectionPool(source)
  return {
    scan: (statement, values, options) => scan(source, pool, statement, values, options),
    relay: (statement, values, format, options) =>
      canRelay(statement, format)
        ? relay(source, pool, statement, values, format, options)
        : undefined,
    discover: (options) => discoverSource(source, options),
    ping: (signal): Promise<ServerFacts> => readServerFacts(source, signal),
    close: () => pool.close(),
  }
}

async function* scan(
  source: SourceDefinition,
  pool: ConnectionPool,
  statement: RemoteStatement,
  values: readonly Datum[],
  options: ScanOptions,
): AsyncGenerator<Batch> {
  const settings = scanSettings(statement, options)
  const { split } = (statement.handle as PostgresHandle | undefined) ?? {}
  const parts = split && (await openParts(source, pool, split, options.signal))
  if (parts === undefined) {
    const connection = await pool.acquire(options.signal)
    const work = { connection, isInTransaction: false, text: statement.text }
    yield* batchesOf(source, pool, statement, values, settings, options, work)
    return
  }
  const abort = new AbortController()
  const signal = AbortSignal.any([options.signal, abort.signal])
  const streams = parts.map(({ connection, text }) =>
    batchesOf(...([source, pool, statement, values, settings, { ...options, signal }] as const), {
      connection,
      isInTransaction: true,
      text,
    }),
  )
  yield* interleave(streams, abort)
}

async function* batchesOf(
  source: SourceDefinition,
  pool: ConnectionPool,
  statement: RemoteStatement,
  values: readonly Datum[],
  settings: Readonly<Record<string, string>>,
  options: ScanOptions,
  work: Work,
): AsyncGenerator<Batch> {
  const formats = statement.columns.map(formatOf)
  const decoder = new RowDecoder(statement.columns, options.batchRows)
  const pieces = received(source, pool, work, values, formats, settings, options)
  for await (const { bytes, run } of pieces) {
    let at = 0
    for (;;) {
      at = decoder.decode(bytes, at, options.batchRows)
      if (decoder.rows >= options.batchRows) {
        run.keep(bytes, at)
        yield decoder.takeBatch()
        continue
      }
      const size = frameLength(bytes, at)
      if (at + size > bytes.length) {
        run.keepCopy(bytes, at)
        keepFrameBuffer(bytes.buffer as ArrayBuffer)
        break
      }
      const described = run.handle(bytes[at]!, bytes.subarray(at + 5, at + size))
      if (described !== undefined) {
        // Should the columns be refused, what follows can still be drained.
        run.keep(bytes, at + size)
        checkColumns(source, statement, described)
      }
      at += size
    }
  }
  if (decoder.rows > 0) yield decoder.takeBatch()
}

/**
 * The settings a scan runs under: the session's only where its rows depend on them. Types read as text must come in their
 * canonical form: with columns whose text the styles decide they stay at their defaults; the time zone does not.
 */
function scanSettings(
  statement: RemoteStatement,
  options: ScanOptions,
): Readonly<Record<string, string>> {
  const handle = statement.handle as PostgresHandle | undefined
  if (options.settings === undefined || handle?.usesSettings === false) return namedSettings()
  const readsStyledText = statement.columns.some(
    (column) => formatOf(column) === 0 && hasStyledText(column.type),
  )
  if (!readsStyledText) return namedSettings(options.settings)
  return namedSettings({ ...DEFAULT_VALUE_SETTINGS, timeZone: options.settings.timeZone })
}

/** In binary an array says which number its element type has: an enum's is another one here than at the server. */
function canRelay(statement: RemoteStatement, format: RelayFormat): boolean {
  return !statement.columns.some(
    ({ type }, i) => format.formats[i] === 1 && enumWithin(type.oid)?.arrayOid === type.oid,
  )
}

async function* relay(
  source: SourceDefinition,
  pool: ConnectionPool,
  statement: RemoteStatement,
  values: readonly Datum[],
  format: RelayFormat,
  options: ScanOptions,
): AsyncGenerator<RelayChunk> {
  const connection = await pool.acquire(options.signal)
  const work = { connection, isInTransaction: false, text: statement.text }
  const pieces = received(source, pool, work, values, format.formats, format.settings, options)
  for await (const { bytes, run } of pieces) {
    const end = bytes.length
    let start = 0
    let at = 0
    let rows = 0
    for (;;) {
      while (at + 5 <= end && bytes[at] === DATA_ROW) {
        const next =
          at +
          1 +
          ((bytes[at + 1]! << 24) | (bytes[at + 2]! << 16) | (bytes[at + 3]! << 8) | bytes[at + 4]!)
        if (next > end) break
        at = next
        rows++
      }
      if (rows > 0) {
        // The consumer may hand the buffer to another thread when nothing but rows is left in it: it is not touched again then.
        const isLast = at + frameLength(bytes, at) > end
        if (isLast) run.keepCopy(bytes, at)
        else run.keep(bytes, at)
        yield { frames: bytes.subarray(start, at), rows, ownsBuffer: isLast }
        if (isLast) break
        start = at
        rows = 0
      }
      const size = frameLength(bytes, at)
      if (at + size > end) {
        run.keepCopy(bytes, at)
        break
      }
      const described = run.handle(bytes[at]!, bytes.subarray(at + 5, at + size))
      if (described !== undefined) {
        // Should the columns be refused, what follows can still be drained.
        run.keep(bytes, at + size)
        checkColumns(source, statement, described)
      }
      at += size
      start = at
    }
  }
}

/**
 * Runs a statement and yields what the server sends, until it is ready. However the loop over it ends, the connection
 * is left: back in the pool when the server is done, cancelled and drained in the background when not. A connection that
 * broke while it lay in the pool (the server was started again, a backend was ended) shows it only now: as long as
 * nothing of the statement was answered, another connection takes its place.
 */
async function* received(
  source: SourceDefinition,
  pool: ConnectionPool,
  work: Work,
  values: readonly Datum[],
  formats: readonly number[],
  settings: Readonly<Record<string, string>>,
  options: ScanOptions,
): AsyncGenerator<{ readonly bytes: Buffer; readonly run: StatementRun }> {
  const { signal, onBytes } = options
  const { isInTransaction, text } = work
  let { connection } = work
  for (;;) {
    let run: StatementRun | undefined
    let cancelling: Promise<void> | undefined
    const onAbort = () => {
      cancelling ??= connection.cancel()
      connection.wake()
    }
    try {
      await applySettings(source, connection, settings)
      signal.throwIfAborted()
      run = new StatementRun(source, connection)
      let counted = connection.bytesRead
      signal.addEventListener('abort', onAbort, { once: true })
      connection.send(statementMessages(text, values, formats))
      while (!run.isReady) {
        const bytes = await run.receive(signal)
        onBytes?.(connection.bytesRead - counted)
        counted = connection.bytesRead
        if (signal.aborted) {
          run.keep(bytes, 0)
          throw signal.reason
        }
        yield { bytes, run }
      }
      if (signal.aborted) throw signal.reason
      if (run.error !== undefined) throw run.error
      return
    } catch (error) {
      if (signal.aborted) throw signal.reason
      const brokeInThePool = connection.isReused && connection.isBroken && !run?.hasAnswered
      if (!brokeInThePool || isInTransaction) throw error
    } finally {
      signal.removeEventListener('abort', onAbort)
      leave(source, pool, { connection, isInTransaction, text }, run, cancelling)
    }
    connection = await pool.acquire(signal)
  }
}

/** Returns a connection; one whose statement still runs is cancelled and drained first, and a transaction is ended. */
function leave(
  source: SourceDefinition,
  pool: ConnectionPool,
  { connection, isInTransaction }: Work,
  run: StatementRun | undefined,
  cancelling: Promise<void> | undefined,
): void {
  if (run === undefined) {
    // A SET failed or was given up: the state of the settings is unknown.
    pool.release(connection, false)
    return
  }
  if (run.isReady && cancelling === undefined && !isInTransaction) {
    pool.release(connection, true)
    return
  }
  const settle = async (): Promise<void> => {
    // A cancel request in flight would hit the connection's next statement: wait until it is delivered.
    if (!run.isReady || cancelling !== undefined) await (cancelling ?? connection.cancel())
    await run.drain()
    if (isInTransaction) await runSilently(source, connection, queryMessage('ROLLBACK'))
  }
  const timer = setTimeout(() => connection.destroy('it did not stop in time'), DRAIN_MILLISECONDS)
  timer.unref()
  settle().then(
    () => {
      clearTimeout(timer)
      pool.release(connection, true)
    },
    () => {
      clearTimeout(timer)
      pool.release(connection, false)
    },
  )
}

function checkColumns(
  source: SourceDefinition,
  statement: RemoteStatement,
  described: readonly DescribedColumn[],
): void {
  const { columns } = statement
  if (described.length !== columns.length) {
    throw columnMismatch(
      source,
      SQLSTATE.sourceColumnNotFound,
      `${described.length} instead of ${columns.length}`,
    )
  }
  described.forEach((found, i) => {
    const expected = columns[i]!
    if (found.oid === expected.type.oid) return
    // The server has its own number for an enum type; its labels are checked one by one.
    if (found.oid >= FIRST_USER_OID && enumWithin(expected.type.oid) !== undefined) return
    throw columnMismatch(
      source,
      SQLSTATE.sourceTypeMismatch,
      `"${found.name}" is ${typeInfo(found.oid).sqlName} instead of ${typeInfo(expected.type.oid).sqlName}`,
    )
  })
}
