/** Compares live sources with their locks: what `check --online` reports, and `serve` when it starts. */
import type { SourceDefinition } from '../catalog/catalog.js'
import { driftBetween } from '../catalog/lock-file.js'
import type { Problem } from '../catalog/problem.js'
import { EngineError } from '../errors.js'
import { lockFileOf, readLiveLock, readLockFile } from './live-lock.js'

export type DriftPolicy = 'ignore' | 'warn' | 'fail'

/** What a source's file says of drift; without a word it is a warning, which `serve` does not ask for. */
export function driftPolicyOf(source: SourceDefinition): DriftPolicy {
  const policy = source.discover['on_drift']
  return policy === 'ignore' || policy === 'fail' ? policy : 'warn'
}

/** Tells whether a source's file asks for warnings: then `serve` looks for drift when it is up. */
export function asksForWarnings(source: SourceDefinition): boolean {
  return source.discover['on_drift'] === 'warn'
}

/** Longest time that a source may take to describe itself, in ms. */
const PATIENCE = 20_000

/**
 * Asks a source for its schema and reports each departure from the lock at the lock file: W3010 under `warn` and for what is merely new,
 * E3010 under `fail`. A source that does not answer is one warning, W3011: the server runs from locks.
 */
export async function findDrift(directory: string, source: SourceDefinition): Promise<Problem[]> {
  const file = lockFileOf(directory, source.name)
  const place = { file, line: 1, column: 1 }
  const policy = driftPolicyOf(source)
  const lock = readLockFile(file)
  if (policy === 'ignore' || lock === undefined) return []
  try {
    const live = await readLiveLock(source, AbortSignal.timeout(PATIENCE), true)
    return driftBetween(lock, live).map(({ message, breaks }): Problem => {
      const isError = policy === 'fail' && breaks
      return {
        ...place,
        severity: isError ? 'error' : 'warning',
        code: isError ? 'E3010' : 'W3010',
        message: `Source "${source.name}" departs from its lock: ${message}`,
        hint: `run \`tributary discover ${source.name} --write\` and look through the diff`,
      }
    })
  } catch (error) {
    const message =
      error instanceof EngineError ? error.message : `it did not answer: ${String(error)}`
    return [{ ...place, severity: 'warning', code: 'W3011', message }]
  }
}
