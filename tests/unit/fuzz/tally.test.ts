/** The last line of a run over several seeds says what all of them counted. */
import { describe, expect, it } from 'vitest'
import { readFlags } from '../../fuzz/flags.js'
import { noCounts, reasonLines, sumOf, summaryOf } from '../../fuzz/tally.js'

describe('the tally of random statements', () => {
  const first = {
    counts: { ...noCounts(), statements: 300, runs: 290, explained: 200, local: 2 },
    reasons: [['a', 2]] as const,
  }
  const second = {
    counts: { ...noCounts(), statements: 100, runs: 100, explained: 50, local: 3, differences: 1 },
    reasons: [
      ['b', 4],
      ['a', 1],
    ] as const,
  }

  it('sums up seeds', () => {
    const line = summaryOf('seeds 7 to 8', sumOf([first, second]))
    expect(line).toMatch(/^seeds 7 to 8: 400 statements, 390 runs, 1 differences; 5 of 250 \(2.0 %\) through LocalPostgres/) // prettier-ignore
    expect(reasonLines(sumOf([first, second]))).toEqual([
      '  4 through LocalPostgres: b',
      '  3 through LocalPostgres: a',
    ])
  })

  it('takes the last of two seeds, and refuses what is no number', () => {
    expect(readFlags(['--seed', '5', '--processes', '2', '--seed', '6'])).toMatchObject({
      ...{ seed: 6, processes: 2, only: undefined },
    })
    expect(() => readFlags(['--processes', '0'])).toThrow('--processes takes a whole number from 1')
    expect(() => readFlags(['--seconds', 'ten'])).toThrow('--seconds takes a number above 0')
  })
})
