/** The server's side of SCRAM-SHA-256. */
import { createHash, createHmac, pbkdf2Sync, randomBytes, timingSafeEqual } from 'node:crypto'

const ITERATIONS = 15_000

/** One authentication: takes the client's messages, gives the server's; undefined: refused. */
export class ScramExchange {
  readonly #accounts: Readonly<Record<string, string>>
  readonly #salt = randomBytes(16)
  #first = ''
  #salted: Buffer | undefined

  constructor(accounts: Readonly<Record<string, string>>) {
    this.#accounts = accounts
  }

  /** Answers the client's first message. */
  start(message: string): string {
    const bare = message.replace(/^n,,/, '')
    const user = /n=([^,]*)/.exec(bare)?.[1]?.replaceAll('=3D', '=').replaceAll('=2C', ',') ?? ''
    const nonce = `${/r=([^,]*)/.exec(bare)?.[1] ?? ''}${randomBytes(18).toString('base64')}`
    const password = this.#accounts[user]
    // An unknown user is refused at the end, like a wrong password.
    this.#salted = pbkdf2Sync(password ?? randomBytes(8), this.#salt, ITERATIONS, 32, 'sha256')
    const answer = `r=${nonce},s=${this.#salt.toString('base64')},i=${ITERATIONS}`
    this.#first = `${bare},${answer}`
    return answer
  }

  /** Answers the client's proof; undefined: it is wrong. */
  finish(message: string): string | undefined {
    const proof = Buffer.from(/,p=([^,]*)$/.exec(message)?.[1] ?? '', 'base64')
    const exchange = `${this.#first},${message.replace(/,p=[^,]*$/, '')}`
    const clientKey = hmac(this.#salted!, 'Client Key')
    const storedKey = createHash('sha256').update(clientKey).digest()
    const signature = hmac(storedKey, exchange)
    const expected = Buffer.from(clientKey.map((byte, i) => byte ^ signature[i]!))
    if (proof.length !== expected.length || !timingSafeEqual(proof, expected)) return undefined
    return `v=${hmac(hmac(this.#salted!, 'Server Key'), exchange).toString('base64')}`
  }
}

function hmac(key: Buffer, text: string): Buffer {
  return createHmac('sha256', key).update(text).digest()
}
