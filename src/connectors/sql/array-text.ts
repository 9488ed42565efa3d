/** PostgreSQL's text form of arrays, taken apart for sources that need the elements. */

/** Reads PostgreSQL's text form of a one-dimensional array. */
export function parseArray(text: string): (string | null)[] {
  const elements: (string | null)[] = []
  let at = 1
  while (at < text.length && text[at] !== '}') {
    if (text[at] === '"') {
      let element = ''
      for (at++; text[at] !== '"'; at++) {
        if (text[at] === '\\') at++
        element += text[at] ?? ''
        if (at >= text.length) break
      }
      at++
      elements.push(element)
    } else {
      const start = at
      while (at < text.length && text[at] !== ',' && text[at] !== '}') at++
      const element = text.slice(start, at)
      elements.push(element.toUpperCase() === 'NULL' ? null : element)
    }
    if (text[at] === ',') at++
  }
  return elements
}
