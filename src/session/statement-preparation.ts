/** Parse: from a routed statement to a prepared one, with parameter types and result columns known. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { ResultColumn } from './compiler/compiled-statement.js'
import { findCursor } from './statements/cursor-statements.js'
import { copyFormat } from './statements/copy-statement.js'
import { explainChoices } from './statements/explain-statement.js'
import { textColumn } from './prepared-statement.js'
import type { Analysis, PreparedStatement } from './prepared-statement.js'
import { findStatement } from './statements/prepared-statements.js'
import { analyze, withPosition } from './query-execution.js'
import type { ExplainStatement, RoutedStatement } from './routing/routed-statement.js'
import type { SessionState } from './session-state.js'
import { callParameterTypes, READ_ONLY_HINT } from './statements/setting-statements.js'

/** Prepares a statement; undefined: an empty query. Refuses what writes with 0A000. */
export async function prepareStatement(
  state: SessionState,
  name: string,
  routed: RoutedStatement | undefined,
  parameterTypes: readonly number[],
): Promise<PreparedStatement> {
  if (routed === undefined) return { name, parameterTypes: [], columns: undefined }
  const plain = { name, routed, parameterTypes: [], columns: undefined }
  switch (routed.kind) {
    case 'query': {
      const analysis = await analyze(state, routed.text, parameterTypes)
      return { ...withAnalysis(name, routed, analysis), columns: analysis.compiled.columns }
    }
    case 'declare':
    case 'copy': {
      if (routed.kind === 'copy') copyFormat(routed.options)
      const query = requireQuery(routed.query)
      const types = routed.kind === 'declare' ? parameterTypes : []
      const analysis = await analyze(state, query.text, types).catch((error: unknown) => {
        const made = routed.kind === 'copy' && routed.fromTable && error instanceof EngineError
        throw made ? withPosition(error, undefined) : error
      })
      return withAnalysis(name, routed, analysis)
    }
    case 'explain': {
      const columns = [explainColumn(routed)]
      if (routed.query.kind === 'execute') return { ...plain, columns }
      const query = requireQuery(routed.query)
      const analysis = await analyze(state, query.text, parameterTypes)
      return { ...withAnalysis(name, routed, analysis), columns }
    }
    case 'setting-calls': {
      const types = callParameterTypes(routed, parameterTypes)
      const columns = routed.calls.map((call) => textColumn(call.column))
      return { name, routed, parameterTypes: types, columns }
    }
    case 'show':
      return { ...plain, columns: showColumns(state, routed.name) }
    case 'execute':
      return { ...plain, columns: findStatement(state, routed.name).columns }
    case 'fetch':
      return { ...plain, columns: routed.move ? undefined : findCursor(state, routed.name).columns }
    case 'prepare':
      if (routed.query.kind === 'refused') refuse(routed.query.what)
      return plain
    case 'refused':
      return refuse(routed.what)
    case 'set':
    case 'reset-all':
    case 'set-characteristics':
    case 'transaction':
    case 'deallocate':
    case 'close':
    case 'discard':
    case 'no-operation':
    case 'lock':
      return plain
  }
}

/** The query inside another statement; 0A000 for one that writes. */
export function requireQuery(
  routed: RoutedStatement,
): Extract<RoutedStatement, { kind: 'query' | 'setting-calls' }> {
  if (routed.kind === 'query' || routed.kind === 'setting-calls') return routed
  return refuse(routed.kind === 'refused' ? routed.what : routed.kind.toUpperCase())
}

function withAnalysis(
  name: string,
  routed: RoutedStatement,
  analysis: Analysis,
): PreparedStatement {
  const { parameterTypes } = analysis.compiled
  return { name, routed, parameterTypes, columns: undefined, analysis }
}

function explainColumn(statement: ExplainStatement): ResultColumn {
  const { format } = explainChoices(statement.options)
  return textColumn('QUERY PLAN', format === 'json' ? 114 : 25)
}

function showColumns(state: SessionState, name: string): readonly ResultColumn[] {
  if (name === 'all') return ['name', 'setting', 'description'].map((column) => textColumn(column))
  return [textColumn(state.settings.show(name).name)]
}

function refuse(what: string): never {
  throw new EngineError(SQLSTATE.featureNotSupported, `${what} is not supported`, {
    hint: READ_ONLY_HINT,
  })
}
