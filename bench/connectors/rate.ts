/** Measuring how fast a connector reads, in turn with other ways to get the same rows: on the clock, and in processor time. */
import { median } from '../federation/measure.js'

/** A way to get the rows; returns how many came. */
export interface Way {
  readonly name: string
  readonly read: () => Promise<number>
  /** Least share of this way's rate that the connector must reach; absent: told, not judged. */
  readonly target?: number
  /** A program of its own: its processor time is not ours to see. */
  readonly isProcess?: boolean
}

/** How the connector compares with one other way. */
export interface Comparison {
  readonly against: string
  /** Rows a second of the other way. */
  readonly rate: number
  /** The connector's rate / the other's, the median of runs in turn. */
  readonly ratio: number
  /** The same in processor time of this process, all its threads. */
  readonly cpuRatio: number | undefined
  readonly target: number | undefined
}

/** How fast a connector reads. */
export interface ConnectorRate {
  readonly name: string
  /** Rows a second. */
  readonly rate: number
  /** Microseconds of processor time per row. */
  readonly cpuMicroseconds: number
  readonly comparisons: readonly Comparison[]
}

interface Sample {
  readonly wall: number
  readonly cpu: number
}

/** Rounds before the counted ones: the loops of a reader are compiled in steps. */
const WARM_UP = 3

/** Reads `rows` rows by the connector and the other ways in turn, A B C A B C ... */
export async function compareRates(
  name: string,
  rows: number,
  runs: number,
  ours: () => Promise<number>,
  others: readonly Way[],
): Promise<ConnectorRate> {
  const ways = [{ name, read: ours }, ...others]
  const samples = ways.map((): Sample[] => [])
  for (let run = -WARM_UP; run < runs; run++) {
    for (const [i, way] of ways.entries()) {
      const sample = await measure(way, rows)
      if (run >= 0) samples[i]!.push(sample)
    }
  }
  const [mine = [], ...theirs] = samples
  const medianOf = (list: readonly Sample[], part: keyof Sample): number => median(list.map((sample) => sample[part])) // prettier-ignore
  const ratio = (list: readonly Sample[], part: keyof Sample): number => median(list.map((sample, i) => sample[part] / mine[i]![part])) // prettier-ignore
  return {
    name,
    rate: (rows / medianOf(mine, 'wall')) * 1000,
    cpuMicroseconds: (medianOf(mine, 'cpu') / rows) * 1000,
    comparisons: others.map((way, i) => ({
      against: way.name,
      rate: (rows / medianOf(theirs[i]!, 'wall')) * 1000,
      ratio: ratio(theirs[i]!, 'wall'),
      cpuRatio: way.isProcess === true ? undefined : ratio(theirs[i]!, 'cpu'),
      target: way.target,
    })),
  }
}

/** ms */
async function measure({ name, read }: Way, rows: number): Promise<Sample> {
  const cpu = process.cpuUsage()
  const started = performance.now()
  const found = await read()
  const wall = performance.now() - started
  const { user, system } = process.cpuUsage(cpu)
  if (found !== rows) throw new Error(`${name}: read ${found} rows of ${rows}`)
  return { wall, cpu: (user + system) / 1000 }
}
