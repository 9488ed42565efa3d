/** LIKE as a regular expression of PCRE. */
import type { JsonObject } from './json.js'

/** Translates a pattern whose escape character is the backslash; undefined: it ends with one. */
export function likeRegex(pattern: string): JsonObject | undefined {
  let regex = ''
  const characters = [...pattern]
  for (let at = 0; at < characters.length; at++) {
    const character = characters[at]!
    if (character === '%') regex += '.*'
    else if (character === '_') regex += '.'
    else if (character !== '\\') regex += quote(character)
    else {
      const next = characters[++at]
      if (next === undefined) return undefined
      regex += quote(next)
    }
  }
  // A prefix needs no end, so that an index serves it.
  const whole = `^${regex}\\z`
  const shortened = whole.endsWith('.*\\z') ? whole.slice(0, -4) : whole
  return { $regularExpression: { pattern: shortened, options: 's' } }
}

function quote(character: string): string {
  return /[\\^$.|?*+()[\]{}]/.test(character) ? `\\${character}` : character
}
