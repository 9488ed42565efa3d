/** Turns a list of expressions into tests against PostgreSQL's answers. */
import { afterAll, beforeAll, describe, expect, test } from 'vitest'
import {
  DEFAULT_VALUE_SETTINGS,
  type ValueSettings,
} from '../../../src/session/settings/value-settings.js'
import { startOracle, type Oracle } from './oracle.js'

/** The types of columns a, b, ... and an expression over them. */
export type Case = readonly [types: readonly string[], sql: string]

/** Declares one test per case; each compares the cross product of the types' samples. */
export function describeCases(
  name: string,
  cases: readonly Case[],
  settings: Partial<ValueSettings> = {},
): void {
  describe(name, () => {
    let oracle: Oracle
    beforeAll(async () => {
      oracle = await startOracle(
        cases.map(([types]) => types),
        { ...DEFAULT_VALUE_SETTINGS, ...settings },
      )
    }, 120_000)
    afterAll(() => oracle.close())

    test.each(cases.map(([types, sql]) => ({ sql, types: types.join(', ') })))(
      '$sql over $types is what PostgreSQL computes',
      ({ sql, types }) => {
        const { refusal, rows, differences } = oracle.compare(types.split(', '), sql)
        expect(refusal).toBeUndefined()
        expect(rows).toBeGreaterThan(0)
        expect(differences.slice(0, 4)).toEqual([])
      },
    )
  })
}
