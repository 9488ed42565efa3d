/** The record of what each plan node did: rows, batches, times, bytes. EXPLAIN ANALYZE and the ledger read it. */
import type { NodeStatistics, StatisticsCollector } from './execution.js'

/** Makes an empty collector for one execution of a plan. */
export function createStatistics(): StatisticsCollector {
  const nodes = new Map<number, NodeStatistics>()
  return {
    nodes,
    of(planId) {
      let record = nodes.get(planId)
      if (record === undefined) {
        record = {
          rows: 0,
          batches: 0,
          milliseconds: 0,
          firstMilliseconds: 0,
          bytes: 0,
          remoteCalls: 0,
          memory: 0,
          spilled: 0,
        }
        nodes.set(planId, record)
      }
      return record
    },
  }
}
