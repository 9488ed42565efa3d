/** Draws random statements over the basic tables, heavy on what rewrites get wrong: NULLs, correlation, outer joins, nesting. */

export type Random = () => number

/** A reproducible stream of numbers below 1. */
export function seededRandom(seed: number): Random {
  let state = (seed * 2_654_435_761 + 1) >>> 0
  return () => {
    state = (Math.imul(state, 1_664_525) + 1_013_904_223) >>> 0
    return state / 2 ** 32
  }
}

interface Source {
  readonly table: string
  /** Columns of type int4/int8/int2, of type text, of type numeric. */
  readonly whole: readonly string[]
  readonly text: readonly string[]
}

const SOURCES: readonly Source[] = [
  { table: 'customer', whole: ['id'], text: ['name', 'country'] },
  { table: 'orders', whole: ['id', 'customer_id', 'priority'], text: ['status'] },
  { table: 'item', whole: ['order_id', 'line', 'quantity'], text: ['sku'] },
  { table: 'empty', whole: ['id'], text: ['label'] },
]

/** Draws one statement whose answer is the same as a multiset wherever it runs. */
export function randomStatement(random: Random): string {
  let aliases = 0
  const pick = <T>(list: readonly T[]): T => list[Math.floor(random() * list.length)]!
  const chance = (share: number) => random() < share
  const number = () => String(Math.floor(random() * 12))

  interface Scope {
    readonly whole: string[]
    readonly text: string[]
  }
  const merged = (...scopes: Scope[]): Scope => ({
    whole: scopes.flatMap((scope) => scope.whole),
    text: scopes.flatMap((scope) => scope.text),
  })

  const value = (scope: Scope, depth: number): string => {
    const r = random()
    if (r < 0.55) return pick(scope.whole)
    if (r < 0.65) return number()
    if (r < 0.75) return `coalesce(${pick(scope.whole)}, ${number()})`
    if (r < 0.85) return `${pick(scope.whole)} + ${number()}`
    if (depth < 0) return pick(scope.whole)
    if (r < 0.92 || depth === 0) {
      return `CASE WHEN ${condition(scope, -2)} THEN ${pick(scope.whole)} ELSE ${number()} END`
    }
    return scalar(scope, depth - 1)
  }

  const scalar = (outer: Scope, depth: number): string => {
    const [from, own] = fromClause(depth, outer)
    const where = chance(0.8) ? ` WHERE ${condition(merged(own, own, outer), depth)}` : ''
    const link = chance(0.7)
      ? `${where ? ' AND' : ' WHERE'} ${pick(own.whole)} = ${pick(outer.whole)}`
      : ''
    const aggregate = pick(['count(*)', 'count', 'sum', 'min', 'max'])
    const call = aggregate === 'count(*)' ? aggregate : `${aggregate}(${pick(own.whole)})`
    const wrapped = chance(0.3) ? `coalesce(${call}, 0) + 1` : call
    const having = chance(0.1) ? ` HAVING count(*) > ${number()}` : ''
    return `(SELECT ${wrapped} FROM ${from}${where}${link}${having})`
  }

  const condition = (scope: Scope, depth: number): string => {
    const r = random()
    if (depth > 0 && r < 0.12) return exists(scope, depth - 1)
    if (depth > 0 && r < 0.24) return inSubquery(scope, depth - 1)
    if (depth > 0 && r < 0.3)
      return `${value(scope, 0)} ${pick(['=', '<', '>='])} ${scalar(scope, depth - 1)}`
    if (depth > 0 && r < 0.34) return quantified(scope, depth - 1)
    if (depth > -2 && r < 0.44)
      return `(${condition(scope, depth - 1)} OR ${condition(scope, depth - 1)})`
    if (depth > -2 && r < 0.52)
      return `(${condition(scope, depth - 1)} AND ${condition(scope, depth - 1)})`
    if (depth > -2 && r < 0.58) return `NOT (${condition(scope, depth - 1)})`
    if (r < 0.66)
      return `${pick([...scope.whole, ...scope.text])} IS ${chance(0.5) ? 'NOT ' : ''}NULL`
    if (r < 0.72 && scope.text.length > 0)
      return `${pick(scope.text)} ${pick(['=', '<>', '<'])} 'DE'`
    if (r < 0.78) return `${pick(scope.whole)} IN (${number()}, ${number()}, ${number()})`
    if (r < 0.82) return `${pick(scope.whole)} IS NOT DISTINCT FROM ${pick(scope.whole)}`
    return `${value(scope, depth - 1)} ${pick(['=', '<', '>', '<>', '<=', '>='])} ${value(scope, depth - 1)}`
  }

  const exists = (outer: Scope, depth: number): string => {
    const [from, own] = fromClause(depth, outer)
    const link = chance(0.8) ? `${pick(own.whole)} = ${pick(outer.whole)} AND ` : ''
    const limit = chance(0.1) ? ' LIMIT 1' : ''
    return `${chance(0.4) ? 'NOT ' : ''}EXISTS (SELECT 1 FROM ${from} WHERE ${link}${condition(merged(own, outer), depth)}${limit})`
  }

  const inSubquery = (outer: Scope, depth: number): string => {
    const [from, own] = fromClause(depth, outer)
    const where = chance(0.7) ? ` WHERE ${condition(merged(own, own, outer), depth)}` : ''
    const distinct = chance(0.2) ? 'DISTINCT ' : ''
    return `${value(outer, 0)} ${chance(0.4) ? 'NOT ' : ''}IN (SELECT ${distinct}${pick(own.whole)} FROM ${from}${where})`
  }

  const quantified = (outer: Scope, depth: number): string => {
    const [from, own] = fromClause(depth, outer)
    const where = chance(0.6) ? ` WHERE ${condition(merged(own, outer), depth)}` : ''
    return `${value(outer, 0)} ${pick(['<', '>', '=', '<>'])} ${pick(['ANY', 'ALL'])} (SELECT ${pick(own.whole)} FROM ${from}${where})`
  }

  const relation = (depth: number, outer: Scope | undefined): [string, Scope] => {
    const alias = `t${++aliases}`
    const r = random()
    if (depth > 0 && r < 0.2) {
      const [sql, columns] = derived(depth - 1, outer)
      const names = columns.map((_, i) => `${alias}.c${i}`)
      return [`(${sql}) AS ${alias}`, { whole: names, text: [] }]
    }
    const source = pick(SOURCES.slice(0, chance(0.1) ? 4 : 3))
    return [
      `${source.table} AS ${alias}`,
      {
        whole: source.whole.map((name) => `${alias}.${name}`),
        text: source.text.map((name) => `${alias}.${name}`),
      },
    ]
  }

  /** A subquery in FROM with columns c0, c1, ... */
  const derived = (depth: number, outer: Scope | undefined): [string, string[]] => {
    const [from, scope] = fromClause(depth, outer)
    const seen = outer === undefined ? scope : merged(scope, scope, outer)
    const where = chance(0.6) ? ` WHERE ${condition(seen, depth)}` : ''
    const r = random()
    if (r < 0.3) {
      const key = pick(scope.whole)
      const having = chance(0.3) ? ` HAVING count(*) > 1` : ''
      return [
        `SELECT ${key} AS c0, count(*) AS c1, sum(${pick(scope.whole)}) AS c2 FROM ${from}${where} GROUP BY ${key}${having}`,
        ['c0', 'c1'],
      ]
    }
    if (r < 0.4)
      return [
        `SELECT count(*) AS c0, max(${pick(scope.whole)}) AS c1 FROM ${from}${where}`,
        ['c0', 'c1'],
      ]
    const columns = [value(seen, 0), value(seen, 0)]
    const list = columns.map((column, i) => `${column} AS c${i}`).join(', ')
    if (r < 0.55) return [`SELECT DISTINCT ${list} FROM ${from}${where}`, columns]
    if (r < 0.65 && outer === undefined) {
      const [other, others] = relation(0, undefined)
      return [
        `SELECT ${list} FROM ${from}${where} ${pick(['UNION', 'UNION ALL', 'EXCEPT', 'INTERSECT'])} SELECT ${pick(others.whole)}, ${number()} FROM ${other}`,
        columns,
      ]
    }
    if (r < 0.75) {
      return [
        `SELECT ${list} FROM ${from}${where} ORDER BY ${[...scope.whole, ...columns.filter((c) => !/^\d+$/.test(c))].join(', ')} LIMIT ${number()}`,
        columns,
      ]
    }
    return [`SELECT ${list} FROM ${from}${where}`, columns]
  }

  const fromClause = (depth: number, outer: Scope | undefined): [string, Scope] => {
    let [text, scope] = relation(depth, undefined)
    const joins = chance(0.5) ? 0 : chance(0.7) ? 1 : 2
    for (let i = 0; i < joins; i++) {
      const lateral = chance(0.15)
      if (lateral) {
        const alias = `t${++aliases}`
        const [sql, columns] = derived(Math.max(0, depth - 1), scope)
        text += chance(0.5)
          ? ` CROSS JOIN LATERAL (${sql}) AS ${alias}`
          : ` LEFT JOIN LATERAL (${sql}) AS ${alias} ON ${chance(0.5) ? 'true' : `${alias}.c0 > ${number()}`}`
        scope = merged(scope, { whole: columns.map((_, c) => `${alias}.c${c}`), text: [] })
        continue
      }
      const [right, own] = relation(depth - 1, undefined)
      const kind = pick(['JOIN', 'JOIN', 'LEFT JOIN', 'LEFT JOIN', 'RIGHT JOIN', 'FULL JOIN'])
      const key = `${pick(own.whole)} = ${pick(scope.whole)}`
      const extra =
        kind !== 'FULL JOIN' && chance(0.3) ? ` AND ${condition(merged(scope, own), 0)}` : ''
      text += ` ${kind} ${right} ON ${key}${extra}`
      scope = merged(scope, own)
    }
    void outer
    return [text, scope]
  }

  const [from, scope] = fromClause(2, undefined)
  const where = chance(0.7) ? ` WHERE ${condition(scope, 2)}` : ''
  if (chance(0.3)) {
    const key = pick(scope.whole)
    return `SELECT ${key}, count(*), min(${value(scope, 0)}) FROM ${from}${where} GROUP BY ${key}`
  }
  const list = [
    value(scope, 2),
    value(scope, 1),
    ...(chance(0.3) ? [`${condition(scope, 1)}`] : []),
  ]
  return `SELECT ${list.join(', ')} FROM ${from}${where}`
}
