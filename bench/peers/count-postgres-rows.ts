/** Counts the rows in a PostgreSQL connection: DataRow messages, and those of COPY. */
import { readsTables, type Watcher } from './watcher.js'
import { PacketReader } from './packet-reader.js'

const ENCRYPTION_REQUESTS = new Set([80877103, 80877104])

/** Watches one connection; calls `count` with the bytes of each row. */
export function watchPostgres(count: (bytes: number) => void): Watcher {
  let isStarted = false
  /** Answers of one byte to requests for encryption that are still to come. */
  let bareBytes = 0
  let isRead = false
  const client = new PacketReader(
    () => (isStarted ? 5 : 4),
    (header) => header.readInt32BE(header.length - 4) - 4,
    (header, start) => {
      if (!isStarted) {
        if (ENCRYPTION_REQUESTS.has(start.readInt32BE(0))) bareBytes++
        else isStarted = true
        return
      }
      const type = String.fromCharCode(header[0]!)
      if (type !== 'Q' && type !== 'P') return
      const text = start.toString('latin1')
      // Parse names the prepared statement first.
      isRead = readsTables(type === 'Q' ? text : text.slice(text.indexOf('\0') + 1))
    },
  )
  const server = new PacketReader(
    () => {
      if (bareBytes === 0) return 5
      bareBytes--
      return -1
    },
    (header) => header.readInt32BE(1) - 4,
    (header, start, size) => {
      const type = String.fromCharCode(header[0]!)
      // A binary COPY ends with a message of two bytes that is no row.
      const isRow = type === 'D' || (type === 'd' && !(size === 2 && start.readInt16BE(0) === -1))
      if (isRow && isRead) count(size)
    },
  )
  return {
    fromClient: (chunk) => client.push(chunk),
    fromServer: (chunk) => server.push(chunk),
  }
}
