/** An engine that the same statements are put to in the same run, over the same sources. */

/** Where a server listens: its own port, or that of a proxy before it. */
export interface Endpoint {
  readonly host: string
  readonly port: number
  readonly user: string
  readonly password: string
  readonly database: string
}

export interface PeerServers {
  readonly postgres: Endpoint
  readonly mariadb: Endpoint
}

/** A table as a peer finds it. In PostgreSQL it is in the schema named, in MariaDB in the endpoint's database. */
export type PeerTable =
  | { readonly name: string; readonly at: 'postgres'; readonly schema: string }
  | { readonly name: string; readonly at: 'mariadb' }
  | FileTable

/** The same rows twice: PostgreSQL has no reader of Parquet, and takes the text file by file_fdw. */
export interface FileTable {
  readonly name: string
  readonly at: 'file'
  readonly parquet: string
  /** Tab-separated, without a header. */
  readonly text: string
  readonly columns: readonly { readonly name: string; readonly type: string }[]
}

export interface PeerRun {
  readonly milliseconds: number
  readonly rows: number
}

/** A statement that a peer gave up after its time limit. */
export class TimeLimit extends Error {}

export interface Peer {
  readonly name: string
  /** Forgets all tables and takes these, unqualified. */
  define(tables: readonly PeerTable[]): Promise<void>
  /** Runs a statement to its end; TimeLimit when it takes longer than `limit` ms. */
  run(sql: string, limit?: number): Promise<PeerRun>
  stop(): Promise<void>
}

/** Starts a peer over the servers; undefined (with a reason printed) when it is not installed. */
export type StartPeer = (servers: PeerServers) => Promise<Peer | undefined>
