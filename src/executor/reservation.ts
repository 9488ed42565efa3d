/** An operator's hold on the statement's memory; its peak goes into the statistics. */
import type { PhysicalPlan } from '../planner/physical-plan.js'
import type { MemoryReservation } from './memory-budget.js'
import type { OperatorContext } from './operator-context.js'

/** Opens a reservation whose peak is reported under the node when it is released. */
export function reserveFor(
  plan: PhysicalPlan,
  operator: string,
  context: OperatorContext,
): MemoryReservation {
  const reservation = context.memory.reserve(operator)
  const release = reservation.release.bind(reservation)
  return {
    tryResize: (bytes) => reservation.tryResize(bytes),
    resize: (bytes) => reservation.resize(bytes),
    get bytes() {
      return reservation.bytes
    },
    get peak() {
      return reservation.peak
    },
    release() {
      const record = context.statistics.of(plan.id)
      record.memory = Math.max(record.memory, reservation.peak)
      release()
    },
  }
}
