/** The simple protocol: a string of statements, run one after another up to the first error, in one transaction. */
import type { Session } from '../session/session.js'
import type { StatementSink } from '../session/runner/statement-sink.js'
import type { Outbound } from './outbound.js'

/** Runs a Query message; ReadyForQuery is the caller's. Throws what the failing statement threw. */
export async function runQuery(
  session: Session,
  sql: string,
  outbound: Outbound,
  sink: StatementSink,
): Promise<void> {
  session.begin()
  session.closeStatement('')
  session.closePortal('')
  const statements = await session.route(sql)
  if (statements.length === 0) {
    outbound.send({ kind: 'empty-query-response' })
    return
  }
  for (const [index, routed] of statements.entries()) {
    session.begin()
    if (statements.length > 1) session.enterImplicitBlock()
    const statement = await session.prepare('', routed, [])
    session.requireNoParameters(statement)
    const portal = session.open('', statement)
    try {
      if (portal.columns !== undefined) {
        await portal.start()
        const { columns, formats } = portal
        outbound.send({ kind: 'row-description', columns, formats })
      }
      const tag = await session.execute(portal, 0, sink)
      // The last statement commits before it reports success.
      if (index === statements.length - 1) session.idle()
      outbound.send({ kind: 'command-complete', tag: String(tag) })
    } finally {
      portal.close()
      session.statementDone()
    }
  }
}
