/** BEGIN, COMMIT, ROLLBACK, SAVEPOINT and their kin. */
import { EngineError, SQLSTATE } from '../../errors.js'
import type { TransactionStatement } from '../routing/routed-statement.js'
import type { SessionState } from '../session-state.js'
import { applyModes } from './setting-statements.js'
import { onlyInBlock } from '../transaction.js'

/** Runs a transaction statement; returns the tag. */
export function runTransaction(state: SessionState, statement: TransactionStatement): string {
  const { transaction } = state
  const { action, chain, savepoint } = statement
  switch (action) {
    case 'begin':
    case 'start': {
      if (!transaction.begin()) {
        warn(state, SQLSTATE.activeTransaction, 'there is already a transaction in progress')
      }
      applyModes(state, statement.modes)
      return action === 'begin' ? 'BEGIN' : 'START TRANSACTION'
    }
    case 'commit':
    case 'rollback': {
      const modes = chain ? currentModes(state) : {}
      if (!transaction.inBlock) {
        if (chain) throw onlyInBlock(`${action.toUpperCase()} AND CHAIN`)
        warn(state, SQLSTATE.noActiveTransaction, 'there is no transaction in progress')
      }
      let committed = false
      if (action === 'commit') committed = transaction.commit()
      else transaction.rollback()
      if (chain) {
        transaction.begin()
        applyModes(state, modes)
      }
      return committed ? 'COMMIT' : 'ROLLBACK'
    }
    case 'savepoint':
      transaction.savepoint(savepoint)
      return 'SAVEPOINT'
    case 'release':
      transaction.release(savepoint)
      return 'RELEASE'
    case 'rollback-to':
      transaction.rollbackTo(savepoint)
      return 'ROLLBACK'
    case 'prepare':
      if (!transaction.inBlock) {
        warn(state, SQLSTATE.noActiveTransaction, 'there is no transaction in progress')
        return 'ROLLBACK'
      }
      throw preparedTransactions()
    case 'finish-prepared':
      throw preparedTransactions()
  }
}

/** Tells whether a statement may run in a failed transaction because it ends it. */
export function endsTransaction(statement: { readonly kind: string }): boolean {
  if (statement.kind !== 'transaction') return false
  const { action } = statement as TransactionStatement
  return ['commit', 'rollback', 'rollback-to', 'prepare'].includes(action)
}

function preparedTransactions(): EngineError {
  return new EngineError('55000', 'prepared transactions are disabled', {
    hint: 'Set "max_prepared_transactions" to a nonzero value.',
  })
}

function currentModes(state: SessionState): Record<string, string> {
  const names = ['transaction_isolation', 'transaction_read_only', 'transaction_deferrable']
  return Object.fromEntries(
    names
      .filter((name) => state.settings.isSet(name))
      .map((name) => [name, state.settings.get(name)]),
  )
}

function warn(state: SessionState, code: string, message: string): void {
  state.notice({ severity: 'WARNING', code, message })
}
