/** Makes a connection print and read values as the session does. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../session/settings/value-settings.js'
import { queryMessage } from './protocol-messages.js'
import { runSilently } from './statement-run.js'
import type { WireConnection } from './wire-connection.js'

/** The settings by PostgreSQL's names. */
export function namedSettings(
  values: ValueSettings = DEFAULT_VALUE_SETTINGS,
): Readonly<Record<string, string>> {
  return {
    timezone: values.timeZone,
    datestyle: values.dateStyle,
    intervalstyle: values.intervalStyle,
    extra_float_digits: String(values.extraFloatDigits),
    bytea_output: values.byteaOutput,
  }
}

const NAMES = new Set([
  'timezone',
  'datestyle',
  'intervalstyle',
  'extra_float_digits',
  'bytea_output',
])

/** Sets what differs from what the connection has; other settings of the session do not concern it. */
export async function applySettings(
  source: SourceDefinition,
  connection: WireConnection,
  settings: Readonly<Record<string, string>>,
): Promise<void> {
  const changes: (readonly [string, string])[] = []
  for (const [name, value] of Object.entries({ ...namedSettings(), ...lowerCaseNames(settings) })) {
    if (connection.settings.get(name) !== value) changes.push([name, value])
  }
  if (changes.length === 0) return
  const sql = changes
    .map(([name, value]) => `SELECT pg_catalog.set_config('${name}', ${quoted(value)}, false)`)
    .join('; ')
  await runSilently(source, connection, queryMessage(sql))
  for (const [name, value] of changes) connection.settings.set(name, value)
}

function lowerCaseNames(settings: Readonly<Record<string, string>>): Record<string, string> {
  return Object.fromEntries(
    Object.entries(settings)
      .map(([name, value]) => [name.toLowerCase(), value] as const)
      .filter(([name]) => NAMES.has(name)),
  )
}

function quoted(value: string): string {
  return `'${value.replaceAll("'", "''")}'`
}
