/**
 * `npm run bench:plans`: rows moved by the plans of a fixed set of statements, against the least possible, worked out by hand
 * for each (bench/plans/*-statements.ts). Counts do not depend on the machine. Ends with 1 above a bound.
 *   --only TEXT    worlds and statements whose name contains TEXT
 *   --explain      prints the plan of every statement above twice its least
 *   --json         one JSON document instead of a table
 */
import { parseArgs } from 'node:util'
import { countStatement, type PlanResult } from './plans/count-statement.js'
import { startWorlds } from './plans/worlds.js'

/** What the project promises: rows moved against the least possible. */
const BOUNDS = { geometricMean: 1.2, any: 3 } as const

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    explain: { type: 'boolean', default: false },
    json: { type: 'boolean', default: false },
  },
})

const results: PlanResult[] = []
const worlds = await startWorlds((name) => flags.json || console.error(`world: ${name}`))
try {
  for (const world of worlds.all) {
    for (const statement of world.statements) {
      if (!`${world.name}: ${statement.name}`.includes(flags.only)) continue
      const result = await countStatement(world, statement)
      results.push(result)
      if (flags.explain && result.ratio > 2) console.log(`${result.name}\n${result.plan}\n`)
    }
  }
} finally {
  await worlds.stop()
}
if (results.length === 0) throw new Error(`No statement's name contains "${flags.only}"`)

const geometricMean = Math.exp(
  results.reduce((sum, { ratio }) => sum + Math.log(ratio), 0) / results.length,
)
const above = results.filter(({ ratio }) => ratio > BOUNDS.any).map(({ name }) => name)
// Fewer rows than the least: the least was worked out wrongly.
const below = results.filter(({ moved, least }) => moved < least).map(({ name }) => name)
/** How far estimates are from the rows that came: q-errors over all nodes that ran. */
const errors = results.flatMap(({ estimates }) => estimates).sort((a, b) => a - b)
const at = (share: number): number =>
  errors[Math.min(errors.length - 1, Math.floor(errors.length * share))] ?? NaN
const estimates = { nodes: errors.length, median: at(0.5), ninetieth: at(0.9), worst: at(1) }
const isGood = geometricMean <= BOUNDS.geometricMean && above.length === 0 && below.length === 0

if (flags.json) {
  const statements = results.map((result) => ({ ...result, plan: undefined, estimates: undefined }))
  console.log(
    JSON.stringify(
      { statements, geometricMean, estimates, bounds: BOUNDS, above, below, isGood },
      null,
      2,
    ),
  )
} else {
  const row = (cells: readonly (string | number)[]): string =>
    cells.map((cell, i) => (i === 0 ? String(cell).padEnd(58) : String(cell).padStart(10))).join('')
  console.log(row(['statement', 'moved', 'least', 'ratio', 'bytes', 'calls']))
  for (const { name, moved, least, ratio, bytes, calls } of results) {
    console.log(row([name, moved, least, ratio.toFixed(2), bytes, calls]))
  }
  console.log(
    `\ngeometric mean of ${results.length}: ${geometricMean.toFixed(2)} (at most ${BOUNDS.geometricMean})`,
  )
  console.log(
    `estimates against ${estimates.nodes} true counts: median ${estimates.median.toFixed(1)} x off, 90 % within ${estimates.ninetieth.toFixed(1)} x, worst ${estimates.worst.toFixed(0)} x`,
  )
  for (const name of above) console.log(`above ${BOUNDS.any}: ${name}`)
  for (const name of below) console.log(`below what was taken for the least: ${name}`)
}
process.exitCode = isGood ? 0 : 1
