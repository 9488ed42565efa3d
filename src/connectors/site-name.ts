/** Names what runs a source's statements, so that sources with the same answer to everything named are one site. */
import { createHash } from 'node:crypto'
import type { SourceDefinition } from '../catalog/catalog.js'

/** `what`: all in the connection that results, rights or errors depend on. The limits a statement runs under belong to it everywhere. */
export function siteName(
  source: SourceDefinition,
  what: Readonly<Record<string, string | number | undefined>>,
): string {
  const entries = Object.entries({ ...what, ...source.limits })
  const named = entries.filter(([, value]) => value !== undefined)
  return `${source.connector}:${named.map(([key, value]) => `${key}=${value}`).join(' ')}`
}

/** Stands for a secret that tells one identity from another. */
export function fingerprintOf(secret: string | undefined): string | undefined {
  if (secret === undefined) return undefined
  return createHash('sha256').update(secret).digest('hex').slice(0, 16)
}
