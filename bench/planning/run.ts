/** `npm run bench:planning [-- --only TEXT]`: how long analysis and planning of 5, 12 and 50 relations take, of pages of joins, and of tables of WITH. */
import { parseArgs } from 'node:util'
import { planningTimes, type PlanningTime } from './measure.js'

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})
const times: PlanningTime[] = []
for await (const time of planningTimes(flags.only)) {
  times.push(time)
  if (flags.json) continue
  const { relations, shape, analysis, planner, total, processor, target } = time
  console.log(
    `${String(relations).padStart(3)} relations, ${shape.padEnd(23)} ${total.toFixed(1).padStart(8)} ms` +
      `  (analysis ${analysis.toFixed(1)}, planner ${planner.toFixed(1)}; processor ${processor.toFixed(1)}; target ${target})`,
  )
}
if (flags.json) console.log(JSON.stringify(times, null, 2))
process.exitCode = times.every(({ total, target }) => total <= target) ? 0 : 1
