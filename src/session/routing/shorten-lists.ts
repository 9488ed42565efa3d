/**
 * Long lists of numbers weigh on the grammar, which makes a tree of them on the thread that serves all clients, and say nothing of what kind a
 * statement is. They are blanked for that question; every byte keeps its place, so that locations hold.
 */

/** Shorter lists are no burden. */
const LONG = 8192

const NEWLINE = 10
const COMMA = 44
const MINUS = 45

/** 1: may stand in a list of numbers. */
const IN_LIST = new Uint8Array(128)
for (const character of '0123456789.,- \t\r\n') IN_LIST[character.charCodeAt(0)] = 1

/**
 * Blanks long lists of numbers but for their first and last one; undefined where there is none. Only digits, points, commas, signs and
 * blanks go, so that no keyword, quote or comment can appear or vanish, wherever in the text the list stands: line ends stay, since a list may begin
 * inside a comment and go on after it.
 */
export function withoutLongLists(sql: string): string | undefined {
  const pieces: string[] = []
  let kept = 0
  for (let at = 0; at < sql.length; at++) {
    if (IN_LIST[sql.charCodeAt(at)] !== 1) continue
    const start = at
    let first = -1
    let last = -1
    let hasComment = false
    for (; IN_LIST[sql.charCodeAt(at)] === 1; at++) {
      const code = sql.charCodeAt(at)
      if (code === COMMA) {
        if (first < 0) first = at
        last = at
      } else if (code === MINUS && sql.charCodeAt(at + 1) === MINUS) hasComment = true
    }
    if (at - start < LONG || first < 0 || hasComment) continue
    pieces.push(sql.slice(kept, first), blanks(sql.slice(first, last)))
    kept = last
  }
  if (pieces.length === 0) return undefined
  pieces.push(sql.slice(kept))
  return pieces.join('')
}

function blanks(text: string): string {
  return text
    .split(String.fromCharCode(NEWLINE))
    .map((line) => ' '.repeat(line.length))
    .join('\n')
}
