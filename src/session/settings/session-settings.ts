/**
 * A session's settings: what the client has SET, on top of what it asked for at connection, on top of the defaults.
 * Values live in maps that are replaced, never changed, so that a transaction can keep a reference and go back to it.
 */
import { EngineError, SQLSTATE } from '../../errors.js'
import { timeZoneOfInterval } from './date-time-settings.js'
import { settingDefinition, settingDefinitions } from './setting-definitions.js'
import type { SettingDefinition } from './setting-definitions.js'
import { canonicalSetting, displaySetting } from './setting-value.js'

export interface SetOptions {
  /** SET LOCAL. */
  readonly local: boolean
  readonly verb?: 'SET' | 'RESET'
  /** The value is the text of an interval. */
  readonly interval?: boolean
  /** The text is the whole value, also of a list: set_config. */
  readonly asIs?: boolean
}

type Values = ReadonlyMap<string, string>

/** All that SET has done so far; kept by transactions and savepoints. */
export interface SettingsSnapshot {
  readonly session: Values
  readonly local: Values
}

const TRANSACTION_MODES = [
  'transaction_isolation',
  'transaction_read_only',
  'transaction_deferrable',
] as const

/** A transaction's modes, which default to the session's (`default_*`). */
export const TRANSACTION_MODE = new RegExp(`^(${TRANSACTION_MODES.join('|')})$`, 'i')

/** Identity and transaction modes: the session's own, never the analyzer's. */
export const OWN_SETTINGS = [...TRANSACTION_MODES, 'role', 'session_authorization'] as const
const NOT_PASSED_ON = new RegExp(`^(${OWN_SETTINGS.join('|')})$`)

const NOTHING: Values = new Map()

/** Settings that are lists of identifiers: quoted where needed, joined by commas. */
const LISTS = new Set([
  'search_path',
  'datestyle',
  'temp_tablespaces',
  'session_preload_libraries',
  'local_preload_libraries',
  'restrict_nonsystem_relation_kind',
  'createrole_self_grant',
  'wal_consistency_checking',
  'log_destination',
])
const QUOTED_LISTS = new Set(['search_path', 'temp_tablespaces'])

/** Holds and checks the settings of one session. */
export class SessionSettings {
  /** What the client gave at connection: RESET goes back to it. */
  #base: Map<string, string>
  #session: Values = NOTHING
  #local: Values = NOTHING
  #revision = 0

  /** `defaults`: by lower-case name, e.g. of the catalog. */
  constructor(defaults: Readonly<Record<string, string>>) {
    this.#base = new Map(Object.entries(defaults))
  }

  /** Changes whenever a value may have changed. */
  get revision(): number {
    return this.#revision
  }

  snapshot(): SettingsSnapshot {
    return { session: this.#session, local: this.#local }
  }

  /** Goes back to a snapshot: ROLLBACK. */
  restore(snapshot: SettingsSnapshot): void {
    if (this.#session === snapshot.session && this.#local === snapshot.local) return
    this.#session = snapshot.session
    this.#local = snapshot.local
    this.#revision++
  }

  /** Ends what SET LOCAL did: COMMIT. */
  dropLocal(): void {
    if (this.#local.size === 0) return
    this.#local = NOTHING
    this.#revision++
  }

  /** Takes a value from the startup packet as the session's default. */
  setBase(name: string, text: string): void {
    const key = name.toLowerCase()
    this.#base.set(key, this.#checked(name, text))
    this.#revision++
  }

  /** Sets a default without checking it: facts of the server. */
  setFact(name: string, value: string): void {
    this.#base.set(name.toLowerCase(), value)
    this.#revision++
  }

  /** SET. `values` as written; undefined: back to the default. */
  set(name: string, values: readonly string[] | undefined, options: SetOptions): void {
    const key = name.toLowerCase()
    if (values === undefined) return this.#reset(name, key, options)
    const text = options.interval
      ? timeZoneOfInterval(values[0] ?? '')
      : options.asIs
        ? (values[0] ?? '')
        : joined(name, key, values)
    this.#put(key, options.interval ? text : this.#checked(name, text), options.local)
  }

  /** RESET ALL. */
  resetAll(): void {
    // Identity and the running transaction's modes stay as they are; custom names stay known, with nothing in them.
    const keep = (values: Values): Values =>
      new Map(
        [...values].flatMap(([key, value]) => {
          if (NOT_PASSED_ON.test(key)) return [[key, value] as const]
          const custom = settingDefinition(key) === undefined && !this.#base.has(key)
          return custom ? [[key, ''] as const] : []
        }),
      )
    this.#session = keep(this.#session)
    this.#local = keep(this.#local)
    this.#revision++
  }

  /** A canonical value by lower-case name; numbers in base units. Throws 42704 for an unknown name. */
  get(name: string): string {
    const key = name.toLowerCase()
    const value = this.#local.get(key) ?? this.#session.get(key) ?? this.#base.get(key)
    if (value !== undefined) return value
    return (settingDefinition(key) ?? unknownSetting(name)).defaultValue
  }

  /** Tells whether the client, or its connection, has given the setting a value. */
  isSet(name: string): boolean {
    return this.#known(name.toLowerCase())
  }

  /** SHOW: the column's name and the value as printed; a transaction's modes default to the session's. */
  show(name: string): { readonly name: string; readonly value: string } {
    const definition = settingDefinition(name)
    if (definition?.visibility === 'hidden') {
      throw new EngineError(
        SQLSTATE.insufficientPrivilege,
        `permission denied to examine "${definition.name}"`,
        {
          detail:
            'Only roles with privileges of the "pg_read_all_settings" role may examine this parameter.',
        },
      )
    }
    const inherits = TRANSACTION_MODE.test(name) && !this.isSet(name)
    const value = this.get(inherits ? `default_${name}` : name)
    if (definition === undefined) return { name, value }
    return { name: definition.name, value: displaySetting(definition, value) }
  }

  /** SHOW ALL: name and printed value of every setting a user may see. */
  showAll(): readonly { readonly name: string; readonly value: string }[] {
    const custom = [...this.#base.keys(), ...this.#session.keys(), ...this.#local.keys()]
      .filter((key) => settingDefinition(key) === undefined)
      .map((key) => this.show(key))
    const known = [...settingDefinitions()]
      .filter((definition) => definition.visibility === 'all')
      .map((definition) => this.show(definition.name))
    const order = (a: { name: string }, b: { name: string }): number =>
      a.name.toLowerCase() < b.name.toLowerCase() ? -1 : 1
    return [...known, ...custom].sort(order)
  }

  /** What the client has SET or asked for at connection and the analyzer may take over, by lower-case name, as SHOW prints it. */
  changed(): Readonly<Record<string, string>> {
    const all = new Map([...this.#base, ...this.#session, ...this.#local])
    const shown = [...all.keys()]
      .filter((key) => !NOT_PASSED_ON.test(key))
      .map((key) => [key, this.show(key).value] as const)
    return Object.fromEntries(shown)
  }

  #put(key: string, value: string, local: boolean): void {
    if (local) this.#local = new Map(this.#local).set(key, value)
    else {
      this.#session = new Map(this.#session).set(key, value)
      if (this.#local.has(key)) this.#local = without(this.#local, key)
    }
    this.#revision++
  }

  #reset(name: string, key: string, options: SetOptions): void {
    const definition = settingDefinition(key)
    if (definition === undefined) {
      if (!this.#known(key) && !isCustomName(name)) unknownSetting(name)
      // A custom name stays known, with nothing in it.
      this.#put(key, this.#base.get(key) ?? '', options.local)
      return
    }
    if (options.verb === 'RESET' && TRANSACTION_MODE.test(key)) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        `parameter "${definition.name}" cannot be reset`,
      )
    }
    requireChangeable(definition)
    if (options.local) {
      this.#put(key, this.#base.get(key) ?? definition.defaultValue, true)
      return
    }
    this.#session = without(this.#session, key)
    this.#local = without(this.#local, key)
    this.#revision++
  }

  #known(key: string): boolean {
    return this.#local.has(key) || this.#session.has(key) || this.#base.has(key)
  }

  #checked(name: string, text: string): string {
    const definition = settingDefinition(name)
    if (definition === undefined) {
      if (!name.includes('.')) unknownSetting(name)
      if (name.toLowerCase().startsWith('tributary.')) unknownSetting(name)
      if (isCustomName(name)) return text
      throw new EngineError('42602', `invalid configuration parameter name "${name}"`, {
        detail: 'Custom parameter names must be two or more simple identifiers separated by dots.',
      })
    }
    requireChangeable(definition)
    const value = canonicalSetting(definition, text, this.get(definition.name))
    if (definition.name === 'standard_conforming_strings' && value === 'off') {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        'standard_conforming_strings off is not supported',
        { hint: "Write string literals with escapes as E'...'" },
      )
    }
    return value
  }
}

function isCustomName(name: string): boolean {
  return /^[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*(\.[A-Za-z_\u0080-\uffff][\w$\u0080-\uffff]*)+$/.test(
    name,
  )
}

function requireChangeable({ name, context }: SettingDefinition): void {
  switch (context) {
    case 'user':
      return
    case 'internal':
      throw cannotChange(`parameter "${name}" cannot be changed`)
    case 'postmaster':
      throw cannotChange(`parameter "${name}" cannot be changed without restarting the server`)
    case 'sighup':
      throw cannotChange(`parameter "${name}" cannot be changed now`)
    case 'backend':
    case 'superuser-backend':
      throw cannotChange(`parameter "${name}" cannot be set after connection start`)
    default:
      throw new EngineError(
        SQLSTATE.insufficientPrivilege,
        `permission denied to set parameter "${name}"`,
      )
  }
}

function cannotChange(message: string): EngineError {
  return new EngineError('55P02', message)
}

function unknownSetting(name: string): never {
  throw new EngineError(SQLSTATE.undefinedObject, `unrecognized configuration parameter "${name}"`)
}

function joined(name: string, key: string, values: readonly string[]): string {
  if (!LISTS.has(key)) {
    if (values.length > 1) {
      throw new EngineError(SQLSTATE.invalidParameterValue, `SET ${name} takes only one argument`)
    }
    return values[0] ?? ''
  }
  return values.map((value) => (QUOTED_LISTS.has(key) ? quoteIfNeeded(value) : value)).join(', ')
}

/** Words that PostgreSQL's quote_identifier would quote although they look plain. */
const RESERVED =
  /^(all|analyse|analyze|and|any|array|as|asc|asymmetric|both|case|cast|check|collate|column|constraint|create|default|deferrable|desc|distinct|do|else|end|except|false|fetch|for|foreign|from|grant|group|having|in|initially|intersect|into|lateral|leading|limit|localtime|not|null|offset|on|only|or|order|placing|primary|references|returning|select|session_user|some|symmetric|system_user|table|then|to|trailing|true|union|unique|user|using|variadic|when|where|window|with|current_[a-z]+)$/

function quoteIfNeeded(name: string): string {
  if (/^[a-z_][a-z0-9_]*$/.test(name) && !RESERVED.test(name)) return name
  return `"${name.replaceAll('"', '""')}"`
}

function without(values: Values, key: string): Values {
  if (!values.has(key)) return values
  const copy = new Map(values)
  copy.delete(key)
  return copy
}
