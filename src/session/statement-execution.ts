/** Execute: starts a prepared statement with its values; each kind goes to the module that knows it. */
import type { BoundValues } from './bind-values.js'
import type { RelayChunk } from '../connectors/connector.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { runCopy } from './statements/copy-statement.js'
import { runClose, runDeclare, runFetch, runMove } from './statements/cursor-statements.js'
import { textRows } from './runner/data-rows.js'
import { runExplain } from './statements/explain-statement.js'
import type { StatementOutput } from './portal.js'
import type { Analysis, PreparedStatement } from './prepared-statement.js'
import { executeValues, findStatement, resolveTypes } from './statements/prepared-statements.js'
import { openQuery } from './query-execution.js'
import type { ExecuteStatement, RoutedStatement } from './routing/routed-statement.js'
import { oneChunk, RowCursor } from './runner/row-cursor.js'
import type { SessionState } from './session-state.js'
import {
  runLock,
  runSet,
  runSetCharacteristics,
  runSettingCalls,
  showAllRows,
} from './statements/setting-statements.js'
import { prepareStatement } from './statement-preparation.js'
import { runTransaction } from './statements/transaction-statements.js'

/** Starts a statement. Commands are done when this returns; rows and copies are then taken from what it returns. */
export async function startStatement(
  state: SessionState,
  statement: PreparedStatement,
  bound: BoundValues,
  formats: readonly number[],
): Promise<StatementOutput> {
  const { routed, analysis } = statement
  if (routed === undefined) return command('')
  switch (routed.kind) {
    case 'query': {
      const { cursor } = await openQuery(state, required(analysis), bound, formats)
      return { kind: 'rows', cursor, tag: (rows) => `SELECT ${rows}` }
    }
    case 'setting-calls': {
      const rows = runSettingCalls(state, routed, statement.parameterTypes, bound)
      return rowsOutput(rows, 'SELECT 1')
    }
    case 'set':
      return command(runSet(state, routed))
    case 'reset-all':
      state.settings.resetAll()
      return command('RESET')
    case 'set-characteristics':
      return command(runSetCharacteristics(state, routed.scope, routed.modes))
    case 'show':
      return rowsOutput(
        routed.name === 'all'
          ? await showAllRows(state)
          : textRows([[state.settings.show(routed.name).value]]),
        'SHOW',
      )
    case 'transaction':
      return command(runTransaction(state, routed))
    case 'prepare': {
      if (state.statements.has(routed.name)) throw duplicateStatement(routed.name)
      const types = await resolveTypes(state, routed.types)
      const prepared = await prepareStatement(state, routed.name, routed.query, types)
      state.statements.set(routed.name, prepared)
      return command('PREPARE')
    }
    case 'execute': {
      const { target, values } = await executeTarget(state, routed)
      return startStatement(state, target, values, formats)
    }
    case 'deallocate':
      return command(deallocate(state, routed.name))
    case 'declare':
      return command(runDeclare(state, routed, required(analysis), bound))
    case 'fetch':
      return routed.move ? command(await runMove(state, routed)) : runFetch(state, routed, formats)
    case 'close':
      return command(runClose(state, routed.name))
    case 'explain': {
      let [inner, values] = [analysis, bound]
      if (routed.query.kind === 'execute') {
        const execution = await executeTarget(state, routed.query)
        const { analysis: prepared } = execution.target
        // It was analyzed when it was prepared: this statement spends nothing on that.
        inner = prepared && { ...prepared, milliseconds: 0 }
        values = execution.values
      }
      return rowsOutput(await runExplain(state, routed, required(inner), values), 'EXPLAIN')
    }
    case 'copy':
      return {
        kind: 'copy',
        run: (sink) => runCopy(state, routed, required(analysis), sink),
      }
    case 'discard':
      return command(discard(state, routed.target))
    case 'no-operation':
      if (routed.tag === 'SET CONSTRAINTS' && !state.transaction.inAnyBlock) {
        state.notice({
          severity: 'WARNING',
          code: SQLSTATE.noActiveTransaction,
          message: 'SET CONSTRAINTS can only be used in transaction blocks',
        })
      }
      return command(routed.tag)
    case 'lock':
      return command(await runLock(state, routed.relations, routed.accessShare))
    case 'refused':
      throw new EngineError(SQLSTATE.featureNotSupported, `${routed.what} is not supported`)
  }
}

/** 42P05. */
export function duplicateStatement(name: string): EngineError {
  return new EngineError(
    SQLSTATE.duplicatePreparedStatement,
    `prepared statement "${name}" already exists`,
  )
}

function command(tag: string): StatementOutput {
  return { kind: 'command', tag }
}

function rowsOutput(chunk: RelayChunk, tag: string): StatementOutput {
  return { kind: 'rows', cursor: new RowCursor(oneChunk(chunk)), tag: () => tag }
}

async function executeTarget(
  state: SessionState,
  call: ExecuteStatement,
): Promise<{ readonly target: PreparedStatement; readonly values: BoundValues }> {
  const target = findStatement(state, call.name)
  return { target, values: await executeValues(state, target, call) }
}

function deallocate(state: SessionState, name: string | undefined): string {
  if (name === undefined) {
    state.statements.clear()
    return 'DEALLOCATE ALL'
  }
  findStatement(state, name)
  state.statements.delete(name)
  return 'DEALLOCATE'
}

function discard(
  state: SessionState,
  target: Extract<RoutedStatement, { kind: 'discard' }>['target'],
): string {
  // Nothing but ALL has anything to discard: plans are shared, sequences and temporary tables do not exist.
  if (target !== 'ALL') return `DISCARD ${target}`
  state.transaction.forbidBlock('DISCARD ALL')
  runClose(state, undefined)
  state.settings.set('session_authorization', undefined, { local: false })
  state.settings.set('role', undefined, { local: false })
  state.settings.resetAll()
  state.statements.clear()
  return 'DISCARD ALL'
}

function required(analysis: Analysis | undefined): Analysis {
  if (analysis !== undefined) return analysis
  throw new EngineError(SQLSTATE.featureNotSupported, 'Only a query can be explained')
}
