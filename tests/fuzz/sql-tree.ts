/**
 * SQL as a tree that knows which of its parts can be left out, so that a failing statement can be made smaller without
 * parsing it again.
 */

import type { Cut } from '../world/compare.js'

/** A part of a statement. */
export type SqlPart = string | SqlNode | SqlParameter

/** A constant that is sent beside the statement. */
export interface SqlParameter {
  readonly kind: 'parameter'
  readonly value: string | null
  readonly type: string
}

export interface SqlNode {
  readonly kind: 'sequence' | 'expression' | 'optional' | 'guard' | 'list'
  readonly parts: readonly SqlPart[]
  /** Of expressions: the type, for one can stand for another of its type. */
  readonly type?: string
  /** Of lists: what stands between items. */
  readonly separator?: string
  /** Of guards: a LIMIT of rows in no order. */
  readonly cut?: Cut
}

export interface RenderedSql {
  readonly text: string
  readonly values: readonly (string | null)[]
}

/** Makes a sequence of parts: sql`SELECT ${list}`. */
export function sql(texts: TemplateStringsArray, ...parts: readonly SqlPart[]): SqlNode {
  return { kind: 'sequence', parts: interleave(texts, parts) }
}

/** Makes an expression of a type. */
export function typed(
  type: string,
): (texts: TemplateStringsArray, ...parts: readonly SqlPart[]) => SqlNode {
  return (texts, ...parts) => ({ kind: 'expression', type, parts: interleave(texts, parts) })
}

/** Makes a part that a statement can do without. */
export function optional(part: SqlPart): SqlNode {
  return { kind: 'optional', parts: [part] }
}

/**
 * Makes a part that keeps rows from being seen, and that a statement can do without: a WHERE, a HAVING, a FILTER (text,
 * condition, text after it), or a LIMIT (no condition).
 */
export function guard(before: string, condition?: SqlPart, after = ''): SqlNode {
  return { kind: 'guard', parts: condition === undefined ? [before] : [before, condition, after] }
}

/** Makes a LIMIT of rows in no order: which of them come is open. */
export function cutting(cut: Cut, ...parts: readonly SqlPart[]): SqlNode {
  return { kind: 'guard', parts, cut }
}

/** The LIMIT of rows in no order that a statement has; undefined: all rows come, or an order says which. */
export function cutOf(node: SqlNode): Cut | undefined {
  if (node.cut !== undefined && node.parts.length > 0) return node.cut
  for (const part of node.parts) {
    const cut = typeof part === 'string' || part.kind === 'parameter' ? undefined : cutOf(part)
    if (cut !== undefined) return cut
  }
  return undefined
}

/** The statement without such a LIMIT. */
export function withoutCut(node: SqlNode): SqlNode {
  if (node.cut !== undefined) return { ...node, parts: [] }
  const parts = node.parts.map((part) =>
    typeof part === 'string' || part.kind === 'parameter' ? part : withoutCut(part),
  )
  return { ...node, parts }
}

/** The statement with guards that let everything through, but evaluate what they evaluated. */
export function unguarded(node: SqlNode): SqlNode {
  const parts = node.parts.map((part) =>
    typeof part === 'string' || part.kind === 'parameter' ? part : unguarded(part),
  )
  if (node.kind !== 'guard') return { ...node, parts }
  if (node.cut !== undefined) return { ...node, parts: [] }
  const [before, condition, after] = parts
  if (before === undefined || condition === undefined || after === undefined) {
    return { ...node, parts: [] }
  }
  const conjuncts =
    typeof condition !== 'string' && condition.kind === 'list' && condition.separator === ' AND '
      ? condition.parts
      : [condition]
  const open = conjuncts.map((one) => sql`((${one}) IS NULL OR (${one}) IS NOT NULL)`)
  return { ...node, parts: [before, list(open, ' AND '), after] }
}

/** Makes a list of which all items but one can be left out. */
export function list(items: readonly SqlPart[], separator = ', '): SqlNode {
  return { kind: 'list', parts: items, separator }
}

/** Makes a comma-separated list of which nothing may be left out. */
export function together(items: readonly SqlPart[]): SqlNode {
  return { kind: 'sequence', parts: items, separator: ', ' }
}

function interleave(texts: TemplateStringsArray, parts: readonly SqlPart[]): SqlPart[] {
  return texts.flatMap((text, i) => {
    const part = parts[i]
    return part === undefined ? [text] : [text, part]
  })
}

/** Writes a tree as SQL text and numbers its parameters. */
export function render(part: SqlPart): RenderedSql {
  const values: (string | null)[] = []
  const write = (node: SqlPart): string => {
    if (typeof node === 'string') return node
    if (node.kind === 'parameter') {
      values.push(node.value)
      return `$${values.length}::${node.type}`
    }
    return node.parts.map(write).join(node.separator ?? '')
  }
  const text = write(part)
  return { text, values }
}

/** Gives every tree that is one step smaller, the boldest steps first. */
export function* smaller(root: SqlNode): Generator<SqlNode> {
  const places: { node: SqlNode; rebuild: (part: SqlPart) => SqlNode }[] = []
  const visit = (node: SqlNode, rebuild: (part: SqlPart) => SqlNode): void => {
    places.push({ node, rebuild })
    node.parts.forEach((part, i) => {
      if (typeof part === 'string' || part.kind === 'parameter') return
      visit(part, (changed) =>
        rebuild({ ...node, parts: node.parts.map((old, j) => (j === i ? changed : old)) }),
      )
    })
  }
  visit(root, (part) => part as SqlNode)
  for (const { node, rebuild } of places) {
    if ((node.kind === 'optional' || node.kind === 'guard') && node.parts.length > 0)
      yield rebuild({ ...node, parts: [] })
    if (node.kind === 'list' && node.parts.length > 1) {
      for (let i = node.parts.length - 1; i >= 0; i--) {
        yield rebuild({ ...node, parts: node.parts.filter((_, j) => j !== i) })
      }
    }
  }
  for (const { node, rebuild } of places) {
    if (node.kind !== 'expression') continue
    for (const inner of expressionsBelow(node)) {
      if (inner.type === node.type) yield rebuild(inner)
    }
    if (node.parts.some((part) => typeof part !== 'string')) {
      if (node.type === 'bool') yield rebuild({ ...node, parts: ['true'] })
      yield rebuild({ ...node, parts: [`NULL::${node.type}`] })
    }
  }
}

function* expressionsBelow(node: SqlNode): Generator<SqlNode> {
  for (const part of node.parts) {
    if (typeof part === 'string' || part.kind === 'parameter') continue
    if (part.kind === 'expression') yield part
    yield* expressionsBelow(part)
  }
}
