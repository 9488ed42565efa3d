/** Judgements of sources, kept per node and expression: plans are immutable, and planning asks about the same part many times. */
import type { Judgement, Pushdown } from '../connectors/connector.js'
import type { Expression } from '../expressions/expression.js'
import type { LogicalPlan } from './logical-plan.js'

type Use = Parameters<Pushdown['judgeExpression']>[1]

const remembering = new WeakMap<Pushdown, Pushdown>()

/** The same planning half, asked once about each node and expression. */
export function withMemory(pushdown: Pushdown): Pushdown {
  let known = remembering.get(pushdown)
  if (known === undefined) {
    known = remember(pushdown)
    remembering.set(pushdown, known)
    remembering.set(known, known)
  }
  return known
}

function remember(pushdown: Pushdown): Pushdown {
  const nodes = new WeakMap<LogicalPlan, Judgement>()
  const expressions: Readonly<Record<Use, WeakMap<Expression, Judgement>>> = {
    filter: new WeakMap(),
    value: new WeakMap(),
    sort: new WeakMap(),
  }
  const overrides: Pick<Pushdown, 'judgeNode' | 'judgeExpression'> = {
    judgeNode: (node) => remembered(nodes, node, () => pushdown.judgeNode(node)),
    judgeExpression: (expression, use) =>
      remembered(expressions[use], expression, () => pushdown.judgeExpression(expression, use)),
  }
  return Object.assign(Object.create(pushdown) as Pushdown, overrides)
}

function remembered<K extends object>(
  known: WeakMap<K, Judgement>,
  key: K,
  judge: () => Judgement,
): Judgement {
  let judgement = known.get(key)
  if (judgement === undefined) {
    judgement = judge()
    known.set(key, judgement)
  }
  return judgement
}
