/**
 * `npm run fuzz -- --seconds N --seed S [--processes N] [--statements N] [--from NUMBER] [--only NUMBER] [--split NAME] [--both]
 * [--overstate FACTOR]`: random statements on one PostgreSQL and on Tributary, in every split, with pushdown on and off in turn
 * (`--both`: each statement both ways; `--overstate`: one source's tables are taken for so many times as large). `--processes`: so many
 * seeds at a time, S and those after it. The last line sums up; the exit code is 1 when an answer differed, or a process or a server died.
 */
import { fork, type ChildProcess } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { readFlags } from './flags.js'
import { reasonLines, sumOf, summaryOf, type Tally } from './tally.js'

const given = process.argv.slice(2)
const flags = readFlags(given)
const program = fileURLToPath(new URL('run-seed.ts', import.meta.url))
const seeds = Array.from({ length: flags.processes }, (_, index) => flags.seed + index)
const tallies = new Map<number, Tally>()
const running: ChildProcess[] = []

/** Runs one seed to its end, and says whether it ended as it should. */
async function runSeed(seed: number): Promise<boolean> {
  // A process group of its own: an interruption reaches this process alone, which says so to the others. Servers that are interrupted in
  // the middle of a statement would answer it with an error that is nobody's fault.
  const child = fork(program, [...given, '--seed', String(seed)], { detached: true })
  running.push(child)
  child.on('message', (tally) => void tallies.set(seed, tally as Tally))
  const code = await new Promise((resolve) => child.once('exit', (...how) => resolve(how.find((x) => x !== null)))) // prettier-ignore
  const isDone = code === 0 || code === 1
  if (!isDone) console.log(`seed ${seed}: its process ended with ${String(code)}`)
  return isDone
}

for (const name of ['SIGINT', 'SIGTERM'] as const) {
  process.on(name, () => running.forEach((child) => child.connected && child.send('stop')))
}
const label = seeds.length === 1 ? `seed ${seeds[0]}` : `seeds ${seeds[0]} to ${seeds.at(-1)}`
const total = (): Tally => sumOf([...tallies.values()])
const reporting = setInterval(() => console.log(summaryOf(label, total())), 60_000)
const ends = await Promise.all(seeds.map(runSeed))
clearInterval(reporting)
for (const line of reasonLines(total())) console.log(line)
if (seeds.length > 1) {
  for (const [seed, tally] of tallies) console.log(summaryOf(`seed ${seed}`, tally))
}
console.log(summaryOf(label, total()))
process.exit(total().counts.differences > 0 || ends.includes(false) ? 1 : 0)
