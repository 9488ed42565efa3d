/** A data directory as one run of bytes, and how it gets out of PGlite's file system and into it. */
import { MemoryFS, PGlite } from '@electric-sql/pglite'

/** Where PGlite expects the data directory inside its file system. */
const DATA_PATH = PGlite.paths.PGDATA

/** A file or directory of the image; directories have no `size`. Offsets follow from the order. */
interface Entry {
  readonly path: string
  readonly size?: number
}

export interface Image {
  readonly entries: readonly Entry[]
  readonly bytes: Uint8Array
}

/** The part of Emscripten's file system that is used here. */
interface WasmFileSystem {
  readdir(path: string): string[]
  stat(path: string): { readonly mode: number }
  isDir(mode: number): boolean
  readFile(path: string): Uint8Array
  writeFile(path: string, data: Uint8Array, options?: { readonly canOwn?: boolean }): void
  mkdirTree(path: string): void
}

/** Writes an image down: the length of its header and of its bytes, the header, the bytes. */
export function encodeImage({ entries, bytes }: Image): Buffer {
  const header = Buffer.from(JSON.stringify(entries))
  const sizes = Buffer.alloc(8)
  sizes.writeUInt32LE(header.length, 0)
  sizes.writeUInt32LE(bytes.length, 4)
  return Buffer.concat([sizes, header, bytes])
}

/** Reads what `encodeImage` wrote; undefined where it is damaged. */
export function decodeImage(content: Buffer): Image | undefined {
  try {
    const headerLength = content.readUInt32LE(0)
    const header: unknown = JSON.parse(content.toString('utf8', 8, 8 + headerLength))
    const bytes = content.subarray(8 + headerLength)
    const entries = header as readonly Entry[]
    const total = entries.reduce((sum, entry) => sum + (entry.size ?? 0), 0)
    return total === bytes.length && content.readUInt32LE(4) === total
      ? { entries, bytes }
      : undefined
  } catch {
    return undefined
  }
}

/** Takes a copy of the data directory at the moment the server has shut down cleanly. */
export class CapturingFileSystem extends MemoryFS {
  image: Image | undefined

  override async closeFs(): Promise<void> {
    this.image = packDirectory(fileSystemOf(this.pg))
    await super.closeFs()
  }
}

/** Puts the image in place before the server looks for its data directory. Files share the image's memory. */
export class LoadedFileSystem extends MemoryFS {
  readonly #image: Image

  constructor(image: Image) {
    super()
    this.#image = image
  }

  override async initialSyncFs(): Promise<void> {
    await super.initialSyncFs()
    const fileSystem = fileSystemOf(this.pg)
    fileSystem.mkdirTree(DATA_PATH)
    let offset = 0
    for (const { path, size } of this.#image.entries) {
      if (size === undefined) {
        fileSystem.mkdirTree(DATA_PATH + path)
        continue
      }
      const data = this.#image.bytes.subarray(offset, offset + size)
      fileSystem.writeFile(DATA_PATH + path, data, { canOwn: true })
      offset += size
    }
  }
}

function fileSystemOf(postgres: PGlite | undefined): WasmFileSystem {
  if (postgres === undefined) throw new Error('The local PostgreSQL has no file system yet')
  return postgres.Module.FS as unknown as WasmFileSystem
}

function packDirectory(fileSystem: WasmFileSystem): Image {
  const entries: Entry[] = []
  const contents: Uint8Array[] = []
  const walk = (directory: string): void => {
    for (const name of fileSystem.readdir(DATA_PATH + directory)) {
      if (name === '.' || name === '..' || name === 'postmaster.pid') continue
      const path = `${directory}/${name}`
      if (fileSystem.isDir(fileSystem.stat(DATA_PATH + path).mode)) {
        entries.push({ path })
        walk(path)
        continue
      }
      const data = fileSystem.readFile(DATA_PATH + path)
      entries.push({ path, size: data.length })
      contents.push(data)
    }
  }
  walk('')
  return { entries, bytes: Buffer.concat(contents) }
}
