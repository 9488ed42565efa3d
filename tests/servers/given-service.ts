/**
 * Real services for the conformance suite: `TRIBUTARY_TEST_POSTGRES_URL` and its like name one. The suite then connects there, works in
 * a database of its own, drops it at the end, and starts no server of that kind.
 */
import { randomBytes } from 'node:crypto'

export type ServiceKind = 'postgres' | 'mysql' | 'mongodb' | 'bigquery' | 'snowflake'

/** The variable that names a service of this kind. */
export function serviceVariable(kind: string): string {
  return `TRIBUTARY_TEST_${kind.toUpperCase()}_URL`
}

/** The service that the environment names; undefined: start one. */
export function givenService(kind: ServiceKind): URL | undefined {
  const variable = serviceVariable(kind)
  const text = process.env[variable]
  if (text === undefined || text === '') return undefined
  // The text is not repeated: it holds a password.
  if (!URL.canParse(text)) throw new Error(`${variable} is not a URL`)
  return new URL(text)
}

/** A name that no database of a service in use has. */
export function ownDatabaseName(): string {
  return `tributary_conformance_${randomBytes(4).toString('hex')}`
}

/** User, password, host and port of a URL. */
export function addressOf(
  url: URL,
  port: number,
): { host: string; port: number; user: string; password: string } {
  return {
    host: url.hostname,
    port: url.port === '' ? port : Number(url.port),
    user: decodeURIComponent(url.username),
    password: decodeURIComponent(url.password),
  }
}
