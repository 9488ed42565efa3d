/** Runs small queries about the account and reads their values as text. */
import { datumAt } from '../../types/vectors/vector-ops.js'
import { OID } from '../../types/sql-type.js'
import type { RemoteStatement } from '../connector.js'
import { readHead, type ResultColumn } from './result-head.js'
import { resultBatches } from './result-batches.js'
import type { Session } from './session.js'

/** A row by column name. */
export type TextRow = Readonly<Record<string, string | null>>

/** Runs a query; the rows by the names of their columns. */
export async function queryTexts(
  session: Session,
  sql: string,
  signal: AbortSignal,
): Promise<TextRow[]> {
  const { bytes } = await session.query(sql, {}, signal)
  const { columns } = readHead(bytes)
  const statement: RemoteStatement = {
    text: sql,
    parameters: [],
    columns: columns.map(({ name }, i) => ({
      id: i + 1,
      name,
      type: { oid: OID.text, typmod: -1 },
    })),
  }
  const rows: TextRow[] = []
  for await (const batch of resultBatches(bytes, statement, { signal, batchRows: 1000 })) {
    for (let row = 0; row < batch.length; row++) {
      rows.push(Object.fromEntries(columns.map(({ name }, c) => [name, datumAt(batch.columns[c]!, row)]))) // prettier-ignore
    }
  }
  return rows
}

/** The columns that a statement's result would have. */
export async function describeResult(
  session: Session,
  sql: string,
  signal: AbortSignal,
): Promise<readonly ResultColumn[]> {
  const { bytes } = await session.query(sql, {}, signal)
  return readHead(bytes).columns
}
