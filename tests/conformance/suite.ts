/**
 * Proves a connector: what it declares to do exactly, or as a prefilter, gives PostgreSQL's rows; what it does not declare is done here
 * with the same rows and a reason in the plan; statements are cancelled at the source; statistics are true.
 */
import type pg from 'pg'
import type { ColumnDefinition, SourceDefinition } from '../../src/catalog/catalog.js'
import { connectorOf } from '../../src/connectors/registry.js'
import { Federation, tableFrom, type Planned } from '../integration/connectors/federation.js'
import { serviceVariable } from '../servers/given-service.js'
import type { SuiteTable } from './subject-tables.js'
import type { ConformanceFixture, RunningFixture } from './fixture.js'
import { askOracle, errorOf, type Answer, type Rows } from './oracle.js'
import { proveCancel } from './prove-cancel.js'
import { proveKeys } from './prove-keys.js'
import { proveRows } from './prove-rows.js'
import { proveStatistics } from './prove-statistics.js'
import type { Probe } from './probe.js'
import { PROBES } from './probes.js'
import { CONFORMANCE_TABLES } from './tables.js'

/** exact: all of it at the source. superset: filtered there and checked again here. none: done here. */
export type Declaration = 'exact' | 'superset' | 'none'

export interface ProbeResult {
  readonly section: string
  readonly group: string
  readonly what: string
  readonly declaration: Declaration
  /** Absent: proved. */
  readonly failure?: string
}

export interface ConformanceReport {
  /** `mysql`, `files (csv)`. */
  readonly name: string
  readonly kind: string
  readonly format: string | undefined
  readonly against: string
  readonly isSample: boolean
  readonly results: readonly ProbeResult[]
  readonly skipped: readonly { readonly what: string; readonly reason: string }[]
}

/** `mysql`, `files (csv)`. */
export function nameOf({ kind, format }: ConformanceFixture): string {
  return format === undefined ? kind : `${kind} (${format})`
}

/** Runs every probe against a running fixture. `oracle` has the same data in a schema of its own. */
export async function proveConnector(
  fixture: ConformanceFixture,
  oracle: pg.Client,
  probes: readonly Probe[] = PROBES,
): Promise<ConformanceReport> {
  const tables = tablesHeldBy(fixture)
  const isWhole = fixture.cannotHold.length === 0 && (fixture.lacks ?? []).length === 0
  const schema = isWhole ? undefined : `${fixture.kind}${fixture.format ?? ''}`
  const ask = await askOracle(oracle, tables, schema)
  const running = await fixture.start(tables)
  const { source, failures } = await discovered(running, tables)
  const federation = await Federation.start([source])
  try {
    const results: ProbeResult[] = [...failures]
    for (const probe of probes) {
      if (fixture.skips.some(({ group }) => group.test(probe.group))) continue
      if (isLacking(probe.sql, fixture)) continue
      const result = await prove(probe, federation, ask, fixture.format !== undefined)
      if (result !== undefined) results.push(result)
    }
    const { capabilities } = await connectorOf(source.connector)
    results.push(
      await proveKeys(capabilities, federation),
      ...(await proveRows(capabilities, source, tables, oracle)),
      ...(await proveStatistics(capabilities, running, source)),
      ...(await proveCancel(running, source, federation, fixture.isSample === true)),
    )
    return {
      ...{ name: nameOf(fixture), kind: fixture.kind, format: fixture.format },
      ...{ against: metBy(fixture, source), results },
      isSample: fixture.isSample === true,
      skipped: [
        ...fixture.skips.map(({ group, reason }) => ({ what: group.source, reason })),
        ...(fixture.lacks ?? []).map(({ column, reason }) => ({ what: column, reason })),
        ...fixture.cannotHold.map(({ types, reason }) => ({ what: types.join(', '), reason })),
        ...(running.noEndless === undefined ? [] : [{ what: 'Cancel', reason: running.noEndless }]),
      ],
    }
  } finally {
    await federation.close()
    await running.stop()
  }
}

/** What the suite ran against: the fixture's own server, or the service that the environment names. */
function metBy({ kind, against }: ConformanceFixture, { server }: SourceDefinition): string {
  const variable = serviceVariable(kind)
  if ((process.env[variable] ?? '') === '') return against
  return `${server?.product} ${server?.version} of ${variable}`
}

/** The suite's tables as a fixture's source can hold them. */
export function tablesHeldBy(fixture: ConformanceFixture): SuiteTable[] {
  return CONFORMANCE_TABLES.map((table) => withoutUnheld(table, fixture))
}

/** The table as the source, and so the oracle, can hold it. */
function withoutUnheld(table: SuiteTable, fixture: ConformanceFixture): SuiteTable {
  const lacks = (column: string): boolean =>
    fixture.lacks?.some((lacking) => lacking.column === `${table.name}.${column}`) === true
  const holds = (type: string, value: string): boolean =>
    !fixture.cannotHold.some((e) => e.types.includes(type) && e.matches(value))
  const kept = table.columns.flatMap((column, at) => (lacks(column.name) ? [] : [{ column, at }]))
  return {
    ...table,
    columns: kept.map(({ column }) => column),
    rows: table.rows.map((row) =>
      kept.map(({ column, at }) => {
        const value = row[at] ?? null
        return value !== null && holds(column.type, value) ? value : null
      }),
    ),
  }
}

/** Whether a statement names a column that the source has not got. */
function isLacking(sql: string, fixture: ConformanceFixture): boolean {
  const words = new Set(sql.match(/"(?:[^"]|"")+"|\w+/g))
  const isNamed = (name: string): boolean =>
    words.has(name) || words.has(`"${name.replaceAll('"', '""')}"`)
  return (fixture.lacks ?? []).some(({ column }) => column.split('.').every(isNamed))
}

/** The source with its tables as discovery finds them, in the types the suite gave them; twice, to see that it says the same. */
async function discovered(
  running: RunningFixture,
  tables: readonly SuiteTable[],
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
      const result = {
        section: 'Promises',
        group: 'Discovery',
        what,
        declaration: 'exact' as const,
      }
      failures.push(failure === undefined ? result : { ...result, failure })
    }
    const isSame = JSON.stringify(found) === JSON.stringify(again)
    note('twice the same', isSame ? undefined : 'the second discovery differs')
    const definitions = tables.map((table) => {
      const entry = found.tables.find((candidate) => candidate.from === running.from(table.name))
      if (entry === undefined) throw new Error(`${running.from(table.name)} was not discovered`)
      const rows = entry.rows === table.rows.length ? undefined : `rows: ${entry.rows}`
      note(`rows of ${table.name}`, rows)
      const declared = source.tables.find((candidate) => candidate.name === table.name)
      const definition = tableFrom(table.name, entry)
      // A source may have keys of its own (`_id` in MongoDB) that the suite's tables do not.
      const known = new Set(table.columns.map((column) => column.name))
      const isKnown = (key: readonly string[]): boolean => key.every((name) => known.has(name))
      return {
        ...definition,
        ...(declared?.format === undefined ? {} : { format: declared.format }),
        primaryKey: isKnown(definition.primaryKey) ? definition.primaryKey : [],
        unique: definition.unique.filter(isKnown),
        indexes: definition.indexes.filter(isKnown),
        columns: table.columns.map(({ name, type }) => {
          const column =
            definition.columns.find((c) => c.from === name) ??
            (table.rows.length === 0 && entry.columns.length === 0 ? unseen(name, type) : undefined)
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

/** A column of a collection that has no documents yet, as its source file would declare it. */
function unseen(name: string, type: string): ColumnDefinition {
  return { name, from: name, type, notNull: false, hidden: false, tags: [], options: {} }
}

/** Another format of a connector differs in how rows are read: what is done here, and without pushdown, was seen with the first. */
async function prove(
  probe: Probe,
  federation: Federation,
  ask: (probe: Probe) => Promise<Answer>,
  isFurtherFormat: boolean,
): Promise<ProbeResult | undefined> {
  const { section, group, sql, parameters = [], timeZone = 'UTC' } = probe
  let declaration: Declaration = 'none'
  const failures: string[] = []
  for (const pushdown of ['on', 'off'] as const) {
    // Where nothing is declared there is no promise to hold against the engine's own answer.
    if (pushdown === 'off' && (declaration === 'none' || isFurtherFormat)) continue
    const planned = await federation.plan(sql, pushdown, timeZone)
    if (pushdown === 'on') {
      declaration = declarationOf(planned.nodes, planned.notes)
      if (declaration === 'none' && whyHere(planned) === undefined) {
        failures.push('no reason is given')
      }
      if (declaration === 'none' && isFurtherFormat) return undefined
    }
    const actual = await federation
      .execute(planned, parameters, { timeZone })
      .then(({ rows }) => rows, errorOf)
    const difference = differenceOf(await ask(probe), actual, probe.ordered === true)
    if (difference !== undefined) failures.push(`pushdown ${pushdown}: ${difference}`)
  }
  const what = parameters.length === 0 ? sql : `${sql} -- ${JSON.stringify(parameters)}`
  return {
    ...{ section, group, what, declaration },
    ...(failures.length > 0 ? { failure: failures.join('\n') } : {}),
  }
}

/** What EXPLAIN says of work that stays here. */
function whyHere({ plan, notes, sent }: Planned): string | undefined {
  if (sent.length === 0) return 'the source need not be asked'
  return plan.kind === 'local-postgres' ? plan.reason : notes[0]
}

function declarationOf(nodes: readonly string[], notes: readonly string[]): Declaration {
  if (nodes.every((node) => node === 'remote-query')) return 'exact'
  return notes.some((note) => note.startsWith('checked again here')) ? 'superset' : 'none'
}

function differenceOf(expected: Answer, actual: Answer, ordered: boolean): string | undefined {
  if ('code' in expected || 'code' in actual) {
    const say = (answer: Answer): string =>
      'code' in answer ? `${answer.code} ${answer.message}` : `${answer.length} rows`
    const isSame = 'code' in expected && 'code' in actual && expected.code === actual.code
    return isSame ? undefined : `${say(expected)} expected, ${say(actual)} came`
  }
  const texts = (rows: Rows): string[] => {
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
