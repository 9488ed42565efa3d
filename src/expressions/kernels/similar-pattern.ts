/** The pattern of SIMILAR TO as a regular expression, as PostgreSQL writes it: `%` and `_` as in LIKE, the rest nearly POSIX. */
import { EngineError } from '../../errors.js'

const ANYTHING: Readonly<Record<string, string>> = { '%': '.*', _: '.', '(': '(?:' }

/** Parts of `a #"b#" c`, of which substring takes the middle one. */
const SEPARATORS = ['){1,1}?(', '){1,1}(?:']

/** Rewrites a pattern; `escape` is one character, or none. */
export function similarPattern(pattern: string, escape = '\\'): string {
  const escapes = Array.from(escape)
  if (escapes.length > 1) {
    throw new EngineError('22025', 'invalid escape string', {
      hint: 'Escape string must be empty or one character.',
    })
  }
  let regex = ''
  let isEscaped = false
  let separators = 0
  /** Brackets around this character, and its place within the innermost: 1 first, 2 after ^, 3 later. */
  let depth = 0
  let place = 0
  for (const character of Array.from(pattern)) {
    if (isEscaped) {
      if (character === '"' && depth === 0) {
        const separator = SEPARATORS[separators++]
        if (separator === undefined) {
          throw new EngineError(
            '2200C',
            'SQL regular expression may not contain more than two escape-double-quote separators',
          )
        }
        regex += separator
      } else {
        regex += `\\${character}`
        place = 3
      }
      isEscaped = false
    } else if (character === escapes[0]) isEscaped = true
    else if (depth > 0) {
      regex += character === '\\' ? '\\\\' : character
      if (character === ']' && place > 2) depth--
      else if (character === '[') {
        depth++
        place = 3
      } else if (character === '^') place++
      else place = 3
    } else {
      if (character === '[') {
        depth = 1
        place = 1
      }
      regex += ANYTHING[character] ?? (/[\\.^$]/.test(character) ? `\\${character}` : character)
    }
  }
  return `^(?:${regex})$`
}
