/** What expressions are evaluated with while a statement is planned: no parameters, no clock, the default settings. */
import type { EvaluationContext } from '../expressions/evaluation-context.js'
import { DEFAULT_VALUE_SETTINGS } from '../session/settings/value-settings.js'

export const PLANNING_CONTEXT: EvaluationContext = {
  parameters: [],
  settings: DEFAULT_VALUE_SETTINGS,
  transactionTime: 0,
  statementTime: 0,
  session: {},
}
