/** What a program that embeds Tributary may use: the server, and the contract for connectors of its own. */
export { startServer } from './cli/start-server.js'
export type { RefusedServer, RunningServer, ServerOptions } from './cli/start-server.js'
export { registerConnector } from './connectors/registry.js'
export { EXACT } from './connectors/connector.js'
export type {
  Capabilities,
  Connector,
  DiscoveredSource,
  DiscoverOptions,
  Judgement,
  OpenSource,
  Pushdown,
  RemoteStatement,
  ScanOptions,
} from './connectors/connector.js'
export { EngineError, SQLSTATE } from './errors.js'
