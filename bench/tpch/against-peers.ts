/** What TPC-H's queries take on the peers, beside ours: one split's totals and means. */
import { TimeLimit, type Peer } from '../peers/peer.js'
import { median } from '../federation/measure.js'

/** Longer statements are timed once, without a run to warm up. */
const LONG_MILLISECONDS = 10_000

/** How one peer fared with one query. */
export interface PeerOutcome {
  /** Its time; the limit when it was stopped there; undefined when it did not answer, or wrongly. */
  readonly milliseconds: number | undefined
  readonly problem: string | undefined
}

/** Runs a query on a peer: once to warm up, then the median of `runs`. */
export async function timePeer(
  peer: Peer,
  sql: string,
  { runs, limit, rows }: { runs: number; limit: number; rows: number },
): Promise<PeerOutcome> {
  const times: number[] = []
  try {
    for (let run = 0; run <= runs; run++) {
      const ran = await peer.run(sql, limit)
      if (ran.rows !== rows) {
        return { milliseconds: undefined, problem: `gives ${ran.rows} rows, not ${rows}` }
      }
      if (run > 0) times.push(ran.milliseconds)
      else if (ran.milliseconds > LONG_MILLISECONDS) {
        return { milliseconds: ran.milliseconds, problem: undefined }
      }
    }
  } catch (error) {
    if (error instanceof TimeLimit) {
      return { milliseconds: limit, problem: `stopped at the limit of ${limit / 1000} s` }
    }
    const [text = ''] = String(error).split('\n')
    return { milliseconds: undefined, problem: text.slice(0, 160) }
  }
  return { milliseconds: median(times), problem: undefined }
}

/** One split's comparison with one peer. */
export interface PeerSummary {
  readonly split: string
  readonly peer: string
  /** Queries that both answered; one stopped at the limit counts with the limit, so ratios are then too low. */
  readonly compared: number
  readonly stopped: readonly string[]
  /** Queries without an answer, or with a wrong one: in neither figure, as there is no time to compare. */
  readonly unanswered: readonly string[]
  /** Sum of the peer's times / sum of ours. */
  readonly totalRatio: number
  /** The same of the queries that the peer finished within the limit. */
  readonly finishedRatio: number
  readonly geometricMean: number
}

interface Pair {
  readonly ours: number
  readonly theirs: number
  readonly isFinished: boolean
}

interface Timed {
  readonly query: string
  readonly problem: string | undefined
  readonly milliseconds: number
  readonly peers: Readonly<Record<string, PeerOutcome>>
}

/** Sums a split up. */
export function summarise(split: string, peer: string, queries: readonly Timed[]): PeerSummary {
  const stopped: string[] = []
  const unanswered: string[] = []
  const pairs: Pair[] = []
  for (const { query, milliseconds, peers } of queries) {
    const theirs = peers[peer]?.milliseconds
    if (theirs === undefined) {
      unanswered.push(query)
      continue
    }
    const isFinished = peers[peer]?.problem === undefined
    if (!isFinished) stopped.push(query)
    pairs.push({ ours: milliseconds, theirs, isFinished })
  }
  return {
    ...{ split, peer, compared: pairs.length, stopped, unanswered },
    totalRatio: totalRatioOf(pairs),
    finishedRatio: totalRatioOf(pairs.filter(({ isFinished }) => isFinished)),
    geometricMean: Math.exp(
      pairs.reduce((sum, { ours, theirs }) => sum + Math.log(theirs / ours), 0) / pairs.length,
    ),
  }
}

function totalRatioOf(pairs: readonly Pair[]): number {
  const total = (times: readonly number[]): number => times.reduce((sum, time) => sum + time, 0)
  return total(pairs.map(({ theirs }) => theirs)) / total(pairs.map(({ ours }) => ours))
}

/** One line for the report. */
export function lineOfSummary(summary: PeerSummary): string {
  const { split, peer, compared, stopped, unanswered, totalRatio, geometricMean } = summary
  const finished = `; of those it finished total ${summary.finishedRatio.toFixed(2)} x`
  const also = [
    stopped.length === 0 ? '' : `; counted with the time limit: ${stopped.join(', ')}${finished}`,
    unanswered.length === 0 ? '' : `; no right answer, not counted: ${unanswered.join(', ')}`,
  ]
  return `${split}: ${peer} / ours: total ${totalRatio.toFixed(2)} x, geometric mean ${geometricMean.toFixed(2)} x of ${compared} queries${also.join('')}`
}
