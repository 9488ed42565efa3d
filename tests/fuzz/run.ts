/**
 * `npm run fuzz -- --seconds N --seed S [--statements N] [--only STATEMENT] [--split NAME] [--both]`: random statements on
 * PostgreSQL and on Tributary, in every split, with pushdown on and off in turn (`--both`: each statement both ways).
 * Ends with code 1 when an answer differs.
 */
import { parseArgs } from 'node:util'
import { BASIC_SPLITS, BASIC_TABLES } from '../world/basic-tables.js'
import { answerOf } from '../world/compare.js'
import { localReasonsOf } from '../world/explain.js'
import { startServers, startWorld, type World } from '../world/world.js'
import { check, type Pair, type Verdict } from './check.js'
import { drawStatement, type FuzzStatement } from './draw-query.js'
import { reduce } from './reduce.js'
import { render } from './sql-tree.js'

const { values: flags } = parseArgs({
  options: {
    seconds: { type: 'string', default: '60' },
    seed: { type: 'string', default: String(Date.now() % 1_000_000) },
    only: { type: 'string' },
    split: { type: 'string' },
    /** The run ends after so many, whatever time is left. */
    statements: { type: 'string', default: '1000000000' },
    both: { type: 'boolean', default: false },
  },
})
const seed = Number(flags.seed)
const MOST_ROWS = 50_000
/** Of differences that look like one that was shown only the first is reduced. */
const known = new Set<string>()
const SHOWN_DIFFERENCES = 25
/** Every so many statements of a lane are explained, to see what runs in the local PostgreSQL. */
const PLANNED_EVERY = 5

const splits = Object.entries(BASIC_SPLITS).filter(
  ([name]) => flags.split === undefined || name.includes(flags.split),
)
const servers = await startServers(true)
const worlds: [string, World][] = []
for (const [name, split] of splits) {
  const world = await startWorld(BASIC_TABLES, split, servers)
  await world.oracle.query("SET statement_timeout = '3s'")
  await world.tributary.query("SET statement_timeout = '20s'")
  worlds.push([name, world])
}

const counts = {
  statements: 0,
  runs: 0,
  failing: 0,
  planned: 0,
  local: 0,
  slow: 0,
  oneSided: 0,
  differences: 0,
}

/** Why statements went through the local PostgreSQL, with how many did. */
const reasons = new Map<string, number>()

// One lane a world, taking turns: while one waits for its servers the others work.
const next = statements()
await Promise.all(worlds.map(([split, world]) => runLane(split, world)))

console.log(summary())
for (const [reason, count] of [...reasons].sort((a, b) => b[1] - a[1])) {
  console.log(`  through LocalPostgres, ${count}: ${reason}`)
}
for (const [, world] of worlds) await world.stop()
await servers.stop()
process.exit(counts.differences > 0 ? 1 : 0)

function summary(): string {
  return [
    `seed ${seed}: ${counts.statements} statements, ${counts.runs} runs, ${counts.differences} differences`,
    `${counts.oneSided} errors on one side, ${counts.failing} errors on both, ${counts.slow} too slow`,
    `${counts.local} of ${counts.planned} (${((100 * counts.local) / Math.max(1, counts.planned)).toFixed(1)} %) through LocalPostgres`,
  ].join('; ')
}

function* statements(): Generator<number> {
  if (flags.only !== undefined) {
    yield Number(flags.only)
    return
  }
  const end = Date.now() + Number(flags.seconds) * 1000
  const most = Number(flags.statements)
  for (let n = 0; n < most && Date.now() < end && counts.differences < SHOWN_DIFFERENCES; n++)
    yield n
}

async function runLane(split: string, world: World): Promise<void> {
  for (let turn = 0; ; turn++) {
    const { value: n, done } = next.next()
    if (done === true) return
    await runOne(n, turn, split, world)
  }
}

async function runOne(n: number, turn: number, split: string, world: World): Promise<void> {
  const statement = drawStatement((seed * 1_000_003 + n) >>> 0)
  const { text, values } = render(statement.tree)
  const expected = await answerOf(world.oracle, text, values.length === 0 ? undefined : values)
  if (expected.rows.length > MOST_ROWS || expected.error?.code === '57014') return
  counts.statements++
  if (counts.statements % 10_000 === 0) console.log(summary())
  if (expected.error !== undefined) counts.failing++
  if (turn % PLANNED_EVERY === 0 && expected.error === undefined && values.length === 0) {
    counts.planned++
    if (await usesLocalPostgres(world, text)) counts.local++
  }
  const modes = flags.both ? (['on', 'off'] as const) : ([turn % 2 === 0 ? 'on' : 'off'] as const)
  for (const pushdown of modes) {
    const start = performance.now()
    const verdict = await check(world, statement, pushdown, expected)
    counts.runs++
    if (performance.now() - start > 5000) {
      console.log(`SLOW (${Math.round(performance.now() - start)} ms) seed ${seed} statement ${n}, ${split}, pushdown ${pushdown}: ${text}\n`) // prettier-ignore
    }
    if (verdict.outcome === 'same' || verdict.outcome === 'failed in PostgreSQL') continue
    if (verdict.outcome === 'too slow') {
      counts.slow++
      continue
    }
    await report({ n, split, world, statement, pushdown, verdict })
    if (verdict.outcome === 'difference') break
  }
}

interface Finding {
  readonly n: number
  readonly split: string
  readonly world: World
  readonly statement: FuzzStatement
  readonly pushdown: 'on' | 'off'
  readonly verdict: Verdict
}

async function report({ n, split, world, statement, pushdown, verdict }: Finding): Promise<void> {
  const isError = verdict.outcome === 'one-sided error'
  if (isError) counts.oneSided++
  else counts.differences++
  console.log(`${verdict.outcome.toUpperCase()} seed ${seed} statement ${n}, ${split}, pushdown ${pushdown}`) // prettier-ignore
  console.log(`  ${verdict.detail ?? ''}`)
  const looks = (verdict.detail ?? '').replaceAll(/\d+/g, '#').slice(0, 160)
  if (known.has(looks) || (isError && counts.oneSided > 10)) return
  if (/got [0-9A-Z]{5} /.test(looks)) known.add(looks)
  const pair: Pair = world
  const fails = async (tree: FuzzStatement['tree']): Promise<boolean> =>
    (await check(pair, { tree, ordered: false }, pushdown)).outcome === verdict.outcome
  const isUnordered = await fails(statement.tree)
  const reduced = isUnordered
    ? await reduce(statement.tree, fails, isError ? 5000 : 20_000)
    : statement.tree
  const last = await check(pair, { tree: reduced, ordered: !isUnordered }, pushdown)
  const { text, values } = render(reduced)
  console.log(`  ${(last.detail ?? '').replaceAll('\n', '\n  ').slice(0, 1500)}`)
  console.log(`  reduced: ${text}${values.length > 0 ? ` -- ${JSON.stringify(values)}` : ''}\n`)
}

async function usesLocalPostgres(world: World, text: string): Promise<boolean> {
  try {
    const found = await localReasonsOf(world.tributary, text)
    for (const reason of new Set(found)) reasons.set(reason, (reasons.get(reason) ?? 0) + 1)
    return found.length > 0
  } catch {
    return false
  }
}
