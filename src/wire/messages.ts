/** The vocabulary of the PostgreSQL wire protocol, version 3, as plain data. Reader and writer only frame it. */
import type { ResultColumn } from '../session/compiler/compiled-statement.js'

/** What a client sends once the connection is up. */
export type FrontendMessage =
  | { readonly kind: 'query'; readonly sql: string }
  | ParseMessage
  | BindMessage
  | {
      readonly kind: 'describe' | 'close'
      readonly target: 'statement' | 'portal'
      readonly name: string
    }
  /** `limit` 0: all rows. */
  | { readonly kind: 'execute'; readonly portal: string; readonly limit: number }
  | { readonly kind: 'sync' | 'flush' | 'terminate' }
  /** Left over from a COPY that never began or already failed; ignored, as PostgreSQL does. */
  | { readonly kind: 'copy-data' | 'copy-done' | 'copy-fail' }
  | { readonly kind: 'function-call' }

export interface ParseMessage {
  readonly kind: 'parse'
  readonly name: string
  readonly sql: string
  /** 0: let the analyzer decide. */
  readonly parameterTypes: readonly number[]
}

export interface BindMessage {
  readonly kind: 'bind'
  readonly portal: string
  readonly statement: string
  readonly valueFormats: readonly number[]
  readonly values: readonly (Uint8Array | null)[]
  readonly resultFormats: readonly number[]
}

/** The first packet of a connection. */
export type StartupPacket =
  | {
      readonly kind: 'startup'
      readonly major: number
      readonly minor: number
      readonly parameters: ReadonlyMap<string, string>
    }
  | { readonly kind: 'ssl-request' | 'gss-request' }
  | { readonly kind: 'cancel-request'; readonly processId: number; readonly secret: Uint8Array }

export type BackendMessage =
  | { readonly kind: 'authentication-ok' }
  | { readonly kind: 'authentication-sasl'; readonly mechanisms: readonly string[] }
  | {
      readonly kind: 'authentication-sasl-continue' | 'authentication-sasl-final'
      readonly data: string
    }
  | { readonly kind: 'parameter-status'; readonly name: string; readonly value: string }
  | { readonly kind: 'backend-key-data'; readonly processId: number; readonly secret: Uint8Array }
  | {
      readonly kind: 'negotiate-protocol-version'
      readonly version: number
      readonly unrecognized: readonly string[]
    }
  | { readonly kind: 'ready-for-query'; readonly status: TransactionStatus }
  | {
      readonly kind: 'row-description'
      readonly columns: readonly ResultColumn[]
      readonly formats: readonly number[]
    }
  | { readonly kind: 'parameter-description'; readonly types: readonly number[] }
  | {
      readonly kind:
        | 'parse-complete'
        | 'bind-complete'
        | 'close-complete'
        | 'no-data'
        | 'portal-suspended'
        | 'empty-query-response'
        | 'copy-done'
    }
  | { readonly kind: 'command-complete'; readonly tag: string }
  | {
      readonly kind: 'copy-out-response'
      readonly format: 0 | 1
      readonly columnFormats: readonly number[]
    }
  | {
      readonly kind: 'error-response' | 'notice-response'
      readonly severity: Severity
      readonly fields: DiagnosticFields
    }

/** I: idle, T: in a transaction block, E: in a failed one. */
export type TransactionStatus = 'I' | 'T' | 'E'

export type Severity = 'ERROR' | 'FATAL' | 'WARNING' | 'NOTICE'

/** The fields of an error or notice that clients read. */
export interface DiagnosticFields {
  readonly code: string
  readonly message: string
  readonly detail?: string | undefined
  readonly hint?: string | undefined
  readonly position?: number | undefined
}
