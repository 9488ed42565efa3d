/** Where a running statement puts what it produces: the wire connection, seen from the session. */
import type { RelayChunk } from '../../connectors/connector.js'

export interface Notice {
  readonly severity: 'WARNING' | 'NOTICE'
  readonly code: string
  readonly message: string
}

export interface StatementSink {
  /** Takes DataRow frames; resolves when the client can take more. */
  rows(chunk: RelayChunk): Promise<void>
  copyBegin(format: 0 | 1, columns: number): void
  copyData(bytes: Uint8Array): Promise<void>
  copyEnd(): void
}
