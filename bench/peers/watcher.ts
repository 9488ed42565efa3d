/** What the protocols' counters have in common. */

/** Looks at both directions of one connection; may change the server's bytes in place. */
export interface Watcher {
  fromClient(chunk: Buffer): void
  fromServer(chunk: Buffer): void
}

/** Tells a statement that reads tables from one that asks about them. */
export function readsTables(sql: string): boolean {
  if (!/^\s*(SELECT|WITH|FETCH|COPY|DECLARE|EXECUTE|\()/i.test(sql)) return false
  return !/^\s*SELECT\s+@@|information_schema|pg_catalog|pg_class|pg_stats/i.test(sql)
}
