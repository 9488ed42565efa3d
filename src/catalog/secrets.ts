/** Secret references in catalog files: `${env:NAME}`, `${env:NAME:-default}`, `${file:/path}`. */
import { readFileSync } from 'node:fs'

const REFERENCE = /\$\{(env|file):([^}]*)\}/g

/** Tells whether a string holds a secret reference. */
export function hasSecretReference(text: string): boolean {
  return /\$\{(env|file):[^}]*\}/.test(text)
}

/**
 * Replaces the references in a string. What cannot be resolved is told to `missing` by the name of the variable or file
 * (never a value) and becomes the empty string.
 */
export function resolveSecrets(
  text: string,
  environment: Readonly<Record<string, string | undefined>>,
  missing: (what: string) => void,
): string {
  return text.replaceAll(REFERENCE, (_, kind: string, body: string) => {
    if (kind === 'file') {
      try {
        return readFileSync(body, 'utf8').trimEnd()
      } catch {
        missing(`file ${body} cannot be read`)
        return ''
      }
    }
    const separator = body.indexOf(':-')
    const name = separator < 0 ? body : body.slice(0, separator)
    const value = environment[name]
    if (value !== undefined && (value !== '' || separator < 0)) return value
    if (separator >= 0) return body.slice(separator + 2)
    missing(`environment variable ${name} is not set`)
    return ''
  })
}

/** Applies {@link resolveSecrets} to every string inside a value; `missing` also gets the path. */
export function resolveSecretsWithin(
  value: unknown,
  environment: Readonly<Record<string, string | undefined>>,
  missing: (path: (string | number)[], what: string) => void,
  path: (string | number)[] = [],
): unknown {
  if (typeof value === 'string') {
    return resolveSecrets(value, environment, (what) => missing(path, what))
  }
  if (Array.isArray(value)) {
    return value.map((item, i) => resolveSecretsWithin(item, environment, missing, [...path, i]))
  }
  if (value !== null && typeof value === 'object') {
    return Object.fromEntries(
      Object.entries(value).map(([key, item]) => [
        key,
        resolveSecretsWithin(item, environment, missing, [...path, key]),
      ]),
    )
  }
  return value
}
