/** JSON files in the catalog's hidden folder `.statistics`: what a server has learned, for the next start. */
import { mkdirSync, readFileSync, renameSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'

/** Undefined: it is not there, or not whole, and what it held is found out anew. */
export function readKept(directory: string, name: string): Record<string, unknown> | undefined {
  try {
    const read: unknown = JSON.parse(readFileSync(pathOf(directory, name), 'utf8'))
    return typeof read === 'object' && read !== null ? (read as Record<string, unknown>) : undefined
  } catch {
    return undefined
  }
}

/** Writes it as a whole. Throws what the file system says. */
export function writeKept(directory: string, name: string, content: object): void {
  const path = pathOf(directory, name)
  mkdirSync(join(path, '..'), { recursive: true })
  writeFileSync(`${path}.new`, JSON.stringify(content))
  renameSync(`${path}.new`, path)
}

function pathOf(directory: string, name: string): string {
  return join(directory, '.statistics', `${name}.json`)
}

/** What changes often is written at most so often, ms. */
const WRITE_INTERVAL = 30_000

export interface LateWriterOptions {
  readonly directory: string
  readonly name: string
  /** What to write, when it is written. */
  readonly content: () => object
  /** Told why it cannot be written. */
  readonly failed: (error: unknown) => void
}

/** Writes a file some time after its content has changed. */
export class LateWriter {
  readonly #options: LateWriterOptions
  #timer: NodeJS.Timeout | undefined

  constructor(options: LateWriterOptions) {
    this.#options = options
  }

  changed(): void {
    this.#timer ??= setTimeout(() => this.#write(), WRITE_INTERVAL).unref()
  }

  /** Writes what is not written yet. */
  close(): void {
    if (this.#timer !== undefined) this.#write()
  }

  #write(): void {
    clearTimeout(this.#timer)
    this.#timer = undefined
    const { directory, name, content, failed } = this.#options
    try {
      writeKept(directory, name, content())
    } catch (error) {
      failed(error)
    }
  }
}
