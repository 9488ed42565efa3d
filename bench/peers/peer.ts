/** An engine that the same statements are put to in the same run. */
import type { MariadbServer } from '../../tests/servers/mariadb.js'
import type { PostgresServer } from '../../tests/servers/postgres.js'

export interface Peer {
  readonly name: string
  /** Runs a statement to its end; returns ms. */
  run(sql: string): Promise<number>
  stop(): Promise<void>
}

/** Starts a peer over the sources; undefined (with a reason printed) when it is not installed. */
export type StartPeer = (
  postgres: PostgresServer,
  mariadb: MariadbServer,
) => Promise<Peer | undefined>
