/**
 * A temporary file of one operator: batches are appended, and read back from where they were put. The file's name is
 * removed as soon as it is open, so that nothing is left behind however the statement or the process ends.
 */
import { randomUUID } from 'node:crypto'
import { open, unlink } from 'node:fs/promises'
import type { FileHandle } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { EngineError, SQLSTATE } from '../../errors.js'
import type { Batch } from '../batch.js'
import type { NodeStatistics } from '../execution.js'
import { decodeBatch, encodeBatch } from './batch-codec.js'

/** Where a batch lies in its file. */
export interface SpilledBatch {
  readonly offset: number
  readonly bytes: number
  readonly rows: number
}

/** The spilled rows of one operator. The file is made with the first batch. */
export class SpillFile {
  readonly #record: NodeStatistics
  #opening: Promise<FileHandle> | undefined
  /** Set where an open file cannot be unlinked (Windows). */
  #path: string | undefined
  #end = 0

  /** Bytes written are reported in the node's record. */
  constructor(record: NodeStatistics) {
    this.#record = record
  }

  /** Writes a batch at the end. */
  async append(batch: Batch): Promise<SpilledBatch> {
    const bytes = encodeBatch(batch)
    const offset = this.#end
    this.#end += bytes.length
    this.#record.spilled += bytes.length
    try {
      const file = await (this.#opening ??= this.#open())
      for (let done = 0; done < bytes.length;) {
        const { bytesWritten } = await file.write(bytes, done, bytes.length - done, offset + done)
        done += bytesWritten
      }
    } catch (error) {
      throw failed('write', error)
    }
    return { offset, bytes: bytes.length, rows: batch.length }
  }

  /** Reads a batch back. */
  async read({ offset, bytes }: SpilledBatch): Promise<Batch> {
    // A buffer of its own: its columns live on in it.
    const buffer = Buffer.allocUnsafeSlow(bytes)
    try {
      const file = await this.#opening!
      for (let done = 0; done < bytes;) {
        const { bytesRead } = await file.read(buffer, done, bytes - done, offset + done)
        if (bytesRead === 0) throw new Error('The file ends too early')
        done += bytesRead
      }
    } catch (error) {
      throw failed('read', error)
    }
    return decodeBatch(buffer)
  }

  /** Frees the disk space. Safe to call twice. */
  async close(): Promise<void> {
    const opening = this.#opening
    this.#opening = undefined
    const file = await opening?.catch(() => undefined)
    await file?.close()
    if (this.#path !== undefined) await unlink(this.#path).catch(() => undefined)
  }

  async #open(): Promise<FileHandle> {
    const path = join(tmpdir(), `tributary-spill-${process.pid}-${randomUUID()}`)
    const file = await open(path, 'wx+', 0o600)
    await unlink(path).catch(() => (this.#path = path))
    return file
  }
}

function failed(action: string, cause: unknown): EngineError {
  const isFull = (cause as NodeJS.ErrnoException).code === 'ENOSPC'
  return new EngineError(
    isFull ? SQLSTATE.diskFull : '58030',
    `Could not ${action} a temporary file of the statement in ${tmpdir()}`,
    {
      cause,
      hint: isFull
        ? 'Make room there, set TMPDIR to a larger disk, or raise tributary.memory_limit'
        : 'Check the directory, or set TMPDIR to another one',
    },
  )
}
