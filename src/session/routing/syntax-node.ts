/** Reading libpg-query's parse trees: JSON objects of one key, the node's type. Nothing here trusts their shape. */

export type SyntaxNode = Readonly<Record<string, unknown>>

/** The node as an object; {} for anything else. */
export function asNode(value: unknown): SyntaxNode {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
    ? (value as SyntaxNode)
    : {}
}

/** The list as an array; [] when absent. */
export function asList(value: unknown): readonly SyntaxNode[] {
  return Array.isArray(value) ? value.map(asNode) : []
}

/** The text, or undefined. */
export function asText(value: unknown): string | undefined {
  return typeof value === 'string' ? value : undefined
}

/** The number; 0 when absent, as protobuf's JSON leaves zeros out. */
export function asNumber(value: unknown): number {
  return typeof value === 'number' ? value : 0
}

/** The type and the content of a wrapped node. */
export function unwrap(value: unknown): { readonly type: string; readonly content: SyntaxNode } {
  const entry = Object.entries(asNode(value))[0]
  return entry === undefined
    ? { type: '', content: {} }
    : { type: entry[0], content: asNode(entry[1]) }
}

/** A literal's value: text, number as text, boolean as `t`/`f`, NULL as null. undefined: no literal. */
export function literalOf(value: unknown): string | null | undefined {
  const { type, content } = unwrap(value)
  switch (type) {
    case 'A_Const':
      if (content['isnull'] === true) return null
      if ('sval' in content) return asText(asNode(content['sval'])['sval']) ?? ''
      if ('ival' in content) return String(asNumber(asNode(content['ival'])['ival']))
      if ('fval' in content) return asText(asNode(content['fval'])['fval']) ?? '0'
      if ('boolval' in content) return asNode(content['boolval'])['boolval'] === true ? 't' : 'f'
      return undefined
    case 'String':
      return asText(content['sval']) ?? ''
    case 'Integer':
      return String(asNumber(content['ival']))
    case 'Float':
      return asText(content['fval']) ?? '0'
    case 'Boolean':
      return content['boolval'] === true ? 't' : 'f'
    default:
      return undefined
  }
}

/** Dotted names (`pg_catalog.int4`) as their parts. */
export function nameParts(value: unknown): readonly string[] {
  return asList(value).map((part) => literalOf(part) ?? '')
}

/** Tells whether a condition holds for a node anywhere in the tree. */
export function someNode(
  value: unknown,
  test: (type: string, content: SyntaxNode) => boolean,
): boolean {
  if (Array.isArray(value)) return value.some((item) => someNode(item, test))
  if (typeof value !== 'object' || value === null) return false
  for (const key in value) {
    const content = (value as SyntaxNode)[key]
    if (typeof content !== 'object' || content === null) continue
    if (test(key, content as SyntaxNode) || someNode(content, test)) return true
  }
  return false
}
