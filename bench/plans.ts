/**
 * `npm run bench:plans`: rows moved by the plans of a fixed set of statements, against the least possible, worked out by hand
 * for each (bench/plans/*-statements.ts). Counts do not depend on the machine. Ends with 1 above a bound.
 *   --only TEXT    worlds and statements whose name contains TEXT
 *   --explain      prints the plan of every statement above twice its least
 *   --errors N     prints the plan of every statement that has an estimate N times off or worse
 *   --peers a,b    fdw, chdb: the rows that the servers send to them and to us, for the statements over TPC-H (some minutes)
 *   --json         one JSON document instead of a table
 */
import { parseArgs } from 'node:util'
import { countStatement, type PlanResult } from './plans/count-statement.js'
import { summariesOf } from './plans/estimate-errors.js'
import { startWorlds } from './plans/worlds.js'

/** What the project promises: rows moved against the least possible. */
const BOUNDS = { geometricMean: 1.2, any: 3 } as const

const { values: flags } = parseArgs({
  options: {
    only: { type: 'string', default: '' },
    explain: { type: 'boolean', default: false },
    errors: { type: 'string', default: 'Infinity' },
    peers: { type: 'string', default: '' },
    json: { type: 'boolean', default: false },
  },
})

const results: PlanResult[] = []
const worlds = await startWorlds(
  (name) => flags.json || console.error(`world: ${name}`),
  flags.peers,
)
try {
  for (const world of worlds.all) {
    for (const statement of world.statements) {
      if (!`${world.name}: ${statement.name}`.includes(flags.only)) continue
      const result = await countStatement(world, statement)
      results.push(result)
      const isFar = result.estimates.some(({ factor }) => factor >= Number(flags.errors))
      if ((flags.explain && result.ratio > 2) || isFar)
        console.log(`${result.name}\n${result.plan}\n`)
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
const broken = results
  .filter(({ moved, most }) => most !== undefined && moved > most)
  .map(({ name }) => name)
const estimates = summariesOf(results.flatMap((result) => result.estimates))
const learned = summariesOf(results.flatMap((result) => result.learned))
/** Statements that the peers were asked too. */
const against = results.filter(({ sent }) => sent !== undefined)
const isGood = geometricMean <= BOUNDS.geometricMean && [above, below, broken].every((list) => list.length === 0) // prettier-ignore

if (flags.json) {
  const statements = results.map((result) => ({
    ...result,
    plan: undefined,
    estimates: undefined,
    learned: undefined,
  }))
  console.log(
    JSON.stringify(
      {
        statements,
        geometricMean,
        estimates,
        learned,
        bounds: BOUNDS,
        above,
        below,
        broken,
        isGood,
      },
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
  for (const [when, summaries] of [
    ['estimates against true counts (times off)', estimates],
    ['the same after learning from one run', learned],
  ] as const) {
    console.log(row([`\n${when}`, 'nodes', 'mean', 'median', '90 %', 'worst']))
    for (const { node, nodes, mean, median, ninetieth, worst } of summaries) {
      const factors = [median, ninetieth, worst].map((factor) => factor.toFixed(1))
      console.log(row([node, nodes, mean.toFixed(2), ...factors]))
    }
  }
  if (against.length > 0) printPeers(against)
  for (const name of above) console.log(`above ${BOUNDS.any}: ${name}`)
  for (const name of broken) console.log(`more rows than promised: ${name}`)
  for (const name of below) console.log(`below what was taken for the least: ${name}`)
}
process.exitCode = isGood ? 0 : 1

/** What the servers sent, by engine. */
function printPeers(counted: readonly PlanResult[]): void {
  const engines = Object.keys(counted[0]?.sent ?? {})
  const cell = (text: string | number): string => String(text).padStart(16)
  console.log(
    '\nrows (kB) that PostgreSQL and MariaDB sent; what is read from files is in no count',
  )
  console.log(`${'statement'.padEnd(58)}${engines.map(cell).join('')}`)
  const problems: string[] = []
  for (const { name, sent = {} } of counted) {
    const cells = engines.map((engine) => {
      const moved = sent[engine]
      if (moved === undefined) return cell('')
      if (moved.problem !== undefined) problems.push(`${engine}, ${name}: ${moved.problem}`)
      const mark = moved.problem === undefined ? '' : '*'
      return cell(`${moved.rows} (${(moved.bytes / 1000).toFixed(1)})${mark}`)
    })
    console.log(`${name.padEnd(58)}${cells.join('')}`)
  }
  for (const engine of engines.slice(1)) {
    const ratios = counted.flatMap(({ sent = {} }) => {
      const [ours, theirs] = [sent.ours, sent[engine]]
      if (ours === undefined || theirs?.problem !== undefined || theirs === undefined) return []
      return [Math.max(1, theirs.rows) / Math.max(1, ours.rows)]
    })
    const mean = Math.exp(ratios.reduce((sum, ratio) => sum + Math.log(ratio), 0) / ratios.length)
    console.log(
      `${engine} is sent ${mean.toFixed(1)} x our rows, geometric mean of ${ratios.length}`,
    )
  }
  for (const problem of problems) console.log(`* not in the mean: ${problem}`)
}
