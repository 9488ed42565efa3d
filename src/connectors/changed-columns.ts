/**
 * Says why a source fails when the reason is that a column's type, or an enum type's labels, have changed there since the lock was
 * written: after an error that may come of it the source is asked for its schema, and what departs from the catalog is named.
 */
import type { ColumnDefinition, SourceDefinition, TableDefinition } from '../catalog/catalog.js'
import { lockKeyOf } from '../catalog/lock-key.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { DiscoveredSource, DiscoveredTable, OpenSource, RemoteStatement } from './connector.js'

/** Errors that may come of a changed type: a value that does not read, a column of another type, an operator that is not there. */
const SUSPECT: ReadonlySet<string> = new Set([
  ...[SQLSTATE.sourceError, SQLSTATE.sourceTypeMismatch, SQLSTATE.invalidTextRepresentation],
])
/** How long the source may take to describe itself, in ms. */
const PATIENCE = 5_000

/** The opened source with its errors so explained. */
export function explainingChanges(open: OpenSource, source: SourceDefinition): OpenSource {
  async function* explained<T>(
    pieces: AsyncIterable<T>,
    statement: RemoteStatement,
  ): AsyncGenerator<T, void, undefined> {
    try {
      yield* pieces
    } catch (error) {
      throw await explainChangedColumn(error, open, source, statement)
    }
  }
  return {
    scan: (statement, values, options) =>
      explained(open.scan(statement, values, options), statement),
    relay(statement, values, format, options) {
      const pieces = open.relay?.(statement, values, format, options)
      return pieces === undefined ? undefined : explained(pieces, statement)
    },
    estimate: async (statement, values, signal) => open.estimate?.(statement, values, signal),
    discover: (options) => open.discover(options),
    ping: (signal) => open.ping(signal),
    close: () => open.close(),
  }
}

/** The error to throw instead: HV004 naming the first column read whose type has changed, or the given one. */
async function explainChangedColumn(
  error: unknown,
  open: OpenSource,
  source: SourceDefinition,
  { text }: RemoteStatement,
): Promise<unknown> {
  if (!(error instanceof EngineError) || !SUSPECT.has(error.code)) return error
  const tables = source.tables.filter(
    (table) => table.query === undefined && isNamedIn(text, table.from ?? table.name),
  )
  if (!tables.some((table) => table.columns.some(({ native }) => native !== undefined))) {
    return error
  }
  try {
    const found = await open.discover({
      include: [...new Set(tables.map(lockKeyOf))],
      ...{ exclude: [], declared: tables, schemaOnly: true },
      signal: AbortSignal.timeout(PATIENCE),
    })
    for (const table of tables) {
      const live = found.tables.find((candidate) => candidate.from === lockKeyOf(table))
      const changed =
        live === undefined ? undefined : firstChanged(table, live, text, labelsIn(source, found))
      if (changed !== undefined) return changedError(error, source, table, ...changed)
    }
  } catch {
    // It does not answer: what it said first stands.
  }
  return error
}

/** Whether the last part of a remote name stands in a statement, quoted in whatever way. */
function isNamedIn(text: string, remoteName: string): boolean {
  return text.includes(remoteName) || text.includes(remoteName.split('.').at(-1)!)
}

function firstChanged(
  table: TableDefinition,
  live: DiscoveredTable,
  text: string,
  labels: ReadonlyMap<string, Change>,
): readonly [ColumnDefinition, Change] | undefined {
  for (const column of table.columns) {
    const found = live.columns.find(({ name }) => name === column.from)
    if (found === undefined || !text.includes(column.from.split('.')[0]!)) continue
    if (column.native !== undefined && found.native !== column.native) {
      return [column, { then: column.native, now: found.native }]
    }
    const change = labels.get(found.type.replace(/\[\]$/, ''))
    if (change !== undefined) return [column, change]
  }
  return undefined
}

/** What something was by the lock, and is now. */
interface Change {
  readonly then: string
  readonly now: string
}

/** Enum types that have other labels now, by remote name. */
function labelsIn(
  { types = [] }: SourceDefinition,
  { types: live = {} }: DiscoveredSource,
): ReadonlyMap<string, Change> {
  const say = (labels: readonly string[] = []): string => `an enum of ${labels.join(', ')}`
  const changes = types.map(({ from, labels }) => [from, { then: say(labels), now: say(live[from]) }] as const) // prettier-ignore
  return new Map(changes.filter(([, { then, now }]) => then !== now))
}

/** The first error's words are kept where they are ours to show: it says the place, such as a file's line. */
function changedError(
  first: EngineError,
  { name }: SourceDefinition,
  table: TableDefinition,
  column: ColumnDefinition,
  { then, now }: Change,
): EngineError {
  return new EngineError(
    SQLSTATE.sourceTypeMismatch,
    `Column "${column.from}" of table ${table.from ?? table.name} of source "${name}" has changed its type: it is ${now} now, and was ${then} when it was discovered`,
    {
      ...{ source: name, category: 'source', cause: first },
      detail: [first.message, first.detail].filter((part) => part !== undefined).join('; '),
      hint: `Run tributary discover ${name} --write and look through the diff, or mend the column in the source file`,
    },
  )
}
