/**
 * A socket whose bytes come in one buffer, over and over, rather than in a new one each time: a large result would otherwise leave
 * the garbage collector thousands of buffers. In a long answer reading rests after each read that emptied the socket: servers send
 * a few kilobytes at a time, and waking up for each of them costs more than all else that is done with their rows.
 */
import { Socket, type SocketConstructorOpts, type TcpSocketConnectOpts } from 'node:net'
import type { Duplex } from 'node:stream'

const BUFFER_BYTES = 262_144

/** An answer is long from here on: the wait below is nothing to it. */
const LONG_ANSWER = 1 << 20
/** A read of fewer bytes than this has emptied the socket: the next one is put off. */
const LARGE_READ = 49_152
/** How long bytes may then gather in the socket, ms: no longer than it has room for them. */
const REST = 4

// One serves all sockets of a thread: what was read is taken before anything else is read.
const buffer = Buffer.allocUnsafeSlow(BUFFER_BYTES)

/** What comes from a server, chunk by chunk. */
export interface Inflow {
  /** From now on `take` gets each chunk; its bytes are only valid during the call. */
  startTaking(take: (chunk: Buffer) => void): void
  /** Something was sent: what comes now is its answer. */
  startAnswer(): void
  /** Stops reading, so that the server stops sending. */
  pause(): void
  /** Reads on. */
  resume(): void
}

/** The inflow of a connection that a driver has opened: `reused` where the driver stayed with that socket. */
export function inflowOf(stream: Duplex, reused: ReusedBuffer | undefined): Inflow {
  stream.removeAllListeners('data')
  if (stream === reused?.socket) return reused
  return {
    startTaking: (take) => void stream.on('data', take),
    startAnswer: () => undefined,
    pause: () => void stream.pause(),
    resume: () => void stream.resume(),
  }
}

/** A socket, and where its bytes go. Until somebody takes them they are `data` events, and copies, as of any socket. */
export class ReusedBuffer implements Inflow {
  /** Not connected yet. */
  readonly socket: Socket
  #take: ((chunk: Buffer) => void) | undefined
  /** Bytes of the answer so far. */
  #answered = 0
  #isPaused = false
  #timer: NodeJS.Timeout | undefined

  constructor() {
    const onread: TcpSocketConnectOpts['onread'] = {
      buffer,
      callback: (length: number): boolean => {
        const chunk = buffer.subarray(0, length)
        if (this.#take === undefined) this.socket.emit('data', Buffer.from(chunk))
        else this.#take(chunk)
        return this.#readsOn(length)
      },
    }
    // The constructor is what reads this option, though it is typed as one of connect().
    const options: SocketConstructorOpts & Pick<TcpSocketConnectOpts, 'onread'> = { onread }
    this.socket = new Socket(options)
  }

  startTaking(take: (chunk: Buffer) => void): void {
    this.#take = take
  }

  startAnswer(): void {
    this.#answered = 0
  }

  pause(): void {
    this.#isPaused = true
    this.socket.pause()
  }

  resume(): void {
    this.#isPaused = false
    if (this.#timer === undefined) this.socket.resume()
  }

  #readsOn(length: number): boolean {
    this.#answered += length
    if (length >= LARGE_READ || this.#answered < LONG_ANSWER) return true
    this.#timer ??= setTimeout(() => {
      this.#timer = undefined
      if (!this.#isPaused) this.socket.resume()
    }, REST)
    return false
  }
}
