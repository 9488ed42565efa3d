/** What a startup packet asks for: protocol version, user, database, settings. */
import { EngineError, SQLSTATE } from '../errors.js'
import type { BackendMessage, StartupPacket } from './messages.js'

/** The newest minor version of protocol 3 that is spoken here. */
const NEWEST_MINOR = 2

export interface StartupRequest {
  readonly user: string
  readonly database: string | undefined
  /** Settings by name, `options=-c ...` first, as PostgreSQL applies them. */
  readonly settings: readonly (readonly [string, string])[]
  /** Cancel keys grew in 3.2. */
  readonly minor: number
  /** What to answer when the client asked for more than there is. */
  readonly negotiation: BackendMessage | undefined
}

/** Reads a startup packet; refuses other protocols and connections without a user. */
export function readStartup(packet: Extract<StartupPacket, { kind: 'startup' }>): StartupRequest {
  const { major, minor, parameters } = packet
  if (major !== 3) {
    throw new EngineError(
      SQLSTATE.featureNotSupported,
      `unsupported frontend protocol ${major}.${minor}: server supports 3.0 to 3.${NEWEST_MINOR}`,
    )
  }
  const unrecognized: string[] = []
  const settings: (readonly [string, string])[] = []
  const options = parameters.get('options')
  if (options !== undefined) settings.push(...commandLineSettings(options))
  for (const [name, value] of parameters) {
    if (name.startsWith('_pq_.')) unrecognized.push(name)
    else if (!['user', 'database', 'options', 'replication'].includes(name)) {
      settings.push([name, value])
    }
  }
  const user = parameters.get('user')
  if (user === undefined || user === '') {
    throw new EngineError(
      SQLSTATE.invalidAuthorization,
      'no PostgreSQL user name specified in startup packet',
    )
  }
  const replication = parameters.get('replication')
  if (replication !== undefined && !/^(f|n|0|off)/i.test(replication)) {
    throw new EngineError(SQLSTATE.featureNotSupported, 'Replication is not supported')
  }
  const spoken = Math.min(minor, NEWEST_MINOR)
  const negotiate = minor > NEWEST_MINOR || unrecognized.length > 0
  return {
    user,
    database: parameters.get('database') || undefined,
    settings,
    minor: spoken,
    negotiation: negotiate
      ? { kind: 'negotiate-protocol-version', version: (3 << 16) | spoken, unrecognized }
      : undefined,
  }
}

/** Reads `-c name=value` and `--name=value`; a backslash keeps the character behind it. */
export function commandLineSettings(options: string): readonly (readonly [string, string])[] {
  const words = [...options.matchAll(/(?:\\[\s\S]|[^\s\\])+/g)].map(([word]) =>
    word.replace(/\\([\s\S])/g, '$1'),
  )
  const settings: (readonly [string, string])[] = []
  for (let index = 0; index < words.length; index++) {
    const word = words[index] ?? ''
    let assignment: string | undefined
    if (word === '-c') assignment = words[++index]
    else if (word.startsWith('-c')) assignment = word.slice(2)
    else if (word.startsWith('--')) assignment = word.slice(2)
    else {
      throw new EngineError(
        SQLSTATE.syntaxError,
        `invalid command-line argument for server process: ${word}`,
      )
    }
    const equals = assignment?.indexOf('=') ?? -1
    if (assignment === undefined || equals < 1) {
      throw new EngineError(SQLSTATE.syntaxError, `-c ${assignment ?? ''} requires a value`)
    }
    // On a command line dashes stand for underscores.
    settings.push([assignment.slice(0, equals).replaceAll('-', '_'), assignment.slice(equals + 1)])
  }
  return settings
}
