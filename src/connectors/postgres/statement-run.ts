/** One statement on one connection, from its first message to the server being ready again. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { EngineError } from '../../errors.js'
import { joinPieces } from './inbound-pieces.js'
import { queryMessage } from './protocol-messages.js'
import { readBackendFields, statementError } from './source-errors.js'
import type { WireConnection } from './wire-connection.js'

export const DATA_ROW = 68
const ERROR_RESPONSE = 69
const NOTICE_RESPONSE = 78
const PARAMETER_STATUS = 83
const READY_FOR_QUERY = 90
const ROW_DESCRIPTION = 84

/** A column as the server describes it. */
export interface DescribedColumn {
  readonly name: string
  readonly oid: number
}

/** Receives the bytes of a statement's answer in pieces that end at frame boundaries. */
export class StatementRun {
  readonly #source: SourceDefinition
  readonly #connection: WireConnection
  /** What follows the last complete frame. */
  #rest: Buffer[] = []
  #restBytes = 0
  /** Bytes that the frame in `rest` needs before it is complete. */
  #needed = 0
  #error: EngineError | undefined
  #isReady = false
  #hasAnswered = false

  constructor(source: SourceDefinition, connection: WireConnection) {
    this.#source = source
    this.#connection = connection
  }

  /** The server has answered everything. */
  get isReady(): boolean {
    return this.#isReady
  }

  /** The server has begun to work on the statement; a server that goes says so without that. */
  get hasAnswered(): boolean {
    return this.#hasAnswered
  }

  /** What the server reported, once it is ready. */
  get error(): EngineError | undefined {
    return this.#error
  }

  /**
   * Waits for bytes and returns what is unread, from a frame's beginning and with at least that frame complete or new bytes behind it.
   * The buffer they are in is the caller's: nothing else will be put there.
   */
  async receive(signal?: AbortSignal): Promise<Buffer> {
    while (this.#restBytes === 0 || this.#restBytes < this.#needed) {
      const piece = await this.#connection.receive(signal)
      if (this.#restBytes === 0) return piece
      this.#restBytes += piece.length
      if (this.#rest.length === 1 && this.#needed <= this.#restBytes) {
        this.#rest[0] = joinPieces(this.#rest[0]!, piece)
      } else {
        this.#rest.push(piece)
      }
      if (this.#needed <= 5 && this.#restBytes >= 5) {
        if (this.#rest.length > 1) this.#rest = [Buffer.concat(this.#rest)]
        this.#needed = frameLength(this.#rest[0]!, 0)
      }
    }
    const bytes = this.#rest.length === 1 ? this.#rest[0]! : Buffer.concat(this.#rest)
    this.#rest = []
    this.#restBytes = 0
    return bytes
  }

  /** Leaves the bytes from `at`, a frame's beginning, for later. The caller reads on behind it, or will be followed by another who does. */
  keep(bytes: Buffer, at: number): void {
    this.#rest = at < bytes.length ? [bytes.subarray(at)] : []
    this.#restBytes = bytes.length - at
    this.#needed = frameLength(bytes, at)
  }

  /** Leaves the bytes from `at`, an incomplete frame, for later, and lets go of their buffer. */
  keepCopy(bytes: Buffer, at: number): void {
    this.keep(Buffer.from(bytes.subarray(at)), 0)
  }

  /** Handles a frame that is not a row. Returns the columns when it describes them. */
  handle(type: number, body: Buffer): readonly DescribedColumn[] | undefined {
    if (type === ERROR_RESPONSE) {
      this.#error ??= statementError(this.#source, readBackendFields(body))
      return undefined
    }
    this.#hasAnswered ||= type !== NOTICE_RESPONSE && type !== PARAMETER_STATUS
    if (type === READY_FOR_QUERY) {
      this.#isReady = true
    } else if (type === ROW_DESCRIPTION) {
      return readDescription(body)
    }
    return undefined
  }

  /** Reads what is left of the answer; rows are dropped unless somebody takes them. */
  async drain(onRow?: (body: Buffer) => void): Promise<void> {
    while (!this.#isReady) {
      const bytes = await this.receive()
      let at = 0
      while (at + 5 <= bytes.length) {
        const size = bytes.readInt32BE(at + 1) + 1
        if (at + size > bytes.length) break
        const type = bytes[at]!
        const body = bytes.subarray(at + 5, at + size)
        if (type === DATA_ROW) onRow?.(body)
        else this.handle(type, body)
        at += size
      }
      this.keep(bytes, at)
    }
  }
}

/** The length of the frame at `at`, as far as it is known. */
export function frameLength(bytes: Buffer, at: number): number {
  return at + 5 <= bytes.length ? bytes.readInt32BE(at + 1) + 1 : 5
}

function readDescription(body: Buffer): readonly DescribedColumn[] {
  const columns: DescribedColumn[] = []
  const count = body.readUInt16BE(0)
  let at = 2
  for (let i = 0; i < count; i++) {
    const end = body.indexOf(0, at)
    columns.push({ name: body.toString('utf8', at, end), oid: body.readUInt32BE(end + 7) })
    at = end + 19
  }
  return columns
}

/** Runs a simple query whose rows do not matter (SET). */
export async function runSilently(
  source: SourceDefinition,
  connection: WireConnection,
  message: Buffer,
): Promise<void> {
  connection.send(message)
  const run = new StatementRun(source, connection)
  await run.drain()
  if (run.error !== undefined) throw run.error
}

/** Runs a simple query of one row and returns its values as texts. */
export async function queryRow(
  source: SourceDefinition,
  connection: WireConnection,
  sql: string,
): Promise<readonly (string | null)[]> {
  connection.send(queryMessage(sql))
  const run = new StatementRun(source, connection)
  let row: readonly (string | null)[] = []
  await run.drain((body) => (row = readTexts(body)))
  if (run.error !== undefined) throw run.error
  return row
}

function readTexts(body: Buffer): (string | null)[] {
  const values: (string | null)[] = []
  let at = 2
  for (let i = body.readUInt16BE(0); i > 0; i--) {
    const length = body.readInt32BE(at)
    at += 4
    values.push(length < 0 ? null : body.toString('utf8', at, at + length))
    at += Math.max(length, 0)
  }
  return values
}

/** Says that the server's columns are not those the catalog knows: there are others, or they have other types. */
export function columnMismatch(
  source: SourceDefinition,
  code: 'HV004' | 'HV005',
  what: string,
): EngineError {
  return new EngineError(
    code,
    `Source "${source.name}" has other columns than its catalog says: ${what}`,
    {
      source: source.name,
      category: 'source',
      hint: `run tributary discover ${source.name}, or mend the source file`,
    },
  )
}
