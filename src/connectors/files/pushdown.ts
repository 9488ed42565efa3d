/** The planning half: judges fragments and prints them in DuckDB's SQL. */
import type { SourceDefinition } from '../../catalog/catalog.js'
import { columnsOf } from '../../planner/logical-plan.js'
import { mapExpressions } from '../../planner/plan-traversal.js'
import type { Judgement, Pushdown } from '../connector.js'
import { siteName } from '../site-name.js'
import { printPlan } from '../sql/print-plan.js'
import { planWithoutPadding, withoutPadding } from '../sql/without-padding.js'
import { CAPABILITIES } from './capabilities.js'
import { hasRoomForAll, nodeHasRoomForAll } from './decimal-arithmetic.js'
import { duckdbDialect } from './dialect.js'
import { groupsWithoutPadding } from './padded-groups.js'
import { rootsOf, type FilesHandle } from './statement-roots.js'
import { judgeExpression, judgeNode } from './judge.js'

/** Makes the planning half of a source. */
export function filesPushdown(source: SourceDefinition): Pushdown {
  const dialect = duckdbDialect(source)
  const expected: Pushdown = {
    // Whatever their roots, DuckDB reads them all: the statement says which it may open.
    site: siteName(source, { memory_limit: String(source.connection.memory_limit ?? '') }),
    maximumKeys: CAPABILITIES.keys.maximum,
    ...(CAPABILITIES.grouping === undefined ? {} : { grouping: CAPABILITIES.grouping }),
    ...(CAPABILITIES.rows === undefined ? {} : { rows: CAPABILITIES.rows }),
    judgeExpression: (expression, use) => judgeExpression(withoutPadding(expression), use),
    judgeNode: (node) => judgeNode(mapExpressions(node, withoutPadding), source),
    print(plan) {
      const fragment = groupsWithoutPadding(planWithoutPadding(plan))
      const handle: FilesHandle = { roots: rootsOf(fragment, source) }
      return { ...printPlan(fragment, dialect), columns: columnsOf(fragment), handle }
    },
  }
  return { ...expected, proven: provenOf(expected) }
}

/** The same without arithmetic that may fail. */
function provenOf(expected: Pushdown): Pushdown {
  return {
    ...expected,
    judgeExpression: (expression, use) =>
      hasRoomForAll(withoutPadding(expression))
        ? expected.judgeExpression(expression, use)
        : TOO_LONG,
    judgeNode: (node) =>
      nodeHasRoomForAll(mapExpressions(node, withoutPadding)) ? expected.judgeNode(node) : TOO_LONG,
  }
}

const TOO_LONG: Judgement = {
  support: 'none',
  reason: 'A number may have more digits than DuckDB keeps',
}
