/**
 * The data directory every local PostgreSQL starts from. Running initdb takes seconds and hundreds of megabytes, so
 * it happens once per machine, in a process of its own; the result, slimmed, is kept in one file in a cache directory under a
 * key of PGlite's version and of the layout below. One database, UTF8, byte order, Unicode-aware upper and lower.
 */
import type { MemoryFS } from '@electric-sql/pglite'
import { execFile } from 'node:child_process'
import { randomUUID } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { mkdir, readFile, rename, rm, writeFile } from 'node:fs/promises'
import { createRequire } from 'node:module'
import { homedir, tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { EngineError, SQLSTATE } from '../../errors.js'
import { decodeImage, LoadedFileSystem, type Image } from './data-directory-image.js'

/** Raise it when the configuration or the file's format changes: older cached files are then not used. */
const LAYOUT_VERSION = 3

/** Far more than an image takes. */
const MOST_IMAGE_BYTES = 256 << 20

/** Gives the file system a new instance starts from, holding the prepared data directory. */
export async function preparedFileSystem(name: string): Promise<MemoryFS> {
  const file = join(cacheDirectory(), `${name}-${pgliteVersion()}-${LAYOUT_VERSION}.image`)
  const image = (await readImage(file)) ?? (await makeImage(file))
  return new LoadedFileSystem(image)
}

/** Finds where prepared files are cached: `TRIBUTARY_CACHE_DIR`, or the user's cache directory. */
export function cacheDirectory(): string {
  const chosen = process.env['TRIBUTARY_CACHE_DIR']
  if (chosen !== undefined && chosen !== '') return chosen
  const base = process.env['XDG_CACHE_HOME'] ?? (homedir() ? join(homedir(), '.cache') : tmpdir())
  return join(base, 'tributary')
}

function pgliteVersion(): string {
  const entry = createRequire(import.meta.url).resolve('@electric-sql/pglite')
  const manifest: unknown = JSON.parse(
    readFileSync(join(dirname(dirname(entry)), 'package.json'), 'utf8'),
  )
  return (manifest as { readonly version: string }).version
}

/** Reads a cached image. Absent or damaged: undefined, and it is made anew. */
async function readImage(file: string): Promise<Image | undefined> {
  try {
    return decodeImage(await readFile(file))
  } catch {
    return undefined
  }
}

/** Has the image made and stores it; a rename makes parallel first starts safe. */
async function makeImage(file: string): Promise<Image> {
  const content = await runMaker()
  const image = decodeImage(content)
  if (image === undefined) throw new EngineError(SQLSTATE.internalError, 'The data directory of the local PostgreSQL came out damaged') // prettier-ignore
  const scratch = `${file}.${randomUUID()}`
  try {
    await mkdir(dirname(file), { recursive: true })
    await writeFile(scratch, content)
    await rename(scratch, file)
  } catch {
    // A read-only or full cache costs the next start its time, nothing else.
    await rm(scratch, { force: true }).catch(() => undefined)
  }
  return image
}

/** Runs `make-data-directory.ts` and gives what it wrote. */
function runMaker(): Promise<Buffer> {
  const fromSource = import.meta.url.endsWith('.ts')
  const program = new URL(`./make-data-directory.${fromSource ? 'ts' : 'js'}`, import.meta.url)
  const args = [...(fromSource ? ['--import', 'tsx'] : []), fileURLToPath(program)]
  return new Promise((resolve, reject) => {
    const options = { encoding: 'buffer', maxBuffer: MOST_IMAGE_BYTES } as const
    execFile(process.execPath, args, options, (error, stdout, stderr) => {
      if (error === null) return resolve(stdout)
      const detail = stderr.toString('utf8').trim().slice(-2000)
      reject(
        new EngineError(
          SQLSTATE.internalError,
          'Could not make the data directory of the local PostgreSQL',
          { cause: error, ...(detail === '' ? {} : { detail }) },
        ),
      )
    })
  })
}
