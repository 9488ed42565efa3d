/** Glob patterns over remote names: `core.*`, `*_archive`. */

/** Tells whether a name matches one of the patterns; `*` is any text, `?` any character. */
export function matchesAny(patterns: readonly string[], name: string): boolean {
  return patterns.some((pattern) => {
    const source = pattern
      .replace(/[.+^${}()|[\]\\]/g, '\\$&')
      .replaceAll('*', '.*')
      .replaceAll('?', '.')
    return new RegExp(`^${source}$`, 'u').test(name)
  })
}
