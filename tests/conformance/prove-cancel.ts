/** Cancel: an abort in the middle of a statement ends it at the source within a second. */
import { setTimeout as sleep } from 'node:timers/promises'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import { connectorOf } from '../../src/connectors/registry.js'
import { EngineError } from '../../src/errors.js'
import type { Federation } from '../integration/connectors/federation.js'
import type { RunningFixture } from './fixture.js'
import type { ProbeResult } from './suite.js'

const STARTS_WITHIN = 10_000
const ENDS_WITHIN = 1000

/** Starts the fixture's endless statement, aborts it, and looks at the source; a connector without one must be a sample. */
export async function proveCancel(
  running: RunningFixture,
  source: SourceDefinition,
  federation: Federation,
  isSample: boolean,
): Promise<ProbeResult[]> {
  const { endless } = running
  const result = {
    ...{ section: 'Promises', group: 'Cancel', declaration: 'exact' as const },
    what: 'an abort ends the statement at the source',
  }
  if (endless === undefined) {
    return isSample || running.noEndless !== undefined
      ? []
      : [{ ...result, failure: 'the fixture has no endless statement' }]
  }
  const open = (await connectorOf(source.connector)).open(source)
  const abort = new AbortController()
  const { signal } = abort
  const { statement } = endless
  try {
    if (typeof statement === 'string') {
      const { nodes } = await federation.plan(statement)
      if (nodes.join() !== 'remote-query') {
        return [{ ...result, failure: `the endless statement is not sent whole: ${nodes.join()}` }]
      }
    }
    const read = async (): Promise<void> => {
      if (typeof statement === 'string') await federation.run(statement, 'on', [], { signal })
      else
        for await (const batch of open.scan(statement, [], { signal, batchRows: 1000 })) void batch
    }
    let hasReturned = false
    const reading = read()
      .catch(() => undefined)
      .finally(() => (hasReturned = true))
    const isRunning = await eventually(async () => (await endless.running()) > 0, STARTS_WITHIN)
    abort.abort(new EngineError('57014', 'canceling statement due to user request'))
    const hasEnded = await eventually(async () => (await endless.running()) === 0, ENDS_WITHIN)
    await Promise.race([reading, sleep(ENDS_WITHIN)])
    if (!isRunning) return [{ ...result, failure: 'it never ran' }]
    if (!hasEnded) return [{ ...result, failure: 'it still ran after a second' }]
    return [hasReturned ? result : { ...result, failure: 'the reader still waits after a second' }]
  } finally {
    await open.close()
  }
}

async function eventually(test: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds
  do {
    if (await test()) return true
    await sleep(20)
  } while (Date.now() < deadline)
  return test()
}
