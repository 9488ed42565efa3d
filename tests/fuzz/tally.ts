/** What a run of random statements counts, and the line that says so. */

export interface Tally {
  readonly counts: Readonly<Record<Count, number>>
  /** Why statements went through the local PostgreSQL, and how often. */
  readonly reasons: readonly (readonly [string, number])[]
}

const COUNTS = [
  'statements',
  'runs',
  /** Errors of PostgreSQL and of Tributary alike. */
  'failing',
  /** Statements whose plan was looked at. */
  'explained',
  'local',
  'slow',
  'large',
  'evaluation',
  'shipping',
  'firstRows',
  'differences',
] as const

export type Count = (typeof COUNTS)[number]

export function noCounts(): Record<Count, number> {
  return Object.fromEntries(COUNTS.map((name) => [name, 0])) as Record<Count, number>
}

/** The tally of several runs together. */
export function sumOf(tallies: readonly Tally[]): Tally {
  const counts = noCounts()
  const reasons = new Map<string, number>()
  for (const tally of tallies) {
    for (const name of COUNTS) counts[name] += tally.counts[name]
    for (const [reason, count] of tally.reasons) {
      reasons.set(reason, (reasons.get(reason) ?? 0) + count)
    }
  }
  return { counts, reasons: [...reasons] }
}

/** One line: statements, differences, and the share that went through the local PostgreSQL. */
export function summaryOf(seeds: string, { counts }: Tally): string {
  const share = ((100 * counts.local) / Math.max(1, counts.explained)).toFixed(1)
  return [
    `${seeds}: ${counts.statements} statements, ${counts.runs} runs, ${counts.differences} differences`,
    `${counts.local} of ${counts.explained} (${share} %) through LocalPostgres`,
    `${counts.failing} errors on both, ${counts.evaluation} errors by order of evaluation`,
    `${counts.shipping} of ${counts.explained} may ship rows, ${counts.firstRows} read first rows`,
    `${counts.slow} too slow, ${counts.large} too large`,
  ].join('; ')
}

/** The most frequent reasons, one a line. */
export function reasonLines({ reasons }: Tally): string[] {
  return reasons
    .toSorted(([, a], [, b]) => b - a)
    .slice(0, 60)
    .map(([reason, count]) => `  ${count} through LocalPostgres: ${reason}`)
}
