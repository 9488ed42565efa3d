/**
 * Row counts of fragments that ran to their end. The same fragment again is estimated by its count; one of the same shape with other
 * constants by the textbook, corrected by how far that was off for those before, damped: one observation counts for half, many for nearly
 * all. A count is worth nothing once one of its tables has grown or shrunk by more than a fifth.
 */
import { createHash } from 'node:crypto'
import type { FragmentSignature } from './fragment-signature.js'
import type { ScanNode } from '../logical-plan.js'

/** One fragment that ran: plain data, it crosses threads. */
export interface Observation {
  readonly shape: string
  /** With its constants; absent where they are not known. */
  readonly fragment?: string
  /** Its constants say something of a column with a tag: the count is forgotten with the process. */
  readonly isPrivate: boolean
  /** Rows that its tables were taken to have; null: unknown. */
  readonly tables: Readonly<Record<string, number | null>>
  readonly rows: number
  /** What the textbook said; null: nothing. */
  readonly estimate: number | null
}

/** How an estimate was learned. */
export type LearnedFrom = 'the same fragment' | 'others of its shape'

/** What a plan's node carries so that its true count can be learned. */
export interface LearnableFragment {
  readonly signature: FragmentSignature
  readonly tables: Observation['tables']
  /** By the textbook. */
  readonly estimate: number | undefined
  /** What it was planned with. */
  readonly planned?: number | undefined
}

interface Shape {
  /** Natural logarithm of true rows over estimated ones, on average. */
  readonly mean: number
  readonly count: number
  readonly tables: Observation['tables']
}

const MOST_ENTRIES = 10_000
/** Of a table's rows, the share that may come or go before what was learned of it is worth nothing. */
const CHANGE = 0.2
/** Older observations of a shape fade. */
const MOST_COUNTED = 20

export class LearnedRows {
  readonly #fragments = new Map<string, Observation>()
  readonly #shapes = new Map<string, Shape>()
  /** The lists of tables of which something was learned: the signature of a plan over others need not be made. */
  readonly #tables = new Map<string, true>()

  learn(seen: Observation): void {
    put(this.#tables, keyOfTables(Object.keys(seen.tables)), true)
    if (seen.fragment !== undefined) put(this.#fragments, seen.fragment, seen)
    if (seen.estimate === null) return
    const known = this.#shapes.get(seen.shape)
    const before = known !== undefined && isCurrent(known.tables, seen.tables) ? known : undefined
    const count = Math.min(MOST_COUNTED, (before?.count ?? 0) + 1)
    const error = Math.log(Math.max(1, seen.rows) / Math.max(1, seen.estimate))
    const mean = (before?.mean ?? 0) + (error - (before?.mean ?? 0)) / count
    put(this.#shapes, seen.shape, { mean, count, tables: seen.tables })
  }

  /** Tells whether something was learned of fragments over just the tables that these scans read. */
  knowsOf(scans: readonly ScanNode[]): boolean {
    if (this.#tables.size === 0) return false
    return this.#tables.has(keyOfTables(scans.map(({ source, table }) => `${source}.${table}`)))
  }

  /** The rows of a fragment, from what was learned; undefined: nothing was. */
  rows(
    { signature, tables, estimate }: LearnableFragment,
    parameters: Parameters,
  ): { readonly rows: number; readonly from: LearnedFrom } | undefined {
    const key = fragmentKey(signature, parameters)
    const same = key === undefined ? undefined : this.#fragments.get(key)
    if (same !== undefined && isCurrent(same.tables, tables)) {
      return { rows: same.rows, from: 'the same fragment' }
    }
    const shape = this.#shapes.get(shapeKey(signature))
    if (shape === undefined || estimate === undefined || !isCurrent(shape.tables, tables)) {
      return undefined
    }
    const factor = Math.exp((shape.mean * shape.count) / (shape.count + 1))
    return { rows: Math.max(1, estimate * factor), from: 'others of its shape' }
  }

  /** What may be kept for another process, the oldest first. */
  kept(): {
    readonly fragments: readonly Observation[]
    readonly shapes: readonly (readonly [string, Shape])[]
  } {
    return {
      fragments: [...this.#fragments.values()].filter(({ isPrivate }) => !isPrivate),
      shapes: [...this.#shapes],
    }
  }

  /** Takes what another process kept. */
  restore({ fragments, shapes }: ReturnType<LearnedRows['kept']>): void {
    for (const seen of fragments) {
      put(this.#tables, keyOfTables(Object.keys(seen.tables)), true)
      if (seen.fragment !== undefined) put(this.#fragments, seen.fragment, seen)
    }
    for (const [key, shape] of shapes) {
      put(this.#tables, keyOfTables(Object.keys(shape.tables)), true)
      put(this.#shapes, key, shape)
    }
  }
}

/** Values of the statement's parameters, by index; undefined: not known. */
export type Parameters = (index: number) => string | null | undefined

/** The observation of a fragment that gave so many rows. */
export function observationOf(
  { signature, tables, estimate }: LearnableFragment,
  rows: number,
  parameters: Parameters,
): Observation {
  const fragment = fragmentKey(signature, parameters)
  return {
    shape: shapeKey(signature),
    ...(fragment === undefined ? {} : { fragment }),
    isPrivate: signature.hasTags && signature.values.length > 0,
    ...{ tables, rows, estimate: estimate ?? null },
  }
}

/** Equal for the same tables, however often and in which order they are named. */
function keyOfTables(names: readonly string[]): string {
  return [...new Set(names)].sort().join('\n')
}

function shapeKey({ shape }: FragmentSignature): string {
  return digest(shape)
}

function fragmentKey(
  { shape, values }: FragmentSignature,
  parameters: Parameters,
): string | undefined {
  const known = values.map((value) => (typeof value === 'number' ? parameters(value) : value))
  return known.includes(undefined) ? undefined : digest(JSON.stringify([shape, known]))
}

function digest(text: string): string {
  return createHash('sha256').update(text).digest('base64url').slice(0, 22)
}

function isCurrent(then: Observation['tables'], now: Observation['tables']): boolean {
  return Object.entries(now).every(([table, rows]) => {
    const before = then[table] ?? null
    if (before === null || rows === null) return before === rows
    return Math.abs(before - rows) <= CHANGE * Math.max(before, rows)
  })
}

/** The least recently put goes first. */
function put<T>(entries: Map<string, T>, key: string, value: T): void {
  entries.delete(key)
  entries.set(key, value)
  const oldest = entries.size > MOST_ENTRIES ? entries.keys().next().value : undefined
  if (oldest !== undefined) entries.delete(oldest)
}
