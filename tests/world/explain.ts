/** Reads plans as Tributary explains them. */
import type pg from 'pg'

interface ExplainedNode {
  readonly 'Node Type': string
  readonly Detail?: string
  readonly 'Spilled Bytes'?: number
  readonly Plans?: readonly ExplainedNode[]
}

/** Lists the types of all nodes of a statement's plan. */
export async function nodeTypesOf(client: pg.Client, sql: string): Promise<string[]> {
  return (await nodesOf(client, sql)).map((node) => node['Node Type'])
}

/** Why parts of a statement run in the local PostgreSQL; [] when none does. */
export async function localReasonsOf(client: pg.Client, sql: string): Promise<string[]> {
  const nodes = await nodesOf(client, sql)
  return nodes
    .filter((node) => node['Node Type'] === 'Local PostgreSQL')
    .map((node) => node.Detail ?? 'no reason given')
}

/** Runs a statement and adds up the bytes that its nodes wrote to temporary files. */
export async function spilledBy(client: pg.Client, sql: string): Promise<number> {
  const nodes = await nodesOf(client, sql, 'ANALYZE, ')
  return nodes.reduce((sum, node) => sum + (node['Spilled Bytes'] ?? 0), 0)
}

async function nodesOf(client: pg.Client, sql: string, options = ''): Promise<ExplainedNode[]> {
  const result = await client.query<{ 'QUERY PLAN': unknown }>(
    `EXPLAIN (${options}FORMAT JSON) ${sql}`,
  )
  const plan = result.rows[0]?.['QUERY PLAN'] as readonly { Plan: ExplainedNode }[]
  const nodes: ExplainedNode[] = []
  const visit = (node: ExplainedNode): void => {
    nodes.push(node)
    node.Plans?.forEach(visit)
  }
  for (const { Plan } of plan) visit(Plan)
  return nodes
}
