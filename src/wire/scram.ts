/**
 * SCRAM-SHA-256 (RFC 5802, RFC 7677), the server's side, without channel binding. One exchange per instance.
 * For an unknown user the exchange runs to its end over a made-up verifier, so that nobody learns who exists.
 */
import { createHash, createHmac, pbkdf2, randomBytes, timingSafeEqual } from 'node:crypto'
import { promisify } from 'node:util'
import { EngineError, SQLSTATE } from '../errors.js'

export const SCRAM_MECHANISM = 'SCRAM-SHA-256'
/** Iterations for clear passwords and made-up verifiers: PostgreSQL's default, so that they look alike. */
export const SCRAM_ITERATIONS = 4096

const derive = promisify(pbkdf2)

/** What the server keeps instead of a password. */
export interface ScramVerifier {
  readonly iterations: number
  readonly salt: Buffer
  readonly storedKey: Buffer
  readonly serverKey: Buffer
}

/** Reads `SCRAM-SHA-256$<iterations>:<salt>$<stored key>:<server key>`; undefined when the text is no verifier. */
export function parseVerifier(text: string): ScramVerifier | undefined {
  const match =
    /^SCRAM-SHA-256\$(\d{1,9}):([A-Za-z0-9+/=]+)\$([A-Za-z0-9+/=]+):([A-Za-z0-9+/=]+)$/.exec(text)
  if (match === null) return undefined
  const [salt, storedKey, serverKey] = [match[2], match[3], match[4]].map((part) =>
    Buffer.from(part ?? '', 'base64'),
  ) as [Buffer, Buffer, Buffer]
  if (storedKey.byteLength !== 32 || serverKey.byteLength !== 32) return undefined
  return { iterations: Number(match[1]), salt, storedKey, serverKey }
}

/** Derives the verifier of a clear password. */
export async function verifierOfPassword(
  password: string,
  salt: Buffer,
  iterations = SCRAM_ITERATIONS,
): Promise<ScramVerifier> {
  const salted = await derive(preparePassword(password), salt, iterations, 32, 'sha256')
  return {
    iterations,
    salt,
    storedKey: createHash('sha256').update(hmac(salted, 'Client Key')).digest(),
    serverKey: hmac(salted, 'Server Key'),
  }
}

/** Prints a verifier as catalog files keep it. */
export function formatVerifier(verifier: ScramVerifier): string {
  const { iterations, salt, storedKey, serverKey } = verifier
  const [saltText, stored, server] = [salt, storedKey, serverKey].map((b) => b.toString('base64'))
  return `${SCRAM_MECHANISM}$${iterations}:${saltText}$${stored}:${server}`
}

/** One exchange: client-first in, server-first out, client-final in, server-final out. */
export class ScramExchange {
  readonly #verifier: ScramVerifier
  readonly #genuine: boolean
  #clientFirstBare = ''
  #serverFirst = ''
  #nonce = ''
  #header = ''

  /** `genuine` false: the verifier is made up, and no password will do. */
  constructor(verifier: ScramVerifier, genuine: boolean) {
    this.#verifier = verifier
    this.#genuine = genuine
  }

  /** Answers the client's first message. */
  start(clientFirst: string): string {
    const match =
      /^(([nyp])(?:=([^,]*))?,(a=[^,]*)?,)((m=[^,]*,)?n=[^,]*,r=([!-+\--~]+)(?:,.*)?)$/.exec(
        clientFirst,
      )
    if (match === null) throw malformed('The message does not match the expected format.')
    if (match[2] === 'p') {
      throw malformed(
        'The client selected SCRAM-SHA-256 without channel binding, but its message asks for it.',
      )
    }
    if (match[4] !== undefined) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        'client uses authorization identity, but it is not supported',
      )
    }
    if (match[6] !== undefined) {
      throw new EngineError(
        SQLSTATE.featureNotSupported,
        'client requires an unsupported SCRAM extension',
      )
    }
    this.#header = match[1] ?? ''
    this.#clientFirstBare = match[5] ?? ''
    this.#nonce = `${match[7]}${randomBytes(18).toString('base64')}`
    const { salt, iterations } = this.#verifier
    this.#serverFirst = `r=${this.#nonce},s=${salt.toString('base64')},i=${iterations}`
    return this.#serverFirst
  }

  /** Checks the client's proof; undefined when the password is wrong (or there is none). */
  finish(clientFinal: string): string | undefined {
    const match = /^((c=[A-Za-z0-9+/=]+),r=([^,]+)(?:,.*)?),p=([A-Za-z0-9+/=]+)$/.exec(clientFinal)
    if (match === null) throw malformed('The message does not match the expected format.')
    const [, withoutProof, binding, nonce, proofText] = match as unknown as readonly string[]
    if (binding !== `c=${Buffer.from(this.#header).toString('base64')}`) {
      throw malformed('unexpected SCRAM channel-binding attribute in client-final-message')
    }
    if (nonce !== this.#nonce) throw malformed('Nonce does not match.')
    const proof = Buffer.from(proofText ?? '', 'base64')
    if (proof.byteLength !== 32) throw malformed('Malformed proof in client-final-message.')

    const signed = `${this.#clientFirstBare},${this.#serverFirst},${withoutProof}`
    const signature = hmac(this.#verifier.storedKey, signed)
    const clientKey = Buffer.from(proof.map((byte, index) => byte ^ (signature[index] ?? 0)))
    const storedKey = createHash('sha256').update(clientKey).digest()
    const matches = timingSafeEqual(storedKey, this.#verifier.storedKey)
    if (!matches || !this.#genuine) return undefined
    return `v=${hmac(this.#verifier.serverKey, signed).toString('base64')}`
  }
}

/** SASLprep as far as passwords need it: spaces unified, invisible characters dropped, compatibility forms folded. */
function preparePassword(password: string): string {
  if (/^[\x00-\x7f]*$/.test(password)) return password
  return password
    .replace(/[\u00a0\u1680\u2000-\u200b\u202f\u205f\u3000]/g, ' ')
    .replace(/[\u00ad\u034f\u1806\u180b-\u180d\u200c\u200d\u2060\ufe00-\ufe0f\ufeff]/g, '')
    .normalize('NFKC')
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}

function malformed(detail: string): EngineError {
  return new EngineError(SQLSTATE.protocolViolation, 'malformed SCRAM message', {
    detail,
    category: 'user',
  })
}
