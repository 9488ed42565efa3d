/**
 * Proves a connector: what it declares to do exactly, or as a prefilter, gives PostgreSQL's rows; what it does not declare is done here
 * with the same rows and a reason in the plan; statements are cancelled at the source; statistics are true.
 */
import type pg from 'pg'
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import { connectorOf } from '../../src/connectors/registry.js'
import { EngineError } from '../../src/errors.js'
import { Federation, tableFrom } from '../integration/connectors/federation.js'
import { loadIntoPostgres } from '../world/load-tables.js'
import type { WorldTable } from '../world/table.js'
import type { ConformanceFixture, RunningFixture } from './fixture.js'
import { PROBES, type Probe } from './probes.js'
import { CONFORMANCE_TABLES } from './tables.js'

/** exact: all of it at the source. superset: filtered there and checked again here. none: done here. */
export type Declaration = 'exact' | 'superset' | 'none'

export interface ProbeResult {
  readonly group: string
  readonly what: string
  readonly declaration: Declaration
  /** Absent: proved. */
  readonly failure?: string
}

export interface ConformanceReport {
  readonly kind: string
  readonly against: string
  readonly isSample: boolean
  readonly results: readonly ProbeResult[]
  readonly skipped: readonly { readonly what: string; readonly reason: string }[]
}

/** Runs every probe against a running fixture. `oracle` has the same data in a schema named like the connector. */
export async function proveConnector(
  fixture: ConformanceFixture,
  oracle: pg.Client,
): Promise<ConformanceReport> {
  const tables = CONFORMANCE_TABLES.map((table) => withoutUnheld(table, fixture))
  const quoted = tables.map((table) => ({
    ...table,
    name: quote(table.name),
    columns: table.columns.map((column) => ({ ...column, name: quote(column.name) })),
    ...(table.primaryKey === undefined ? {} : { primaryKey: table.primaryKey.map(quote) }),
  }))
  await loadIntoPostgres(oracle, fixture.kind, quoted)
  await oracle.query(`SET search_path = ${fixture.kind}`)
  const running = await fixture.start(tables)
  const { source, failures } = await discovered(running, tables)
  const federation = await Federation.start([source])
  try {
    const results: ProbeResult[] = [...failures]
    for (const probe of PROBES) {
      if (fixture.skips.some(({ group }) => group.test(probe.group))) continue
      results.push(await prove(probe, federation, oracle))
    }
    results.push(...(await proveCancel(running, source)))
    return {
      ...{ kind: fixture.kind, against: fixture.against, results },
      isSample: fixture.isSample === true,
      skipped: [
        ...fixture.skips.map(({ group, reason }) => ({ what: group.source, reason })),
        ...fixture.cannotHold.map(({ types, reason }) => ({ what: types.join(', '), reason })),
      ],
    }
  } finally {
    await federation.close()
    await running.stop()
  }
}

const quote = (name: string): string => `"${name.replaceAll('"', '""')}"`

function withoutUnheld(table: WorldTable, fixture: ConformanceFixture): WorldTable {
  const holds = (type: string, value: string): boolean =>
    !fixture.cannotHold.some((e) => e.types.includes(type) && e.matches(value))
  return {
    ...table,
    rows: table.rows.map((row) =>
      row.map((value, c) =>
        value !== null && holds(table.columns[c]!.type, value) ? value : null,
      ),
    ),
  }
}

/** The source with its tables as discovery finds them, in the types the suite gave them; twice, to see that it says the same. */
async function discovered(
  running: RunningFixture,
  tables: readonly WorldTable[],
): Promise<{ source: SourceDefinition; failures: ProbeResult[] }> {
  const { source } = running
  const open = (await connectorOf(source.connector)).open(source)
  try {
    const ask = () =>
      open.discover({
        include: [],
        exclude: [],
        declared: source.tables,
        signal: AbortSignal.timeout(60_000),
      })
    const found = await ask()
    const again = await ask()
    const failures: ProbeResult[] = []
    const note = (what: string, failure: string | undefined): void => {
      const result = { group: 'Discovery', what, declaration: 'exact' as const }
      failures.push(failure === undefined ? result : { ...result, failure })
    }
    const isSame = JSON.stringify(found) === JSON.stringify(again)
    note('twice the same', isSame ? undefined : 'the second discovery differs')
    const definitions = tables.map((table) => {
      const entry = found.tables.find((candidate) => candidate.from === running.from(table.name))
      if (entry === undefined) throw new Error(`${running.from(table.name)} was not discovered`)
      const rows = entry.rows === table.rows.length ? undefined : `rows: ${entry.rows}`
      note(`rows of ${table.name}`, rows)
      const definition = tableFrom(table.name, entry)
      // A source may have keys of its own (`_id` in MongoDB) that the suite's tables do not.
      const known = new Set(table.columns.map((column) => column.name))
      const isKnown = (key: readonly string[]): boolean => key.every((name) => known.has(name))
      return {
        ...definition,
        primaryKey: isKnown(definition.primaryKey) ? definition.primaryKey : [],
        unique: definition.unique.filter(isKnown),
        indexes: definition.indexes.filter(isKnown),
        columns: table.columns.map(({ name, type }) => {
          const column = definition.columns.find((c) => c.from === name)
          if (column === undefined) throw new Error(`${table.name}.${name} was not discovered`)
          return { ...column, name, type }
        }),
      }
    })
    return { source: { ...source, server: found.server, tables: definitions }, failures }
  } finally {
    await open.close()
  }
}

async function prove(
  probe: Probe,
  federation: Federation,
  oracle: pg.Client,
): Promise<ProbeResult> {
  const { group, sql, parameters = [] } = probe
  const expected = await rowsOf(oracle, sql, parameters)
  let declaration: Declaration = 'none'
  const failures: string[] = []
  for (const pushdown of ['on', 'off'] as const) {
    try {
      const { rows, nodes, notes } = await federation.run(sql, pushdown, parameters)
      if (pushdown === 'on') {
        declaration = declarationOf(nodes, notes)
        if (declaration === 'none' && notes.length === 0) failures.push('no reason is given')
      }
      const difference = differenceOf(expected, rows, probe.ordered === true)
      if (difference !== undefined) failures.push(`pushdown ${pushdown}: ${difference}`)
    } catch (error) {
      const message =
        error instanceof EngineError ? `${error.code} ${error.message}` : String(error)
      failures.push(`pushdown ${pushdown}: ${message}`)
    }
  }
  const what = parameters.length === 0 ? sql : `${sql} -- ${JSON.stringify(parameters)}`
  return {
    group,
    what,
    declaration,
    ...(failures.length > 0 ? { failure: failures.join('\n') } : {}),
  }
}

function declarationOf(nodes: readonly string[], notes: readonly string[]): Declaration {
  if (nodes.every((node) => node === 'remote-query')) return 'exact'
  return notes.some((note) => note.startsWith('checked again here')) ? 'superset' : 'none'
}

async function rowsOf(
  oracle: pg.Client,
  text: string,
  values: readonly (string | null)[],
): Promise<(string | null)[][]> {
  const types = { getTypeParser: () => (value: string) => value }
  const { rows } = await oracle.query<(string | null)[]>({
    ...{ text, values: [...values], rowMode: 'array', types },
  })
  return rows
}

function differenceOf(
  expected: readonly (readonly (string | null)[])[],
  actual: readonly (readonly (string | null)[])[],
  ordered: boolean,
): string | undefined {
  const texts = (rows: typeof expected): string[] => {
    const list = rows.map((row) => JSON.stringify(row))
    return ordered ? list : list.sort()
  }
  const [left, right] = [texts(expected), texts(actual)]
  const at = Array.from({ length: Math.max(left.length, right.length) }, (_, i) => i).find(
    (i) => left[i] !== right[i],
  )
  if (at === undefined) return undefined
  return `${left.length} rows expected, ${right.length} came; expected ${left[at] ?? 'none'}, got ${right[at] ?? 'none'}`
}

/** An abort in the middle ends the statement at the source within a second. */
async function proveCancel(
  running: RunningFixture,
  source: SourceDefinition,
): Promise<ProbeResult[]> {
  const { endless } = running
  if (endless === undefined) return []
  const open = (await connectorOf(source.connector)).open(source)
  const abort = new AbortController()
  const result = { group: 'Cancel', what: 'an abort ends the statement at the source', declaration: 'exact' as const } // prettier-ignore
  try {
    const options = { signal: abort.signal, batchRows: 1000 }
    const reading = (async () => {
      for await (const batch of open.scan(endless.statement, [], options)) void batch
    })()
    reading.catch(() => undefined)
    const isRunning = await eventually(async () => (await endless.running()) > 0, 10_000)
    abort.abort(new EngineError('57014', 'canceling statement due to user request'))
    const hasEnded = await eventually(async () => (await endless.running()) === 0, 1_000)
    if (isRunning && hasEnded) return [result]
    return [{ ...result, failure: isRunning ? 'it still ran after a second' : 'it never ran' }]
  } finally {
    await open.close()
  }
}

async function eventually(test: () => Promise<boolean>, milliseconds: number): Promise<boolean> {
  const deadline = Date.now() + milliseconds
  do {
    if (await test()) return true
    await new Promise((resolve) => setTimeout(resolve, 20))
  } while (Date.now() < deadline)
  return test()
}
