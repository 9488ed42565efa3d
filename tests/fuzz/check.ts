/** Runs one random statement on PostgreSQL and on Tributary and judges what came. */
import type pg from 'pg'
import { answerOf, differenceOf, type Answer } from '../world/compare.js'
import { render, type SqlNode } from './sql-tree.js'

export interface Verdict {
  readonly outcome: 'same' | 'difference' | 'one-sided error' | 'too slow' | 'failed in PostgreSQL'
  readonly detail?: string
}

export interface Pair {
  readonly oracle: pg.Client
  readonly tributary: pg.Client
}

/** SQLSTATEs of errors that depend on which values an expression is evaluated for: PostgreSQL promises no order. */
const EVALUATION_ERRORS = /^(22|21000|23)/
const TIMEOUT = '57014'

/** Compares the answers of both, with pushdown on or off. */
export async function check(
  { oracle, tributary }: Pair,
  statement: { tree: SqlNode; ordered: boolean },
  pushdown: 'on' | 'off',
  known?: Answer,
): Promise<Verdict> {
  const { text, values } = render(statement.tree)
  const sent = values.length === 0 ? undefined : values
  const expected = known ?? (await answerOf(oracle, text, sent))
  if (expected.error?.code === TIMEOUT) return { outcome: 'too slow', detail: 'in PostgreSQL' }
  await tributary.query(`SET tributary.pushdown = ${pushdown}`)
  const actual = await answerOf(tributary, text, sent)
  const difference = differenceOf(expected, actual, { ordered: statement.ordered })
  if (difference === undefined) {
    return { outcome: expected.error === undefined ? 'same' : 'failed in PostgreSQL' }
  }
  if (actual.error?.code === TIMEOUT) return { outcome: 'too slow', detail: 'in Tributary' }
  const codes = [expected.error?.code, actual.error?.code]
  const errors = codes.filter((code) => code !== undefined)
  if (errors.length > 0 && errors.every((code) => EVALUATION_ERRORS.test(code))) {
    return { outcome: 'one-sided error', detail: difference }
  }
  return { outcome: 'difference', detail: difference }
}
