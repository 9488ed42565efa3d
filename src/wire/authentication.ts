/**
 * Decides who may connect: trust on loopback where no password is set, SCRAM-SHA-256 otherwise. A user who does not
 * exist meets the same exchange and the same refusal as one with the wrong password.
 */
import { createHmac, randomBytes } from 'node:crypto'
import type { Catalog, UserDefinition } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import { decodeUtf8 } from '../session/client-text.js'
import {
  parseVerifier,
  SCRAM_ITERATIONS,
  SCRAM_MECHANISM,
  ScramExchange,
  verifierOfPassword,
} from './scram.js'
import type { ScramVerifier } from './scram.js'
import { BodyReader } from './message-parser.js'
import type { BackendMessage } from './messages.js'

/** How the authenticator talks to the client. */
export interface AuthenticationChannel {
  send(message: BackendMessage): void
  /** The body of the client's next password message. */
  receive(): Promise<Uint8Array>
}

/** Keeps what one server needs to authenticate: the secret behind made-up salts, verifiers of clear passwords. */
export class Authenticator {
  readonly #secret = randomBytes(32)
  readonly #derived = new Map<string, { password: string; verifier: Promise<ScramVerifier> }>()

  /** Lets the user in, or throws 28P01. Sends everything up to, but not including, AuthenticationOk. */
  async authenticate(
    user: string,
    catalog: Catalog,
    remoteAddress: string | undefined,
    channel: AuthenticationChannel,
  ): Promise<void> {
    const { principals } = catalog
    const definition = Object.hasOwn(principals.users, user) ? principals.users[user] : undefined
    if (isLoopback(remoteAddress)) {
      if (principals.open) return
      if (definition !== undefined && definition.password === undefined) return
    }
    const verifier = await this.#verifierOf(user, definition)
    const genuine = definition?.password !== undefined
    channel.send({ kind: 'authentication-sasl', mechanisms: [SCRAM_MECHANISM] })

    const initial = new BodyReader(await channel.receive())
    const mechanism = initial.string()
    if (mechanism !== SCRAM_MECHANISM) {
      throw new EngineError(
        SQLSTATE.protocolViolation,
        'client selected an invalid SASL authentication mechanism',
        { category: 'user' },
      )
    }
    const exchange = new ScramExchange(verifier, genuine)
    const first = exchange.start(decodeUtf8(initial.value() ?? new Uint8Array()))
    channel.send({ kind: 'authentication-sasl-continue', data: first })
    const final = exchange.finish(decodeUtf8(await channel.receive()))
    if (final === undefined) {
      throw new EngineError(
        SQLSTATE.invalidPassword,
        `password authentication failed for user "${user}"`,
        { category: 'policy' },
      )
    }
    channel.send({ kind: 'authentication-sasl-final', data: final })
  }

  async #verifierOf(user: string, definition: UserDefinition | undefined): Promise<ScramVerifier> {
    const password = definition?.password
    const salt = createHmac('sha256', this.#secret).update(user).digest().subarray(0, 16)
    if (password === undefined) {
      const key = createHmac('sha256', this.#secret).update(`key ${user}`).digest()
      return { iterations: SCRAM_ITERATIONS, salt, storedKey: key, serverKey: key }
    }
    const stored = parseVerifier(password)
    if (stored !== undefined) return stored
    const known = this.#derived.get(user)
    if (known?.password === password) return known.verifier
    const verifier = verifierOfPassword(password, salt)
    this.#derived.set(user, { password, verifier })
    return verifier
  }
}

/** Tells whether a peer address is this machine. */
export function isLoopback(address: string | undefined): boolean {
  if (address === undefined) return false
  return address === '::1' || /^(::ffff:)?127\./.test(address)
}
