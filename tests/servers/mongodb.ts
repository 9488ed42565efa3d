/**
 * A strict stand-in for MongoDB: it speaks the driver's wire protocol (OP_MSG, SCRAM-SHA-256), keeps collections in memory with every
 * BSON type apart, and evaluates the pipelines this project sends as MongoDB documents them. Commands, stages, operators and fields
 * it does not know are refused with MongoDB's error numbers, never guessed. Every command is recorded.
 *
 * It is not MongoDB: no real one can be had from a package. What it proves is what is sent and how answers are read.
 */
import { createServer, type Socket } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import { BSON, MongoClient } from 'mongodb'
import { kindOf, toNumber, type Fields } from './mongodb/bson-values.js'
import { ScramExchange } from './mongodb/scram-server.js'
import { fail, ServerError } from './mongodb/server-error.js'
import { parsePipeline, type Database } from './mongodb/stages.js'

export interface CollectionOptions {
  readonly validator?: Fields
  readonly indexes?: readonly Fields[]
  /** Says that it is a view; its documents are given all the same. */
  readonly isView?: boolean
  /** ms before an answer with its documents. */
  readonly delay?: number
}

export interface Faults {
  /** ms before each answer with documents. */
  delay: number
  /** Cuts the connection instead of giving the batch of this number (1: the first). */
  dropAtBatch: number | undefined
  /** Answers with this error. */
  refuse: { readonly code: number; readonly message: string } | undefined
}

export interface ServerOptions {
  readonly accounts?: Readonly<Record<string, string>>
  readonly port?: number
  readonly version?: string
  /** Says that it is the primary of a replica set of this name. */
  readonly replicaSet?: string
  /** Keeps the batches it sends and sends them again for the same statement: for measuring those who read them. */
  readonly remembers?: boolean
  /** Takes the writes by which a client loads tables. Off, they are refused: the connector never writes. */
  readonly isWritable?: boolean
}

export interface MongodbServer {
  readonly host: string
  readonly port: number
  readonly url: string
  readonly database: string
  /** Every command that came, newest last, without the handshake's. */
  readonly commands: Fields[]
  readonly faults: Faults
  /** Cursors that are open, and commands being answered. */
  open(): { readonly cursors: number; readonly running: number; readonly connections: number }
  /** Replaces a collection; values are what the driver would send: `new Int32(1)`, `Long`, ... and plain JavaScript. */
  load(name: string, documents: readonly Fields[], options?: CollectionOptions): void
  drop(name: string): void
  connect(): Promise<MongoClient>
  stop(): Promise<void>
}

interface Collection {
  readonly documents: readonly Fields[]
  readonly options: CollectionOptions
}

interface Cursor {
  readonly batches: Iterator<RawDocuments>
  readonly namespace: string
  readonly session: string | undefined
  number: number
}

const HANDSHAKE = new Set(['hello', 'isMaster', 'ismaster', 'saslStart', 'saslContinue'])
const MAXIMUM_BATCH_BYTES = 16 * 1024 * 1024
/** The fields that each command may have besides those any command may. */
const FIELDS: Readonly<Record<string, readonly string[]>> = {
  ping: [],
  buildInfo: [],
  endSessions: [],
  killSessions: [],
  killCursors: ['cursors'],
  killOp: ['op'],
  listCollections: ['filter', 'nameOnly', 'cursor', 'authorizedCollections'],
  listIndexes: ['cursor'],
  aggregate: ['pipeline', 'cursor', 'allowDiskUse', 'collation', 'maxTimeMS', 'hint', 'let'],
  find: ['filter', 'limit', 'batchSize', 'projection', 'sort', 'singleBatch'],
  getMore: ['collection', 'batchSize', 'maxTimeMS'],
}
/** What loads tables, where the server is writable. */
const WRITE_FIELDS: Readonly<Record<string, readonly string[]>> = {
  create: [],
  insert: ['documents', 'ordered'],
  createIndexes: ['indexes'],
  dropDatabase: [],
}
const ANY_COMMAND = ['lsid', '$db', '$readPreference', '$clusterTime', 'comment', 'readConcern', 'apiVersion'] // prettier-ignore

/** Starts a server on a free loopback port; with accounts, only they may enter. */
export async function startMongodb(options: ServerOptions = {}): Promise<MongodbServer> {
  const server = new TestServer(options)
  const sockets = new Set<Socket>()
  const listener = createServer((socket) => {
    sockets.add(socket)
    socket.on('close', () => sockets.delete(socket))
    socket.on('error', () => undefined)
    server.serve(socket)
  })
  await new Promise<void>((resolve) => listener.listen(options.port ?? 0, '127.0.0.1', resolve))
  const { port } = listener.address() as { port: number }
  if (options.replicaSet !== undefined) {
    const me = `127.0.0.1:${port}`
    server.replicaSet = { setName: options.replicaSet, setVersion: 1, hosts: [me], primary: me, me }
  }
  const [account] = Object.entries(options.accounts ?? {})
  const userinfo = account === undefined ? '' : `${account[0]}:${account[1]}@`
  const url = `mongodb://${userinfo}127.0.0.1:${port}/shop${account ? '?authSource=admin' : ''}`
  return {
    host: '127.0.0.1',
    port,
    url,
    database: 'shop',
    commands: server.commands,
    faults: server.faults,
    open: () => ({
      cursors: server.cursors.size,
      running: server.running.size,
      connections: sockets.size,
    }),
    load: (name, documents, loaded = {}) => server.load(name, documents, loaded),
    drop: (name) => void server.collections.delete(name),
    connect: () => new MongoClient(url).connect(),
    async stop() {
      for (const socket of sockets) socket.destroy()
      await new Promise<void>((resolve) => listener.close(() => resolve()))
    },
  }
}

class TestServer implements Database {
  readonly collections = new Map<string, Collection>()
  readonly commands: Fields[] = []
  readonly faults: Faults = { delay: 0, dropAtBatch: undefined, refuse: undefined }
  readonly cursors = new Map<bigint, Cursor>()
  /** What is being answered, by session; killed when aborted. */
  readonly running = new Map<AbortController, string | undefined>()
  /** What `hello` says besides. */
  replicaSet: Fields = {}
  readonly #accounts: Readonly<Record<string, string>> | undefined
  readonly #version: string
  readonly #fields: Readonly<Record<string, readonly string[]>>
  readonly #remembered: Map<string, RawDocuments[]> | undefined
  #lastCursor = 1000n
  #seed = 42

  constructor(options: ServerOptions) {
    const { accounts, version = '7.0.14', remembers = false, isWritable = false } = options
    this.#fields = isWritable ? { ...FIELDS, ...WRITE_FIELDS } : FIELDS
    this.#accounts = accounts
    this.#version = version
    this.#remembered = remembers ? new Map() : undefined
  }

  load(name: string, documents: readonly Fields[], options: CollectionOptions): void {
    // Through BSON and back, so that what is kept is what a server would have got.
    const kept = documents.map((document) => {
      const { _id = new BSON.ObjectId(), ...fields } = document
      return read(Buffer.from(BSON.serialize({ _id, ...fields }, { ignoreUndefined: true })))
    })
    this.collections.set(name, { documents: kept, options })
  }

  documents(collection: string): readonly Fields[] {
    return this.collections.get(collection)?.documents ?? []
  }

  statistics(collection: string): Fields {
    const documents = this.collections.get(collection)
    if (documents === undefined) fail(26, `Collection [shop.${collection}] not found.`)
    if (documents?.options.isView === true) fail(166, 'Namespace is a view, not a collection')
    const size = documents!.documents.reduce((sum, document) => sum + BSON.calculateObjectSize(document), 0) // prettier-ignore
    return {
      ns: `shop.${collection}`,
      count: BSON.Long.fromNumber(documents!.documents.length),
      storageStats: { size: BSON.Long.fromNumber(size) },
    }
  }

  random(): number {
    this.#seed = (this.#seed * 1_103_515_245 + 12_345) % 2_147_483_648
    return this.#seed
  }

  serve(socket: Socket): void {
    const connection = new Connection(this.#accounts)
    let buffer = Buffer.alloc(0)
    let queue = Promise.resolve()
    const aborts = new Set<AbortController>()
    socket.on('close', () => {
      for (const abort of aborts) abort.abort(new ServerError(279, 'ClientDisconnect'))
    })
    socket.on('data', (chunk: Buffer) => {
      buffer = Buffer.concat([buffer, chunk])
      while (buffer.length >= 4 && buffer.length >= buffer.readInt32LE(0)) {
        const message = buffer.subarray(0, buffer.readInt32LE(0))
        buffer = buffer.subarray(message.length)
        queue = queue.then(async () => {
          const abort = new AbortController()
          aborts.add(abort)
          const answer = await this.#answer(message, connection, abort)
          aborts.delete(abort)
          if (answer === 'drop') socket.destroy()
          else if (!socket.destroyed) socket.write(answer)
        })
      }
    })
  }

  async #answer(
    message: Buffer,
    connection: Connection,
    abort: AbortController,
  ): Promise<Buffer | 'drop'> {
    const request = message.readInt32LE(4)
    const isLegacy = message.readInt32LE(12) === 2004
    const command = isLegacy ? legacyCommand(message) : messageCommand(message)
    const [name = ''] = Object.keys(command)
    if (!HANDSHAKE.has(name)) this.commands.push(command)
    const session = sessionOf(command)
    this.running.set(abort, session)
    try {
      const result = await this.#run(name, command, connection, abort.signal, session)
      return result === 'drop' ? 'drop' : reply(request, result, isLegacy)
    } catch (error) {
      const known = error instanceof ServerError ? error : new ServerError(8, String(error))
      const { code, message: errmsg } = known
      return reply(request, { ok: 0, errmsg, code, codeName: `Location${code}` }, isLegacy)
    } finally {
      this.running.delete(abort)
    }
  }

  async #run(
    name: string,
    command: Fields,
    connection: Connection,
    signal: AbortSignal,
    session: string | undefined,
  ): Promise<Fields | 'drop'> {
    switch (name) {
      case 'hello':
      case 'isMaster':
      case 'ismaster':
        return { ...hello(), ...this.replicaSet, ...connection.mechanisms(command) }
      case 'saslStart':
      case 'saslContinue':
        return connection.authenticate(name, command)
    }
    const allowed = this.#fields[name]
    if (allowed === undefined) return fail(59, `no such command: '${name}'`)
    for (const field of Object.keys(command)) {
      if (field !== name && !allowed.includes(field) && !ANY_COMMAND.includes(field)) {
        fail(40415, `BSON field '${name}.${field}' is an unknown field.`)
      }
    }
    if (name === 'ping' || name === 'endSessions') return { ok: 1 }
    connection.requireAuthentication(name)
    switch (name) {
      case 'buildInfo':
        return { version: this.#version, ok: 1 }
      case 'killSessions': {
        const sessions = (command.killSessions as Fields[]).map((s) => sessionOf({ lsid: s }))
        for (const [abort, running] of this.running) {
          if (running !== undefined && sessions.includes(running)) abort.abort(new ServerError(11601, 'operation was interrupted')) // prettier-ignore
        }
        for (const [id, cursor] of this.cursors) if (sessions.includes(cursor.session)) this.cursors.delete(id) // prettier-ignore
        return { ok: 1 }
      }
      case 'killOp':
        return { ok: 1 }
      case 'killCursors': {
        const ids = (command.cursors as BSON.Long[]).map((id) => BigInt(id.toString()))
        const cursorsKilled = ids.filter((id) => this.cursors.delete(id))
        return { cursorsKilled, ok: 1 }
      }
      case 'listCollections':
        return this.#listCollections(command)
      case 'create':
        this.load(command.create as string, [], {})
        return { ok: 1 }
      case 'insert':
        return this.#insert(command)
      case 'createIndexes': {
        const name = command.createIndexes as string
        const { documents, options } = this.#existing(name)
        const indexes = [...(options.indexes ?? []), ...(command.indexes as Fields[])]
        this.collections.set(name, { documents, options: { ...options, indexes } })
        return { ok: 1 }
      }
      case 'dropDatabase':
        this.collections.clear()
        return { ok: 1 }
      case 'listIndexes': {
        const collection = this.collections.get(command.listIndexes as string)
        if (collection === undefined) fail(26, 'ns does not exist')
        const own = collection!.options.indexes ?? []
        const indexes = [{ v: 2, key: { _id: 1 }, name: '_id_' }, ...own]
        return this.#firstBatch('shop.$cmd.listIndexes', indexes, 1000, session)
      }
      case 'find':
      case 'aggregate':
        return this.#query(name, command, signal, session)
      default:
        return this.#getMore(command, signal)
    }
  }

  #existing(name: string): Collection {
    return this.collections.get(name) ?? fail(26, 'ns does not exist')
  }

  #insert(command: Fields): Fields {
    const { documents, options } = this.#existing(command.insert as string)
    const added = command.documents as Fields[]
    this.load(command.insert as string, [...documents, ...added], options)
    return { n: added.length, ok: 1 }
  }

  #listCollections(command: Fields): Fields {
    const filter = (command.filter ?? {}) as Fields
    for (const key of Object.keys(filter)) if (key !== 'name') fail(2, `The test server filters collections by name, not by ${key}`) // prettier-ignore
    const found = [...this.collections]
      .filter(([name]) => filter.name === undefined || filter.name === name)
      .map(([name, { options }]) => ({
        name,
        type: options.isView === true ? 'view' : 'collection',
        ...(command.nameOnly === true ? {} : { options: options.validator === undefined ? {} : { validator: options.validator } }), // prettier-ignore
      }))
    return this.#firstBatch('shop.$cmd.listCollections', found, 1000, undefined)
  }

  async #query(
    name: 'find' | 'aggregate',
    command: Fields,
    signal: AbortSignal,
    session: string | undefined,
  ): Promise<Fields | 'drop'> {
    const collection = command[name] as string
    const collation = command.collation as Fields | undefined
    if (collation !== undefined && collation.locale !== 'simple') fail(2, 'The test server has the simple collation only') // prettier-ignore
    const { refuse } = this.faults
    if (refuse !== undefined) fail(refuse.code, refuse.message)
    const limit = command.limit === undefined ? [] : [{ $limit: command.limit }]
    const pipeline =
      name === 'find' ? [{ $match: command.filter ?? {} }, ...limit] : command.pipeline
    if (name === 'aggregate' && kindOf(command.cursor) !== 'object') fail(9, "The 'cursor' option is required") // prettier-ignore
    const run = parsePipeline(pipeline, collection, this)
    await this.#wait(signal, this.collections.get(collection)?.options.delay)
    const size = (name === 'find' ? command : (command.cursor as Fields)).batchSize
    const batchSize = size === undefined ? 101 : toNumber(size)
    if (this.faults.dropAtBatch === 1) return 'drop'
    const namespace = `shop.${collection}`
    const documents = (): readonly Fields[] => run(this.documents(collection), {})
    if (this.#remembered === undefined) {
      return this.#firstBatch(namespace, documents(), batchSize, session)
    }
    const key = BSON.EJSON.stringify([collection, pipeline, batchSize])
    let batches = this.#remembered.get(key)
    if (batches === undefined) {
      batches = [...batchesOf(documents(), { next: batchSize })]
      this.#remembered.set(key, batches)
    }
    return this.#openCursor(namespace, batches[Symbol.iterator](), { next: batchSize }, session)
  }

  #firstBatch(
    namespace: string,
    documents: Iterable<Fields>,
    batchSize: number,
    session: string | undefined,
  ): Fields {
    const sizes = { next: batchSize }
    return this.#openCursor(namespace, batchesOf(documents, sizes), sizes, session)
  }

  #openCursor(
    namespace: string,
    batches: Iterator<RawDocuments>,
    sizes: { next: number },
    session: string | undefined,
  ): Fields {
    const cursor: Cursor = { batches, namespace, session, number: 1 }
    const batch = nextBatch(cursor)
    const id = batch.isLast ? 0n : ++this.#lastCursor
    if (id !== 0n) {
      this.cursors.set(id, cursor)
      CURSOR_SIZES.set(cursor, sizes)
    }
    return { cursor: { id, ns: namespace, firstBatch: batch }, ok: 1 } // prettier-ignore
  }

  async #getMore(command: Fields, signal: AbortSignal): Promise<Fields | 'drop'> {
    const id = BigInt(String(command.getMore))
    const cursor = this.cursors.get(id)
    if (cursor === undefined) return fail(43, `cursor id ${id} not found`)
    if (cursor.session !== sessionOf(command)) fail(13, 'Cursor was not created by this session')
    await this.#wait(signal)
    if (!this.cursors.has(id)) fail(43, `cursor id ${id} not found`)
    if (++cursor.number === this.faults.dropAtBatch) return 'drop'
    const sizes = CURSOR_SIZES.get(cursor)!
    sizes.next = command.batchSize === undefined ? Infinity : toNumber(command.batchSize)
    const batch = nextBatch(cursor)
    const isEnd = batch.isLast
    if (isEnd) this.cursors.delete(id)
    return {
      cursor: { id: isEnd ? 0n : id, ns: cursor.namespace, nextBatch: batch }, // prettier-ignore
      ok: 1,
    }
  }

  async #wait(signal: AbortSignal, own = 0): Promise<void> {
    const delay = Math.max(own, this.faults.delay)
    if (delay === 0) return
    try {
      await sleep(delay, undefined, { signal })
    } catch {
      throw signal.reason
    }
  }
}

/** How many documents the next batch of a cursor has at most. */
const CURSOR_SIZES = new WeakMap<Cursor, { next: number }>()
/** Documents in batches as large as asked for, and no larger than a message may be. */
function* batchesOf(
  documents: Iterable<Fields>,
  sizes: { next: number },
): Generator<RawDocuments, void> {
  let batch: Buffer[] = []
  let bytes = 0
  for (const document of documents) {
    const encoded = encode(document)
    if (batch.length >= sizes.next || bytes + encoded.length > MAXIMUM_BATCH_BYTES) {
      yield new RawDocuments(batch, false)
      batch = []
      bytes = 0
    }
    batch.push(encoded)
    bytes += encoded.length
  }
  yield new RawDocuments(batch, true)
}

const encoded = new WeakMap<Fields, Buffer>()

/** Documents that are given again and again are encoded once. */
function encode(document: Fields): Buffer {
  let bytes = encoded.get(document)
  if (bytes === undefined) encoded.set(document, (bytes = Buffer.from(BSON.serialize(document))))
  return bytes
}

function nextBatch(cursor: Cursor): RawDocuments {
  const { value, done } = cursor.batches.next()
  return done === true ? new RawDocuments([], true) : value
}

/** An array of documents that are BSON already. */
class RawDocuments {
  readonly documents: readonly Buffer[]
  readonly isLast: boolean
  #bytes: Buffer | undefined

  constructor(documents: readonly Buffer[], isLast: boolean) {
    this.documents = documents
    this.isLast = isLast
  }

  toBson(): Buffer {
    return (this.#bytes ??= this.#encode())
  }

  #encode(): Buffer {
    const parts: Buffer[] = [Buffer.alloc(4)]
    this.documents.forEach((document, i) => {
      parts.push(Buffer.from(`\u0003${i}\0`), document)
    })
    parts.push(Buffer.alloc(1))
    const bytes = Buffer.concat(parts)
    bytes.writeInt32LE(bytes.length, 0)
    return bytes
  }
}

/** A result as BSON; the batch in it is put in as it is. */
function resultBytes(result: Fields): Buffer {
  const cursor = result.cursor as Fields | undefined
  const name = cursor === undefined ? undefined : Object.keys(cursor).find((key) => cursor[key] instanceof RawDocuments) // prettier-ignore
  if (cursor === undefined || name === undefined) return Buffer.from(BSON.serialize(result))
  const array = (cursor[name] as RawDocuments).toBson()
  const head = Buffer.from(BSON.serialize(without(cursor, name)))
  const inner = Buffer.concat([head.subarray(0, -1), Buffer.from(`\u0004${name}\0`), array, Buffer.alloc(1)]) // prettier-ignore
  inner.writeInt32LE(inner.length, 0)
  const rest = Buffer.from(BSON.serialize(without(result, 'cursor')))
  const whole = Buffer.concat([rest.subarray(0, -1), Buffer.from('\u0003cursor\0'), inner, Buffer.alloc(1)]) // prettier-ignore
  whole.writeInt32LE(whole.length, 0)
  return whole
}

function without(fields: Fields, name: string): Fields {
  return Object.fromEntries(Object.entries(fields).filter(([key]) => key !== name))
}

/** One connection's authentication. */
class Connection {
  readonly #accounts: Readonly<Record<string, string>> | undefined
  #exchange: ScramExchange | undefined
  #isAuthenticated: boolean

  constructor(accounts: Readonly<Record<string, string>> | undefined) {
    this.#accounts = accounts
    this.#isAuthenticated = accounts === undefined
  }

  mechanisms(command: Fields): Fields {
    const speculative = command.speculativeAuthenticate as Fields | undefined
    return {
      ...(command.saslSupportedMechs === undefined
        ? {}
        : { saslSupportedMechs: ['SCRAM-SHA-256'] }),
      ...(speculative === undefined || speculative.mechanism !== 'SCRAM-SHA-256'
        ? {}
        : { speculativeAuthenticate: this.authenticate('saslStart', speculative) }),
    }
  }

  authenticate(name: 'saslStart' | 'saslContinue', command: Fields): Fields {
    const text = Buffer.from((command.payload as BSON.Binary).value()).toString()
    if (name === 'saslStart') {
      if (command.mechanism !== 'SCRAM-SHA-256') fail(334, `Unsupported mechanism ${String(command.mechanism)}`) // prettier-ignore
      this.#exchange = new ScramExchange(this.#accounts ?? {})
      return sasl(this.#exchange.start(text), false)
    }
    if (text === '') return sasl('', true)
    const answer = this.#exchange?.finish(text)
    if (answer === undefined) return fail(18, 'Authentication failed.')
    this.#isAuthenticated = true
    return sasl(answer, true)
  }

  requireAuthentication(command: string): void {
    if (!this.#isAuthenticated) fail(13, `Command ${command} requires authentication`)
  }
}

function sasl(text: string, done: boolean): Fields {
  return { conversationId: 1, done, payload: new BSON.Binary(Buffer.from(text)), ok: 1 }
}

function hello(): Fields {
  return {
    ...{ helloOk: true, ismaster: true, isWritablePrimary: true, readOnly: false },
    ...{
      maxBsonObjectSize: 16_777_216,
      maxMessageSizeBytes: 48_000_000,
      maxWriteBatchSize: 100_000,
    },
    ...{ localTime: new Date(), logicalSessionTimeoutMinutes: 30, connectionId: 1 },
    ...{ minWireVersion: 0, maxWireVersion: 21, ok: 1 },
  }
}

function sessionOf(command: Fields): string | undefined {
  const id = (command.lsid as Fields | undefined)?.id as BSON.Binary | undefined
  return id === undefined ? undefined : Buffer.from(id.value()).toString('hex')
}

function read(bytes: Buffer): Fields {
  return BSON.deserialize(bytes, { promoteValues: false, promoteLongs: false, bsonRegExp: true })
}

/** The command of an OP_MSG; a document sequence (kind 1) is the field that it is named after. */
function messageCommand(message: Buffer): Fields {
  if (message.readInt32LE(12) !== 2013) throw new Error('Expected OP_MSG')
  let command: Fields = {}
  for (let at = 20; at < message.length;) {
    const kind = message[at++]
    const section = message.subarray(at, at + message.readInt32LE(at))
    at += section.length
    if (kind === 0) command = { ...read(section), ...command }
    else if (kind === 1) command = { ...command, ...documentSequence(section) }
    else throw new Error('Expected a body or a document sequence')
  }
  return command
}

function documentSequence(section: Buffer): Fields {
  const end = section.indexOf(0, 4)
  const documents: Fields[] = []
  for (let at = end + 1; at < section.length;) {
    const document = section.subarray(at, at + section.readInt32LE(at))
    documents.push(read(document))
    at += document.length
  }
  return { [section.toString('utf8', 4, end)]: documents }
}

/** The command of an OP_QUERY, which handshakes may use. */
function legacyCommand(message: Buffer): Fields {
  const start = message.indexOf(0, 20) + 1 + 8
  return read(message.subarray(start, start + message.readInt32LE(start)))
}

let lastRequest = 0

function reply(request: number, result: Fields, isLegacy: boolean): Buffer {
  const body = resultBytes(result)
  const head = Buffer.alloc(isLegacy ? 36 : 21)
  head.writeInt32LE(head.length + body.length, 0)
  head.writeInt32LE(++lastRequest, 4)
  head.writeInt32LE(request, 8)
  head.writeInt32LE(isLegacy ? 1 : 2013, 12)
  if (isLegacy) {
    head.writeInt32LE(8, 16)
    head.writeInt32LE(1, 32)
  }
  return Buffer.concat([head, body])
}
