/** SET, RESET, SHOW, set_config, current_setting, SET ROLE, SET SESSION AUTHORIZATION, SET TRANSACTION. */
import { EngineError, SQLSTATE } from '../../errors.js'
import { fieldsOf, framesOf, textRows } from '../runner/data-rows.js'
import type { BoundValues } from '../bind-values.js'
import { decodeUtf8 } from '../client-text.js'
import type { RelayChunk } from '../../connectors/connector.js'
import { analyze, runCatalog, sessionUser } from '../query-execution.js'
import type {
  CallArgument,
  SetStatement,
  SettingCallStatement,
  TransactionModes,
} from '../routing/routed-statement.js'
import { TRANSACTION_MODE, type SetOptions } from '../settings/session-settings.js'
import type { SessionState } from '../session-state.js'
import { parseBoolean } from '../settings/setting-value.js'
import { settingDefinition } from '../settings/setting-definitions.js'
import { StatementText } from '../routing/statement-text.js'

/** Runs SET name or RESET name; returns the tag. */
export function runSet(state: SessionState, statement: SetStatement): string {
  const { name, values, local, verb } = statement
  if (statement.fromCurrent) {
    state.settings.show(name)
    return 'SET'
  }
  if (local && !state.transaction.inAnyBlock) {
    state.notice({
      severity: 'WARNING',
      code: SQLSTATE.noActiveTransaction,
      message: 'SET LOCAL can only be used in transaction blocks',
    })
    return 'SET'
  }
  assign(state, name, values, { local, verb, interval: statement.interval === true })
  return verb
}

/** Sets one setting; identity and the transaction's modes have rules of their own. */
function assign(
  state: SessionState,
  name: string,
  values: readonly string[] | undefined,
  options: SetOptions,
): void {
  const key = name.toLowerCase()
  const value = values?.[0]
  if (key === 'role' && value !== undefined && value !== 'none') requireRole(state, value)
  if (key === 'session_authorization') {
    if (value !== undefined) requireAuthorization(state, value)
    state.settings.set('role', ['none'], { local: options.local })
  }
  if (key === 'transaction_isolation' && state.transaction.queried) {
    throw new EngineError(
      SQLSTATE.activeTransaction,
      'SET TRANSACTION ISOLATION LEVEL must be called before any query',
    )
  }
  const transactional = TRANSACTION_MODE.test(key)
  state.settings.set(name, values, transactional ? { ...options, local: true } : options)
}

function requireRole(state: SessionState, role: string): void {
  const user = sessionUser(state)
  if (role === user) return
  requireExists(state, role)
  const { users } = state.catalog().principals
  const definition = Object.hasOwn(users, user) ? users[user] : undefined
  if (definition?.maySetRole.includes(role) || definition?.roles.includes(role)) return
  throw new EngineError(SQLSTATE.insufficientPrivilege, `permission denied to set role "${role}"`)
}

function requireAuthorization(state: SessionState, user: string): void {
  if (user === state.login) return
  requireExists(state, user)
  const { users } = state.catalog().principals
  const definition = Object.hasOwn(users, state.login) ? users[state.login] : undefined
  if (definition?.maySetRole.includes(user)) return
  throw new EngineError(
    SQLSTATE.insufficientPrivilege,
    `permission denied to set session authorization "${user}"`,
  )
}

function requireExists(state: SessionState, role: string): void {
  const { principals } = state.catalog()
  if (Object.hasOwn(principals.roles, role) || Object.hasOwn(principals.users, role)) return
  throw new EngineError(SQLSTATE.invalidParameterValue, `role "${role}" does not exist`)
}

/** SET TRANSACTION and SET SESSION CHARACTERISTICS. */
export function runSetCharacteristics(
  state: SessionState,
  scope: 'transaction' | 'session',
  modes: TransactionModes,
): string {
  if (scope === 'session') {
    for (const [name, value] of Object.entries(modes)) {
      state.settings.set(`default_${name}`, [value], { local: false })
    }
    return 'SET'
  }
  if (!state.transaction.inAnyBlock) {
    state.notice({
      severity: 'WARNING',
      code: SQLSTATE.noActiveTransaction,
      message: 'SET TRANSACTION can only be used in transaction blocks',
    })
    return 'SET'
  }
  applyModes(state, modes)
  return 'SET'
}

/** Gives the running transaction its modes. */
export function applyModes(state: SessionState, modes: TransactionModes): void {
  for (const [name, value] of Object.entries(modes)) {
    assign(state, name, [value], { local: true })
  }
}

/** SHOW ALL as rows of name, setting, description; descriptions are PostgreSQL's own. */
export async function showAllRows(state: SessionState): Promise<RelayChunk> {
  const described = new Map<string, string>()
  const { frames, rows } = await runCatalog(
    state,
    'SELECT name, short_desc FROM pg_catalog.pg_settings',
    { resultFormats: [0, 0] },
  )
  for (const [name, text] of textFields({ frames, rows })) {
    if (name !== null && name !== undefined) described.set(name, text ?? '')
  }
  return textRows(
    state.settings.showAll().map(({ name, value }) => [name, value, described.get(name) ?? '']),
  )
}

function* textFields(chunk: RelayChunk): Iterable<readonly (string | null)[]> {
  for (const frame of framesOf(chunk)) {
    yield fieldsOf(frame).map((field) => (field === null ? null : decodeUtf8(field)))
  }
}

/** Parameter types of set_config and current_setting where $n stand for their arguments. */
export function callParameterTypes(
  statement: SettingCallStatement,
  given: readonly number[],
): readonly number[] {
  const types: number[] = [...given]
  for (const call of statement.calls) {
    const declared = call.function === 'set_config' ? [25, 25, 16] : [25, 16]
    call.arguments.forEach((argument, index) => {
      if (argument.kind !== 'parameter') return
      const known = types[argument.index - 1] ?? 0
      if (known === 0 || known === 705) types[argument.index - 1] = declared[index] ?? 25
    })
  }
  return Array.from(types, (type) => (type === 0 || type === undefined ? 25 : type))
}

/** Runs a SELECT of set_config and current_setting calls: one row of text. */
export function runSettingCalls(
  state: SessionState,
  statement: SettingCallStatement,
  types: readonly number[],
  bound: BoundValues,
): RelayChunk {
  const values = bound.values.map((value, index) => {
    if (value === null) return null
    const format = bound.formats.length === 1 ? bound.formats[0] : bound.formats[index]
    if (format === 1 && types[index] === 16) return value[0] === 0 ? 'f' : 't'
    return decodeUtf8(value)
  })
  const valueOf = (argument: CallArgument | undefined): string | null => {
    if (argument === undefined) return null
    return argument.kind === 'literal' ? argument.value : (values[argument.index - 1] ?? null)
  }
  const row = statement.calls.map((call) => {
    const [name, second, third] = call.arguments.map(valueOf)
    if (call.function === 'current_setting') {
      if (name === null || name === undefined) return null
      const missingOk = parseBoolean(second ?? 'off') === 'on'
      if (missingOk && !isKnown(state, name)) return null
      return state.settings.show(name).value
    }
    if (name === null || name === undefined) {
      throw new EngineError('22004', 'SET requires parameter name')
    }
    refuseIdentity(name)
    const local = parseBoolean(third ?? 'off') === 'on'
    // A local setting outside a block would end with this very statement.
    if (local && !state.transaction.inAnyBlock) {
      const before = state.settings.snapshot()
      assign(state, name, second === null ? undefined : [second ?? ''], { local, asIs: true })
      const { value } = state.settings.show(name)
      state.settings.restore(before)
      return value
    }
    assign(state, name, second === null ? undefined : [second ?? ''], { local, asIs: true })
    return state.settings.show(name).value
  })
  return textRows([row])
}

/** Who one is, is for SET ROLE to say, a statement of its own: a function in a query might be handed any text. */
function refuseIdentity(name: string): void {
  if (!/^(role|session_authorization)$/i.test(name)) return
  throw new EngineError(
    SQLSTATE.insufficientPrivilege,
    `permission denied to set parameter "${name.toLowerCase()}" with set_config`,
    { hint: 'Use SET ROLE, to a role that the principals file gives the user' },
  )
}

function isKnown(state: SessionState, name: string): boolean {
  return settingDefinition(name) !== undefined || state.settings.isSet(name.toLowerCase())
}

/** LOCK TABLE ... IN ACCESS SHARE MODE: what reading takes anyway. Checks that the tables are there. */
export async function runLock(
  state: SessionState,
  relations: readonly string[],
  accessShare: boolean,
): Promise<string> {
  state.transaction.requireAnyBlock('LOCK TABLE')
  if (!accessShare) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      'LOCK TABLE is only supported IN ACCESS SHARE MODE',
      { hint: READ_ONLY_HINT },
    )
  }
  for (const relation of relations) {
    await analyze(state, new StatementText(`SELECT FROM ${relation}`), [])
  }
  return 'LOCK TABLE'
}

export const READ_ONLY_HINT =
  'Tributary only reads: change data and definitions at the source they live in'
