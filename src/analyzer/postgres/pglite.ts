/**
 * A PostgreSQL in this process (PGlite: PostgreSQL compiled to WASM), driven synchronously over its own wire
 * protocol. Everything blocks the calling thread: production runs it in worker threads.
 */
import { PGlite } from '@electric-sql/pglite'
import { EngineError, SQLSTATE } from '../../errors.js'
import { errorOfMessage, splitMessages, textRow } from './backend-messages.js'
import type { BackendMessage } from './backend-messages.js'
import { preparedFileSystem } from './prepared-directory.js'
import { optimiseWasmLate } from './wasm-tiering.js'

export interface PostgresInstance {
  /** Runs statements (several are one transaction unless they say otherwise) and drops their rows. */
  exec(sql: string): void
  /** Runs statements and gives all their rows as text. */
  query(sql: string): (string | null)[][]
  /**
   * Sends frontend messages and gives everything the backend answers. Errors are messages in the answer, not
   * thrown. An answer without ReadyForQuery, or a crash, throws XX000 and leaves the instance `broken`.
   */
  rawProtocol(bytes: Uint8Array): Uint8Array
  /** Set once the instance has crashed: close it and start another. */
  readonly broken: boolean
  close(): Promise<void>
}

const SYNC = Uint8Array.of(0x53, 0, 0, 0, 4)
const QUERY = 0x51
const READY_FOR_QUERY = 0x5a

/** Starts an instance on a copy in memory of the prepared data directory. The user is the superuser `postgres`. */
export async function startPostgres(
  options: { readonly dataDirectoryName?: string } = {},
): Promise<PostgresInstance> {
  optimiseWasmLate()
  const pglite = await PGlite.create({
    fs: await preparedFileSystem(options.dataDirectoryName ?? 'postgres'),
  })
  return new InProcessPostgres(pglite)
}

class InProcessPostgres implements PostgresInstance {
  readonly #pglite: PGlite
  broken = false

  constructor(pglite: PGlite) {
    this.#pglite = pglite
  }

  exec(sql: string): void {
    this.#run(sql)
  }

  query(sql: string): (string | null)[][] {
    return this.#run(sql)
      .filter((message) => message.type === 'D')
      .map((message) => textRow(message.body))
  }

  rawProtocol(bytes: Uint8Array): Uint8Array {
    if (this.broken) throw crash('it crashed before')
    const chunks: Uint8Array[] = []
    let failure: unknown
    // The streaming call is used because the plain one keeps every message it ever parsed. Its work is done
    // before it returns its promise; only a crash arrives later, and by then the missing ReadyForQuery tells.
    this.#pglite
      .execProtocolRawStream(bytes, {
        syncToFs: false,
        onRawData: (data) => void chunks.push(data.slice()),
      })
      .catch((error: unknown) => {
        failure = error
      })
    const answer = chunks.length === 1 ? (chunks[0] as Uint8Array) : Buffer.concat(chunks)
    if (!endsReady(answer)) {
      this.broken = true
      throw crash(failure === undefined ? 'it did not answer' : String(failure))
    }
    return answer
  }

  async close(): Promise<void> {
    if (this.#pglite.closed || this.broken) return
    await this.#pglite.close().catch(() => undefined)
  }

  #run(sql: string): BackendMessage[] {
    const text = Buffer.from(sql)
    if (text.includes(0)) {
      throw new EngineError(
        SQLSTATE.characterNotInRepertoire,
        'invalid byte sequence for encoding "UTF8": 0x00',
      )
    }
    const message = Buffer.alloc(text.length + 6)
    message[0] = QUERY
    message.writeInt32BE(text.length + 5, 1)
    text.copy(message, 5)
    const messages = splitMessages(this.rawProtocol(message))
    const error = messages.find((candidate) => candidate.type === 'E')
    if (error !== undefined) throw errorOfMessage(error.body)
    return messages
  }
}

/** Tells whether an answer ends with ReadyForQuery (six bytes). */
function endsReady(answer: Uint8Array): boolean {
  return answer.length >= 6 && answer[answer.length - 6] === READY_FOR_QUERY
}

function crash(reason: string): EngineError {
  return new EngineError(SQLSTATE.internalError, `The local PostgreSQL stopped: ${reason}`, {
    category: 'internal',
  })
}

/** Ends an extended-protocol exchange; the backend answers ReadyForQuery to it. */
export const SYNC_MESSAGE: Uint8Array = SYNC
