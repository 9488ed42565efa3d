/** Reads plans as Tributary explains them. */
import type pg from 'pg'

interface ExplainedNode {
  readonly 'Node Type': string
  readonly Plans?: readonly ExplainedNode[]
}

/** Lists the types of all nodes of a statement's plan. */
export async function nodeTypesOf(client: pg.Client, sql: string): Promise<string[]> {
  const result = await client.query<{ 'QUERY PLAN': unknown }>(`EXPLAIN (FORMAT JSON) ${sql}`)
  const plan = result.rows[0]?.['QUERY PLAN'] as readonly { Plan: ExplainedNode }[]
  const types: string[] = []
  const visit = (node: ExplainedNode): void => {
    types.push(node['Node Type'])
    node.Plans?.forEach(visit)
  }
  for (const { Plan } of plan) visit(Plan)
  return types
}
