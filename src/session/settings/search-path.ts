/** Reads search_path: identifiers, quoted or not, separated by commas. */

/** The schemas in order; `$user` becomes the role. */
export function parseSearchPath(text: string, role: string): readonly string[] {
  const schemas: string[] = []
  const item = /\s*(?:"((?:[^"]|"")*)"|([^,]*?))\s*(?:,|$)/gy
  while (item.lastIndex < text.length) {
    const match = item.exec(text)
    if (match === null) break
    const name = match[1]?.replaceAll('""', '"') ?? match[2]?.toLowerCase() ?? ''
    if (name !== '') schemas.push(name === '$user' ? role : name)
  }
  return schemas
}
