/** Runs one random statement on PostgreSQL and on Tributary and judges what came. */
import type pg from 'pg'
import { answerOf, differenceOf, type Answer } from '../world/compare.js'
import type { Lane } from './lane.js'
import { cutOf, render, unguarded, withoutCut, type SqlNode } from './sql-tree.js'

export interface Verdict {
  readonly outcome:
    'same' | 'difference' | 'order of evaluation' | 'too slow' | 'failed in PostgreSQL'
  readonly detail?: string
}

/**
 * SQLSTATEs that depend on which rows an expression is evaluated for (data exceptions, more than one row from a scalar
 * subquery): PostgreSQL promises no order among the conditions of a WHERE, nor between them and the rest.
 */
const EVALUATION_ERRORS = /^(22|21000)/

/** Casts of NaN and infinity to whole numbers are data exceptions under another code: `cannot convert NaN to integer`. */
function isEvaluationError({ code, message }: { code: string; message: string }): boolean {
  return (
    EVALUATION_ERRORS.test(code) || (code === '0A000' && /^cannot convert (NaN|inf)/.test(message))
  )
}

const TIMEOUT = '57014'

/** The whole answer of PostgreSQL: which rows a LIMIT leaves of it is open where no order says so. */
export function wholeAnswer(oracle: pg.Client, tree: SqlNode): Promise<Answer> {
  const { text, values } = render(withoutCut(tree))
  return answerOf(oracle, text, values.length === 0 ? undefined : values)
}

/** Compares the answers of both, with pushdown on or off. `known`: the whole answer of PostgreSQL. */
export async function check(
  lane: Pick<Lane, 'oracle' | 'on' | 'off'>,
  statement: { tree: SqlNode; ordered: boolean },
  pushdown: 'on' | 'off',
  known?: Answer,
): Promise<Verdict> {
  const { text, values } = render(statement.tree)
  const sent = values.length === 0 ? undefined : values
  const expected = known ?? (await wholeAnswer(lane.oracle, statement.tree))
  if (expected.error?.code === TIMEOUT) return { outcome: 'too slow', detail: 'in PostgreSQL' }
  const actual = await answerOf(lane[pushdown], text, sent)
  const { ordered, tree } = statement
  const difference = differenceOf(expected, actual, { ordered, cut: cutOf(tree) })
  if (difference === undefined) {
    return { outcome: expected.error === undefined ? 'same' : 'failed in PostgreSQL' }
  }
  if (actual.error?.code === TIMEOUT) return { outcome: 'too slow', detail: 'in Tributary' }
  if (await isOrderOfEvaluation(lane, tree, expected, actual)) {
    return { outcome: 'order of evaluation', detail: difference }
  }
  return { outcome: 'difference', detail: difference }
}

/**
 * An error on one side alone, or another error than the other side's, is a matter of order when both are errors of
 * evaluation, and the one that came from Tributary also comes from PostgreSQL when nothing guards it: conditions let every
 * row through but are all evaluated, and no limit stops. What PostgreSQL raises and Tributary does not is accepted only
 * as an error of evaluation.
 */
async function isOrderOfEvaluation(
  { oracle }: Pick<Lane, 'oracle'>,
  tree: SqlNode,
  expected: Answer,
  actual: Answer,
): Promise<boolean> {
  const errors = [expected.error, actual.error].filter((error) => error !== undefined)
  if (errors.length === 0 || !errors.every(isEvaluationError)) return false
  if (actual.error === undefined) return true
  const { text, values } = render(unguarded(tree))
  const answer = await answerOf(oracle, text, values.length === 0 ? undefined : values)
  return answer.error?.code === actual.error.code || answer.error?.code === TIMEOUT
}
