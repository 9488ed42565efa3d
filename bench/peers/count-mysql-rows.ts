/**
 * Counts the rows in a MySQL connection, of queries, prepared statements and cursors. The server's greeting is changed so that the
 * client asks for none of the extensions that would make the packets ambiguous: encryption, compression, results without EOF packets,
 * and MariaDB's own.
 */
import { readsTables, type Watcher } from './watcher.js'
import { PacketReader } from './packet-reader.js'

const COMMAND = { quit: 1, query: 3, fieldList: 4, prepare: 0x16, execute: 0x17, data: 0x18, close: 0x19, fetch: 0x1c } as const // prettier-ignore
const SILENT: ReadonlySet<number> = new Set([COMMAND.quit, COMMAND.data, COMMAND.close])
const HAS_CURSOR = 0x40
const MORE_RESULTS = 0x08

interface Command {
  readonly code: number
  readonly isRead: boolean
}

/** Watches one connection; calls `count` with the bytes of each row. */
export function watchMysql(count: (bytes: number) => void): Watcher {
  let phase: 'greeting' | 'login' | 'commands' = 'greeting'
  const commands: Command[] = []
  /** Prepared statements that read tables. */
  const reading = new Set<number>()
  let stage: 'first' | 'skip' | 'definitions' | 'rows' = 'first'
  let left = 0

  const bodySize = (header: Buffer): number => header.readUIntLE(0, 3)
  const client = new PacketReader(
    () => 4,
    bodySize,
    (header, start) => {
      if (phase !== 'commands' || header[3] !== 0) return
      const code = start[0]!
      if (SILENT.has(code)) return
      const isPrepared = code === COMMAND.execute || code === COMMAND.fetch
      const isRead = isPrepared
        ? reading.has(start.readUInt32LE(1))
        : readsTables(start.toString('latin1', 1))
      commands.push({ code, isRead })
    },
  )
  const done = (): void => {
    commands.shift()
    stage = 'first'
  }
  const answer = (command: Command, start: Buffer, size: number): void => {
    const first = start[0]!
    const isEnd = first === 0xfe && size < 9
    if (first === 0xff) return done()
    if (stage === 'first' && command.code === COMMAND.fetch) stage = 'rows'
    switch (stage) {
      case 'first':
        if (command.code === COMMAND.prepare) {
          if (command.isRead) reading.add(start.readUInt32LE(1))
          const [columns, parameters] = [start.readUInt16LE(5), start.readUInt16LE(7)]
          left = (columns > 0 ? columns + 1 : 0) + (parameters > 0 ? parameters + 1 : 0)
          if (left === 0) done()
          else stage = 'skip'
        } else if (command.code === COMMAND.fieldList) {
          if (isEnd) done()
        } else if (
          first === 0 ||
          (command.code !== COMMAND.query && command.code !== COMMAND.execute)
        ) {
          done()
        } else stage = 'definitions'
        break
      case 'skip':
        if (--left === 0) done()
        break
      case 'definitions':
        if (!isEnd) break
        if ((start.readUInt16LE(3) & HAS_CURSOR) !== 0) done()
        else stage = 'rows'
        break
      case 'rows':
        if (!isEnd) {
          if (command.isRead) count(size)
        } else if ((start.readUInt16LE(3) & MORE_RESULTS) !== 0) stage = 'first'
        else done()
    }
  }
  const server = new PacketReader(
    () => 4,
    bodySize,
    (_header, start, size) => {
      if (phase === 'greeting') phase = 'login'
      else if (phase === 'login') {
        if (start[0] === 0) phase = 'commands'
      } else if (commands[0] !== undefined) answer(commands[0], start, size)
    },
  )
  return {
    fromClient: (chunk) => client.push(chunk),
    fromServer(chunk) {
      if (phase === 'greeting') makePlain(chunk)
      server.push(chunk)
    },
  }
}

/** Takes the extensions out of a greeting, which comes in one piece. */
function makePlain(greeting: Buffer): void {
  const capabilities = greeting.indexOf(0, 5) + 1 + 4 + 8 + 1
  const clear = (at: number, bits: number): void => {
    greeting.writeUInt16LE(greeting.readUInt16LE(at) & ~bits, at)
  }
  clear(capabilities, 0x0020 | 0x0800)
  clear(capabilities + 5, 0x0100)
  greeting.fill(0, capabilities + 14, capabilities + 18)
}
