/** Statistics: what is known of the table `many`, against what discovery says of it; what is not declared must not be there. */
import type { SourceDefinition } from '../../src/catalog/catalog.js'
import {
  STATISTICS,
  type Capabilities,
  type DiscoveredTable,
  type Statistic,
} from '../../src/connectors/connector.js'
import { connectorOf } from '../../src/connectors/registry.js'
import type { RunningFixture } from './fixture.js'
import { MANY } from './subject-tables.js'
import type { ProbeResult } from './suite.js'

/** Proves each statistic that is declared, and that there are no others. */
export async function proveStatistics(
  { statistics }: Capabilities,
  running: RunningFixture,
  source: SourceDefinition,
): Promise<ProbeResult[]> {
  const open = (await connectorOf(source.connector)).open(source)
  try {
    const tableOf = async (distributions: boolean): Promise<DiscoveredTable> => {
      const { tables } = await open.discover({
        ...{ include: [], exclude: [], declared: source.tables, distributions },
        signal: AbortSignal.timeout(60_000),
      })
      const found = tables.find((candidate) => candidate.from === running.from(MANY.name))
      if (found === undefined) throw new Error(`${running.from(MANY.name)} was not discovered`)
      return found
    }
    // What the lock has, and over it what a running server reads.
    const [locked, live] = [await tableOf(false), await tableOf(true)]
    const columns = locked.columns.map((column, i) => ({ ...column, ...live.columns[i] }))
    const table = { ...locked, ...live, columns }
    return STATISTICS.map((statistic): ProbeResult => {
      const isDeclared = statistics.includes(statistic)
      const difference = differenceIn(statistic, table)
      const result = {
        ...{ section: 'Promises', group: `Statistics: ${statistic}`, what: `${statistic} of many` },
        declaration: isDeclared ? ('exact' as const) : ('none' as const),
      }
      if (isDeclared) return difference === undefined ? result : { ...result, failure: difference }
      return difference === undefined ? { ...result, failure: 'there, but not declared' } : result
    })
  } finally {
    await open.close()
  }
}

/** Column `grp`: 50 numbers of which 37 or 38 occur, as a quarter of the rows is NULL. */
const GROUPS = new Set(MANY.rows.map((row) => row[2]).filter((value) => value !== null)).size
const NULL_SHARE = MANY.rows.filter((row) => row[2] === null).length / MANY.rows.length

/** Tells what is wrong with a statistic; undefined: it is there and true. */
function differenceIn(statistic: Statistic, table: DiscoveredTable): string | undefined {
  const column = (name: string) => table.columns.find((candidate) => candidate.name === name)
  const near = (expected: number, actual: number | undefined, share: number) =>
    actual !== undefined && Math.abs(actual - expected) <= expected * share
      ? undefined
      : `about ${expected} expected, discovery says ${actual ?? 'nothing'}`
  const positive = (actual: number | undefined) =>
    (actual ?? 0) > 0 ? undefined : `discovery says ${actual ?? 'nothing'}`
  switch (statistic) {
    case 'rows':
      return near(MANY.rows.length, table.rows, 0.05)
    case 'bytes':
      return positive(table.bytes)
    case 'distinct':
      return near(GROUPS, column('grp')?.distinct, 0.2)
    case 'null fraction':
      return near(NULL_SHARE, column('grp')?.nullFraction, 0.1)
    case 'width':
      return positive(column('code')?.width)
    case 'bounds': {
      const said = ['price', 'day'].map((name) => `${column(name)?.min} to ${column(name)?.max}`)
      const expected = ['0.25 to 750.00', '2020-01-01 to 2022-09-26']
      return said.join() === expected.join()
        ? undefined
        : `${expected.join(', ')} expected, discovery says ${said.join(', ')}`
    }
    case 'distribution': {
      const { mostCommon, histogram } = column('grp') ?? {}
      return mostCommon !== undefined || histogram !== undefined
        ? undefined
        : 'discovery says nothing'
    }
  }
}
