/** MongoDB's test server with documents to read, as a process of its own: prints its port, ends with its parent. */
import { BSON } from 'mongodb'
import { startMongodb } from '../../tests/servers/mongodb.js'

const count = Number(process.argv[2])
const server = await startMongodb({ remembers: true })
server.load(
  'events',
  Array.from({ length: count }, (_, i) => ({
    _id: new BSON.ObjectId(i.toString(16).padStart(24, '0')),
    kind: new BSON.Int32(i % 17),
    customer: BSON.Long.fromNumber(i * 31),
    amount: BSON.Decimal128.fromString(`${i % 100_000}.${String(i % 100).padStart(2, '0')}`),
    ratio: new BSON.Double(i / 7),
    at: new Date(1_600_000_000_000 + i * 1000),
    note: `event number ${i} of many`,
    isOpen: i % 3 === 0,
    address: { city: `City ${i % 1000}` },
  })),
)
process.stdin.on('close', () => process.exit(0)).resume()
console.log(server.port)
