/** The extended protocol: Parse, Bind, Describe, Execute, Close, one message at a time. */
import type { Session } from '../session/session.js'
import { SUSPENDED } from '../session/portal.js'
import type { StatementSink } from '../session/runner/statement-sink.js'
import type { FrontendMessage } from './messages.js'
import type { Outbound } from './outbound.js'

export type ExtendedMessage = Extract<
  FrontendMessage,
  { kind: 'parse' | 'bind' | 'describe' | 'execute' | 'close' }
>

/** Answers one message. Throws what failed; skipping to Sync is the caller's. */
export async function runExtended(
  session: Session,
  message: ExtendedMessage,
  outbound: Outbound,
  sink: StatementSink,
): Promise<void> {
  session.begin()
  switch (message.kind) {
    case 'parse':
      await session.parse(message.name, message.sql, message.parameterTypes)
      outbound.send({ kind: 'parse-complete' })
      return
    case 'bind': {
      const { portal, statement, values, valueFormats, resultFormats } = message
      session.bind(portal, statement, { values, formats: valueFormats }, resultFormats)
      outbound.send({ kind: 'bind-complete' })
      return
    }
    case 'describe':
      describe(session, message.target, message.name, outbound)
      return
    case 'execute': {
      const portal = session.portal(message.portal)
      const result = await session.execute(portal, message.limit, sink)
      session.statementDone()
      if (result === SUSPENDED) outbound.send({ kind: 'portal-suspended' })
      else if (portal.empty) outbound.send({ kind: 'empty-query-response' })
      else outbound.send({ kind: 'command-complete', tag: result })
      return
    }
    case 'close':
      if (message.target === 'statement') session.closeStatement(message.name)
      else session.closePortal(message.name)
      outbound.send({ kind: 'close-complete' })
      return
  }
}

function describe(
  session: Session,
  target: 'statement' | 'portal',
  name: string,
  outbound: Outbound,
): void {
  let formats: readonly number[] = []
  let columns
  if (target === 'portal') {
    ;({ columns, formats } = session.portal(name))
    session.requireDescribable(columns !== undefined)
  } else {
    const statement = session.statement(name)
    columns = statement.columns
    session.requireDescribable(columns !== undefined)
    outbound.send({ kind: 'parameter-description', types: statement.parameterTypes })
  }
  if (columns === undefined) outbound.send({ kind: 'no-data' })
  else outbound.send({ kind: 'row-description', columns, formats })
}
