/** LIKE patterns: PostgreSQL takes any character behind a backslash, others only those that need one. */

/** Spells a pattern with escapes only where they are needed; undefined when it ends in the middle of one. */
export function plainPattern(pattern: string): string | undefined {
  let plain = ''
  for (let i = 0; i < pattern.length; i++) {
    const char = pattern[i]!
    if (char !== '\\') {
      plain += char
      continue
    }
    const next = pattern[++i]
    if (next === undefined) return undefined
    plain += '\\%_'.includes(next) ? `\\${next}` : next
  }
  return plain
}
