/** The PostgreSQL wire server: listens, and gives every socket a connection of its own. */
import { createServer } from 'node:net'
import type { AddressInfo, Socket } from 'node:net'
import type { Catalog } from '../catalog/catalog.js'
import { EngineError, SQLSTATE } from '../errors.js'
import type { Compiler } from '../session/compiler/compiled-statement.js'
import type { StatementRunner } from '../session/runner/statement-runner.js'
import { loadGrammar } from '../session/routing/statement-router.js'
import { StatementRecords } from '../system/statement-records.js'
import { Authenticator } from './authentication.js'
import { CancelKeys } from './cancel-keys.js'
import { Connection } from './connection.js'

export interface WireServerOptions {
  readonly host: string
  /** 0: any free port. */
  readonly port: number
  readonly compiler: Compiler
  readonly runner: StatementRunner
  readonly catalog: () => Catalog
  readonly log?: (line: string) => void
  readonly maxConnections?: number
  /** Where ended statements are recorded; absent: only this server's sessions see them. */
  readonly records?: StatementRecords
}

export interface WireServer {
  readonly port: number
  /** Stops listening, cancels what runs, tells every client, and waits for them to be gone. */
  close(): Promise<void>
}

/** How long clients get to take their last message before their sockets are dropped, in ms. */
const SHUTDOWN_GRACE = 2000

/** Starts listening. */
export async function startWireServer(options: WireServerOptions): Promise<WireServer> {
  await loadGrammar()
  const { compiler, runner, catalog, maxConnections = 200 } = options
  const log = options.log ?? (() => undefined)
  const connections = new Map<Connection, Promise<void>>()
  const sockets = new Set<Socket>()
  const services = {
    compiler,
    runner,
    catalog,
    records: options.records ?? new StatementRecords(),
    log,
    authenticator: new Authenticator(),
    cancelKeys: new CancelKeys(),
    admit: () =>
      connections.size > maxConnections
        ? new EngineError(SQLSTATE.tooManyConnections, 'sorry, too many clients already')
        : undefined,
  }
  const server = createServer((socket) => {
    const connection = new Connection(socket, services)
    sockets.add(socket)
    socket.once('close', () => sockets.delete(socket))
    connections.set(
      connection,
      connection
        .run()
        .catch((error: unknown) => log(String(error)))
        .finally(() => connections.delete(connection)),
    )
  })
  await new Promise<void>((resolve, reject) => {
    server.once('error', reject)
    server.listen(options.port, options.host, () => {
      server.off('error', reject)
      resolve()
    })
  })
  server.on('error', (error) => log(`wire server: ${error.message}`))
  return {
    port: (server.address() as AddressInfo).port,
    close: async () => {
      const closed = new Promise<void>((resolve) => server.close(() => resolve()))
      for (const connection of connections.keys()) connection.shutdown()
      const grace = setTimeout(() => {
        for (const socket of sockets) socket.destroy()
      }, SHUTDOWN_GRACE)
      await Promise.all(connections.values())
      await closed
      clearTimeout(grace)
    },
  }
}
