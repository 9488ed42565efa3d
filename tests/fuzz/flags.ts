/** The flags of `npm run fuzz`, read alike by the command and by the processes it starts. */
import { parseArgs } from 'node:util'

export interface FuzzFlags {
  readonly seconds: number
  /** How many statements each process deals at most. */
  readonly statements: number
  readonly seed: number
  readonly processes: number
  /** The number of the first statement. */
  readonly from: number
  /** The one statement to run. */
  readonly only: number | undefined
  /** The splits whose names contain this. */
  readonly split: string | undefined
  /** Each statement with pushdown on and with pushdown off. */
  readonly both: boolean
  /** How many times as large one source's tables are taken for. */
  readonly overstate: number
}

export function readFlags(given: readonly string[]): FuzzFlags {
  const { values } = parseArgs({
    args: [...given],
    options: {
      seconds: { type: 'string', default: '60' },
      statements: { type: 'string', default: '1e9' },
      seed: { type: 'string', default: String(Date.now() % 1_000_000) },
      processes: { type: 'string', default: '1' },
      from: { type: 'string', default: '0' },
      only: { type: 'string' },
      split: { type: 'string' },
      both: { type: 'boolean', default: false },
      overstate: { type: 'string', default: '1' },
    },
  })
  const whole = (name: 'seed' | 'processes' | 'from' | 'only', least: number): number => {
    const number = Number(values[name])
    if (Number.isInteger(number) && number >= least) return number
    throw new Error(`--${name} takes a whole number from ${least}, not ${values[name]}`)
  }
  const number = (name: 'seconds' | 'statements' | 'overstate'): number => {
    const number = Number(values[name])
    if (number > 0) return number
    throw new Error(`--${name} takes a number above 0, not ${values[name]}`)
  }
  return {
    seconds: number('seconds'),
    statements: number('statements'),
    seed: whole('seed', 0),
    processes: whole('processes', 1),
    from: whole('from', 0),
    only: values.only === undefined ? undefined : whole('only', 0),
    split: values.split,
    both: values.both,
    overstate: number('overstate'),
  }
}
