/** `tributary discover SOURCE`: reads a live source and shows, or writes, its lock file. */
import { writeFileSync } from 'node:fs'
import { didYouMean } from '../catalog/did-you-mean.js'
import { driftBetween, printLock, type SourceLock } from '../catalog/lock-file.js'
import { renderProblems, hasErrors } from '../catalog/problem.js'
import { loadCatalog } from '../catalog/load-catalog.js'
import { lockFileOf, readLiveLock, readLockFile } from './live-lock.js'
import { catalogDirectory } from './open-catalog.js'
import { onlyPositional, readArguments, UsageError } from './usage.js'

/** With --write, writes `sources/<name>.lock.yaml`; a lock that still fits is left as it is, byte for byte. */
export async function discover(argv: string[]): Promise<number> {
  const args = readArguments(argv, ['catalog'], ['write'])
  const name = onlyPositional(args, 'the source')
  const directory = catalogDirectory(args.text('catalog'))
  const { catalog, problems, texts } = loadCatalog(directory)
  const source = catalog.sources.find((s) => s.name === name)
  if (source === undefined) {
    const hint = didYouMean(name, catalog.sources.map((s) => s.name)) // prettier-ignore
    if (hasErrors(problems)) console.error(renderProblems(problems, texts))
    throw new UsageError(`No source is named "${name}"${hint === undefined ? '' : `: ${hint}`}`)
  }
  // Missing columns are what discovery is for; anything else wrong with the source's files must be mended first.
  const blocking = problems.filter((p) => p.severity === 'error' && !/^E30/.test(p.code))
  if (blocking.length > 0) {
    console.error(renderProblems(blocking, texts))
    return 1
  }
  const fresh = await readLiveLock(source, AbortSignal.timeout(300_000))
  const file = lockFileOf(directory, name)
  const old = readLockFile(file)
  const { discovered_at: at } = old ?? {}
  const isSame = old !== undefined && at !== undefined && sameLock(old, fresh)
  const lock = isSame ? { ...fresh, discovered_at: at } : fresh
  if (!args.flag('write')) {
    console.log(printLock(lock))
    return 0
  }
  for (const { message } of old === undefined ? [] : driftBetween(old, fresh)) {
    console.log(`drift: ${message}`)
  }
  writeFileSync(file, printLock(lock))
  const count = Object.keys(fresh.tables).length
  console.log(`${file}: ${count} tables${isSame ? ', unchanged' : ''}`)
  return 0
}

function sameLock(a: SourceLock, b: SourceLock): boolean {
  const text = (lock: SourceLock): string => printLock({ ...lock, discovered_at: '' })
  return text(a) === text(b)
}
