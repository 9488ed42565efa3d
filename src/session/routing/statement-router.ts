/**
 * Parses the client's string with PostgreSQL's own grammar, cuts it into statements and says what kind each is.
 * Only what reads goes on; everything that would write is recognised here, wherever it hides in the tree.
 */
import { hasSqlDetails, loadModule, parseSync } from 'libpg-query'
import { optimiseWasmLate } from '../../analyzer/postgres/wasm-tiering.js'
import { EngineError, SQLSTATE } from '../../errors.js'
import { quoteIdentifier } from '../identifier.js'
import type {
  CallArgument,
  RoutedStatement,
  SettingCall,
  StatementOption,
  TransactionModes,
  TransactionStatement,
} from './routed-statement.js'
import { withoutLongLists } from './shorten-lists.js'
import {
  argumentTexts,
  explainedText,
  parenthesizedText,
  StatementText,
  textAfter,
} from './statement-text.js'
import {
  asList,
  asNode,
  asNumber,
  asText,
  literalOf,
  nameParts,
  someNode,
  unwrap,
} from './syntax-node.js'
import type { SyntaxNode } from './syntax-node.js'

/** Loads the grammar; once, before the first statement is routed. */
export async function loadGrammar(): Promise<void> {
  optimiseWasmLate()
  await loadModule()
}

/** Strings of this length and more are not kept in the cache. */
const CACHED_LENGTH = 16_384
const CACHED_STRINGS = 512
const cache = new Map<string, readonly RoutedStatement[]>()

/** Texts beyond this are refused: one analyzer serves all clients, and takes a second for every few MB. */
const LONGEST = 32 * 1024 * 1024

/** Cuts a string into routed statements. Throws 42601 with the position of the error. */
export function routeStatements(sql: string): readonly RoutedStatement[] {
  const known = cache.get(sql)
  if (known !== undefined) {
    cache.delete(sql)
    cache.set(sql, known)
    return known
  }
  if (sql.length > LONGEST) {
    throw new EngineError(
      SQLSTATE.programLimitExceeded,
      `The statement is too large: ${sql.length} characters, the most is ${LONGEST}`,
      { hint: 'Send large values as parameters' },
    )
  }
  const routed = routeQuery(sql) ?? parseStatements(sql)
  if (sql.length < CACHED_LENGTH) {
    cache.set(sql, routed)
    const oldest = cache.size > CACHED_STRINGS ? cache.keys().next().value : undefined
    if (oldest !== undefined) cache.delete(oldest)
  }
  return routed
}

/** Routes one long query by a text without its long lists; undefined where that does not settle it. */
function routeQuery(sql: string): readonly RoutedStatement[] | undefined {
  const short = sql.length < CACHED_LENGTH ? undefined : withoutLongLists(sql)
  if (short === undefined) return undefined
  try {
    const routed = parseStatements(sql, short)
    return routed.length === 1 && routed[0]?.kind === 'query' ? routed : undefined
  } catch {
    // Said of the whole text.
    return undefined
  }
}

/** `parsed`: the text that the grammar reads, with everything in its place. */
function parseStatements(sql: string, parsed = sql): readonly RoutedStatement[] {
  if (sql.trim() === '') return []
  const whole = new StatementText(sql)
  let statements
  try {
    statements = asList(asNode(parseSync(parsed))['stmts'])
  } catch (error) {
    if (!hasSqlDetails(error)) throw error
    const at = error.sqlDetails?.cursorPosition ?? -1
    throw new EngineError(SQLSTATE.syntaxError, error.message, at < 0 ? {} : { position: at + 1 })
  }
  return statements.map((statement) => {
    const start = asNumber(statement['stmt_location'])
    const length = asNumber(statement['stmt_len'])
    const text =
      start === 0 && length === 0 ? whole : whole.slice(start, length ? start + length : undefined)
    return route(statement['stmt'], text, whole)
  })
}

/** `whole` is what the tree's locations count in. */
function route(statement: unknown, text: StatementText, whole: StatementText): RoutedStatement {
  const { type, content } = unwrap(statement)
  switch (type) {
    case 'SelectStmt':
      return routeSelect(content, text)
    case 'VariableSetStmt':
      return routeSet(content)
    case 'VariableShowStmt':
      return { kind: 'show', name: asText(content['name']) ?? '' }
    case 'TransactionStmt':
      return routeTransaction(content)
    case 'PrepareStmt': {
      const types = asList(content['argtypes']).length === 0 ? [] : argumentTexts(text)
      const query = route(content['query'], textAfter(text, 'as'), whole)
      return { kind: 'prepare', name: asText(content['name']) ?? '', types, query }
    }
    case 'ExecuteStmt': {
      const texts = argumentTexts(text)
      return {
        kind: 'execute',
        name: asText(content['name']) ?? '',
        arguments: asList(content['params']).map((parameter, index) => {
          const literal = literalOf(parameter)
          const source = texts[index] ?? text
          return literal === undefined ? { text: source } : { text: source, literal }
        }),
      }
    }
    case 'DeallocateStmt': {
      const name = asText(content['name'])
      return name === undefined ? { kind: 'deallocate' } : { kind: 'deallocate', name }
    }
    case 'DeclareCursorStmt': {
      const options = asNumber(content['options'])
      return {
        kind: 'declare',
        name: asText(content['portalname']) ?? '',
        binary: (options & 1) !== 0,
        scroll: (options & 2) !== 0,
        hold: (options & 32) !== 0,
        query: route(content['query'], textAfter(text, 'for'), whole),
      }
    }
    case 'FetchStmt':
      return routeFetch(content)
    case 'ClosePortalStmt': {
      const name = asText(content['portalname'])
      return name === undefined ? { kind: 'close' } : { kind: 'close', name }
    }
    case 'ExplainStmt':
      return {
        kind: 'explain',
        text,
        options: optionsOf(content['options'], whole),
        query: route(content['query'], explainedText(text), whole),
      }
    case 'CopyStmt':
      return routeCopy(content, text, whole)
    case 'DiscardStmt': {
      const target = (asText(content['target']) ?? '').replace('DISCARD_', '')
      const known = (['PLANS', 'SEQUENCES', 'TEMP'] as const).find((name) => name === target)
      return { kind: 'discard', target: known ?? 'ALL' }
    }
    case 'ListenStmt':
      return { kind: 'no-operation', tag: 'LISTEN' }
    case 'UnlistenStmt':
      return { kind: 'no-operation', tag: 'UNLISTEN' }
    case 'ConstraintsSetStmt':
      return { kind: 'no-operation', tag: 'SET CONSTRAINTS' }
    case 'LockStmt':
      return {
        kind: 'lock',
        relations: asList(content['relations']).map((relation) =>
          relationText(asNode(relation['RangeVar'])),
        ),
        accessShare: asNumber(content['mode']) === 1,
      }
    default:
      return { kind: 'refused', what: commandName(text) }
  }
}

function routeSelect(select: SyntaxNode, text: StatementText): RoutedStatement {
  let refused: string | undefined
  someNode({ SelectStmt: select }, (type) => {
    if (type === 'intoClause') refused = 'SELECT INTO'
    else if (type === 'lockingClause') refused = 'SELECT FOR UPDATE'
    else refused = WRITES.get(type)
    return refused !== undefined
  })
  if (refused !== undefined) return { kind: 'refused', what: refused }
  const calls = settingCalls(select)
  return calls === undefined ? { kind: 'query', text } : { kind: 'setting-calls', text, calls }
}

/** A map, since trees have keys that plain objects inherit: `constructor` of JSON_ARRAYAGG. */
const WRITES: ReadonlyMap<string, string> = new Map([
  ['InsertStmt', 'INSERT'],
  ['UpdateStmt', 'UPDATE'],
  ['DeleteStmt', 'DELETE'],
  ['MergeStmt', 'MERGE'],
])

/** The calls, when the statement is nothing but calls of set_config and current_setting with plain arguments. */
function settingCalls(select: SyntaxNode): readonly SettingCall[] | undefined {
  const harmless = ['targetList', 'limitOption', 'op']
  if (Object.keys(select).some((key) => !harmless.includes(key))) return undefined
  const calls: SettingCall[] = []
  for (const target of asList(select['targetList'])) {
    const result = asNode(target['ResTarget'])
    const call = asNode(asNode(result['val'])['FuncCall'])
    const parts = nameParts(call['funcname'])
    const name = parts.at(-1)
    if (parts.length > 2 || (parts.length === 2 && parts[0] !== 'pg_catalog')) return undefined
    if (name !== 'set_config' && name !== 'current_setting') return undefined
    const values = asList(call['args']).map(callArgument)
    const fits = name === 'set_config' ? values.length === 3 : [1, 2].includes(values.length)
    const known = values.filter((value) => value !== undefined)
    if (!fits || known.length < values.length) return undefined
    calls.push({ function: name, column: asText(result['name']) ?? name, arguments: known })
  }
  return calls.length === 0 ? undefined : calls
}

function callArgument(value: SyntaxNode): CallArgument | undefined {
  const { type, content } = unwrap(value)
  if (type === 'ParamRef') return { kind: 'parameter', index: asNumber(content['number']) }
  if (type === 'TypeCast') {
    const cast = nameParts(asNode(content['typeName'])['names']).at(-1)
    return cast === 'text' || cast === 'bool' ? callArgument(asNode(content['arg'])) : undefined
  }
  const literal = literalOf(value)
  return literal === undefined ? undefined : { kind: 'literal', value: literal }
}

function routeSet(content: SyntaxNode): RoutedStatement {
  const name = asText(content['name']) ?? ''
  const local = content['is_local'] === true
  switch (asText(content['kind'])) {
    case 'VAR_RESET_ALL':
      return { kind: 'reset-all' }
    case 'VAR_RESET':
      return { kind: 'set', name, values: undefined, local, verb: 'RESET' }
    case 'VAR_SET_DEFAULT':
      return { kind: 'set', name, values: undefined, local, verb: 'SET' }
    case 'VAR_SET_CURRENT':
      return { kind: 'set', name, values: [], local, verb: 'SET', fromCurrent: true }
    case 'VAR_SET_MULTI':
      if (name === 'TRANSACTION SNAPSHOT')
        return { kind: 'refused', what: 'SET TRANSACTION SNAPSHOT' }
      return {
        kind: 'set-characteristics',
        scope: name === 'TRANSACTION' ? 'transaction' : 'session',
        modes: modesOf(content['args']),
      }
    default: {
      const values = asList(content['args'])
      const interval = values[0] !== undefined && 'TypeCast' in values[0]
      const texts = values.map(
        (value) => literalOf(interval ? asNode(value['TypeCast'])['arg'] : value) ?? '',
      )
      return { kind: 'set', name, values: texts, local, verb: 'SET', interval }
    }
  }
}

const ACTIONS: Readonly<Record<string, TransactionStatement['action']>> = {
  TRANS_STMT_BEGIN: 'begin',
  TRANS_STMT_START: 'start',
  TRANS_STMT_COMMIT: 'commit',
  TRANS_STMT_ROLLBACK: 'rollback',
  TRANS_STMT_SAVEPOINT: 'savepoint',
  TRANS_STMT_RELEASE: 'release',
  TRANS_STMT_ROLLBACK_TO: 'rollback-to',
  TRANS_STMT_PREPARE: 'prepare',
}

function routeTransaction(content: SyntaxNode): RoutedStatement {
  return {
    kind: 'transaction',
    action: ACTIONS[asText(content['kind']) ?? ''] ?? 'finish-prepared',
    modes: modesOf(content['options']),
    savepoint: asText(content['savepoint_name']) ?? '',
    chain: content['chain'] === true,
  }
}

function modesOf(options: unknown): TransactionModes {
  return Object.fromEntries(
    asList(options).map((option) => {
      const element = asNode(option['DefElem'])
      const name = asText(element['defname']) ?? ''
      const value = literalOf(element['arg']) ?? ''
      if (name === 'transaction_isolation') return [name, value]
      return [name, value === '0' ? 'off' : 'on']
    }),
  )
}

/** FETCH ALL's count, as the grammar writes it. */
const FETCH_ALL = 2_147_483_647

function routeFetch(content: SyntaxNode): RoutedStatement {
  const direction = (asText(content['direction']) ?? '').replace('FETCH_', '').toLowerCase()
  const known = (['backward', 'absolute', 'relative'] as const).find((name) => name === direction)
  const count = asNumber(content['howMany'])
  return {
    kind: 'fetch',
    name: asText(content['portalname']) ?? '',
    direction: known ?? 'forward',
    count: count === FETCH_ALL ? Infinity : count,
    move: content['ismove'] === true,
  }
}

function routeCopy(
  content: SyntaxNode,
  text: StatementText,
  whole: StatementText,
): RoutedStatement {
  if (content['is_from'] === true) return { kind: 'refused', what: 'COPY FROM' }
  if (content['is_program'] === true) return { kind: 'refused', what: 'COPY TO PROGRAM' }
  if (content['filename'] !== undefined) return { kind: 'refused', what: 'COPY TO a file' }
  const options = optionsOf(content['options'], whole)
  if (content['relation'] !== undefined) {
    const columns = nameParts(content['attlist']).map(quoteIdentifier).join(', ')
    const sql = `SELECT ${columns === '' ? '*' : columns} FROM ${relationText(asNode(content['relation']))}`
    const made = { kind: 'query', text: new StatementText(sql) } as const
    return { kind: 'copy', options, query: made, fromTable: true }
  }
  const query = route(content['query'], parenthesizedText(text), whole)
  if (query.kind === 'setting-calls') {
    return { kind: 'copy', options, query: { kind: 'query', text: query.text }, fromTable: false }
  }
  return query.kind === 'query' ? { kind: 'copy', options, query, fromTable: false } : query
}

function optionsOf(options: unknown, whole: StatementText): readonly StatementOption[] {
  return asList(options).map((option) => {
    const element = asNode(option['DefElem'])
    const { type, content } = unwrap(element['arg'])
    const value =
      type === 'List'
        ? nameParts(content['items'])
        : type === 'A_Star'
          ? '*'
          : (literalOf(element['arg']) ?? null)
    return {
      name: asText(element['defname']) ?? '',
      value,
      position: whole.position(asNumber(element['location'])),
    }
  })
}

function relationText(relation: SyntaxNode): string {
  return [relation['catalogname'], relation['schemaname'], relation['relname']]
    .map(asText)
    .filter((part) => part !== undefined)
    .map(quoteIdentifier)
    .join('.')
}

/** The command as its user wrote it: the leading words that say what it does. */
function commandName(text: StatementText): string {
  const words = text.tokens().map((token) => token.word.toUpperCase())
  const object = words
    .slice(1)
    .find(
      (word) =>
        !['OR', 'REPLACE', 'LOCAL', 'GLOBAL', 'TEMP', 'TEMPORARY', 'UNLOGGED', 'UNIQUE'].includes(
          word,
        ),
    )
  const first = words[0] ?? ''
  return ['CREATE', 'ALTER', 'DROP'].includes(first) ? `${first} ${object ?? ''}` : first
}
