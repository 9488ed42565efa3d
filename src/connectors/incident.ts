/**
 * Keeps what a source said out of what clients see: its words, which may hold values and names of others' data, go to the log
 * of this process under an id that the client's error names.
 */
import { randomBytes } from 'node:crypto'

/** What happened at a source, for the log. */
export interface Incident {
  readonly source: string
  /** What the source said. */
  readonly message: string
  /** Its own code or status. */
  readonly code?: string | undefined
  /** Its own name for the statement: a job, a query id. */
  readonly remoteId?: string | undefined
}

/** Writes an incident to the log and returns the detail of the client's error: the id to find it by. */
export function incidentDetail(incident: Incident): string {
  return `Incident ${logIncident(incident)}: what the source said is in the log`
}

/** Writes an incident to the log, one line of JSON, and returns its id. */
export function logIncident(incident: Incident): string {
  const id = randomBytes(6).toString('hex')
  process.stderr.write(
    `${JSON.stringify({ at: new Date().toISOString(), incident: id, ...incident })}\n`,
  )
  return id
}
