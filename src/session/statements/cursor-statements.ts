/** DECLARE, FETCH, MOVE, CLOSE: cursors made in SQL. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { BoundValues } from '../bind-values.js'
import type { StatementOutput } from '../portal.js'
import type { Analysis } from '../prepared-statement.js'
import { openQuery } from '../query-execution.js'
import type { DeclareStatement, FetchStatement } from '../routing/routed-statement.js'
import { RowCursor } from '../runner/row-cursor.js'
import type { RelayChunk } from '../../connectors/connector.js'
import type { SessionState } from '../session-state.js'
import { SqlCursor } from './sql-cursor.js'

/** DECLARE: remembers the query; it starts with the first FETCH. */
export function runDeclare(
  state: SessionState,
  statement: DeclareStatement,
  analysis: Analysis,
  bound: BoundValues,
): string {
  const { name, binary, hold, scroll } = statement
  if (!hold) state.transaction.requireAnyBlock('DECLARE CURSOR')
  if (state.portals.has(name)) {
    throw new EngineError(SQLSTATE.duplicateCursor, `cursor "${name}" already exists`)
  }
  state.portals.set(
    name,
    new SqlCursor({
      name,
      columns: analysis.compiled.columns,
      binary,
      hold,
      scroll,
      mark: state.transaction.nextMark(),
      memoryLimit: Number(state.settings.get('tributary.memory_limit')) * 1024,
      open: async (formats) => (await openQuery(state, analysis, bound, formats)).cursor,
    }),
  )
  return 'DECLARE CURSOR'
}

/** The cursor of that name; 34000 when there is none. */
export function findCursor(state: SessionState, name: string): SqlCursor {
  const cursor = state.portals.get(name)
  if (cursor === undefined) {
    throw new EngineError(SQLSTATE.undefinedCursor, `cursor "${name}" does not exist`)
  }
  if (cursor.kind === 'cursor') return cursor
  throw new EngineError(
    SQLSTATE.featureNotSupported,
    `FETCH from portal "${name}" is not supported`,
    { hint: 'Use DECLARE, or Execute with a row limit' },
  )
}

/** FETCH: the rows, in the formats asked for. */
export function runFetch(
  state: SessionState,
  statement: FetchStatement,
  formats: readonly number[],
): StatementOutput {
  const cursor = findCursor(state, statement.name)
  const wanted = cursor.binary ? cursor.columns.map(() => 1) : formats
  return {
    kind: 'rows',
    cursor: new RowCursor(fetchedRows(state, cursor, statement, wanted)),
    tag: (rows) => `FETCH ${rows}`,
  }
}

/** MOVE: the same way without the rows. */
export async function runMove(state: SessionState, statement: FetchStatement): Promise<string> {
  const cursor = findCursor(state, statement.name)
  const formats = cursor.columns.map(() => (cursor.binary ? 1 : 0))
  const rows = await cursor.fetch(statement, formats, state.interruption, () => undefined)
  return `MOVE ${rows}`
}

/** CLOSE. */
export function runClose(state: SessionState, name: string | undefined): string {
  if (name === undefined) {
    for (const portal of state.portals.values()) {
      // The portal that runs this very statement is unnamed or closes itself.
      if (portal.kind === 'cursor') {
        portal.close()
        state.portals.delete(portal.name)
      }
    }
    return 'CLOSE CURSOR ALL'
  }
  const cursor = findCursor(state, name)
  cursor.close()
  state.portals.delete(name)
  return 'CLOSE CURSOR'
}

/** Hands out chunks one by one although the cursor pushes them: it waits until each is taken. */
async function* fetchedRows(
  state: SessionState,
  cursor: SqlCursor,
  statement: FetchStatement,
  formats: readonly number[],
): AsyncIterable<RelayChunk> {
  const queue: RelayChunk[] = []
  let wake = (): void => undefined
  let resume = (): void => undefined
  let ended = false
  let stopped = false
  const fetching = cursor
    .fetch(statement, formats, state.interruption, async (chunk) => {
      if (stopped) return
      queue.push(chunk)
      const taken = new Promise<void>((resolve) => (resume = resolve))
      wake()
      await taken
    })
    .finally(() => {
      ended = true
      wake()
    })
  fetching.catch(() => undefined)
  try {
    for (;;) {
      const chunk = queue.shift()
      if (chunk !== undefined) {
        yield chunk
        resume()
      } else if (ended) break
      else await new Promise<void>((resolve) => (wake = resolve))
    }
    await fetching
  } finally {
    stopped = true
    resume()
  }
}
