/** Row rates through Tributary against the bare client at the source, in turn, as whole client processes. */
import { execFileSync } from 'node:child_process'
import type { MariadbServer } from '../../tests/servers/mariadb.js'
import type { PostgresServer } from '../../tests/servers/postgres.js'
import type { TributaryProcess } from '../../tests/world/tributary-process.js'
import { inTurn, median, processorMilliseconds, timeProcess } from './measure.js'

export interface Rate {
  readonly name: string
  /** Bare client's time / ours: 1 is as fast. */
  readonly ratio: number
  /** ms */
  readonly ours: number
  readonly bare: number
  /** Processor time of our server for one row, ns, median; not a number where it cannot be read. It depends less on what else runs than times do. */
  readonly processor: number
  readonly target: number
}

interface RateContext {
  readonly postgres: PostgresServer
  readonly mariadb: MariadbServer
  readonly tributary: TributaryProcess
  readonly lines: number
  readonly runs: number
}

/** Three programs share the machine: single pairs of runs differ by a third, medians of fewer than these still by a tenth. */
const FEWEST_RUNS = 11

/** Measures the three scans that the project promises; needs psql and the mariadb client. */
export async function measureRates(context: RateContext): Promise<Rate[]> {
  const { postgres, mariadb, tributary, lines } = context
  const runs = Math.max(context.runs, FEWEST_RUNS)
  if (!isInstalled('psql')) {
    console.error('rates: skipped, psql is not installed')
    return []
  }
  const psql = (
    port: number,
    user: string,
    database: string,
    sql: string,
    set = '',
    fetchCount = 0,
  ): Promise<number> =>
    timeProcess(
      'psql',
      ['-X', '-v', `FETCH_COUNT=${fetchCount}`, '-q', '-A', '-t', '-h', '127.0.0.1', '-p', String(port), '-U', user, '-d', database, '-o', '/dev/null', '-c', set, '-c', sql], // prettier-ignore
      { PGPASSWORD: 'secret' },
    )
  const ours = (sql: string, set?: string, fetchCount?: number): Promise<number> =>
    psql(tributary.port, 'bench', 'bench', sql, set, fetchCount)
  const bare = (sql: string): Promise<number> => psql(postgres.port, 'postgres', 'postgres', sql)
  const rate = async (
    name: string,
    target: number,
    a: () => Promise<number>,
    b: () => Promise<number>,
  ): Promise<Rate> => {
    const spent: number[] = []
    const watched = async (): Promise<number> => {
      const before = processorMilliseconds(tributary.pid) ?? NaN
      const time = await a()
      spent.push((processorMilliseconds(tributary.pid) ?? NaN) - before)
      return time
    }
    const measured = await inTurn(runs, watched, b)
    return {
      ...{ name, target, ours: measured.a, bare: measured.b, ratio: 1 / measured.ratio },
      // The first was the warm-up.
      processor: (median(spent.slice(1)) * 1e6) / lines,
    }
  }
  const events = 'SELECT e_id, e_kind, e_amount, e_day, e_note FROM events'
  // The same rows, decoded, worked on here and encoded: with pushdown off the filter runs in our executor.
  const worked = `${events} WHERE e_kind >= 0 AND e_amount >= 0`
  const rates = [
    await rate(
      `PostgreSQL scan relayed, ${lines} rows x 5`,
      0.9,
      () => ours(events),
      () => bare(events),
    ),
    await rate(
      `PostgreSQL scan decoded and filtered here, ${lines} rows x 5`,
      0.6,
      () => ours(worked, 'SET tributary.pushdown = off'),
      () => bare(worked),
    ),
  ]
  if (!isInstalled('mariadb')) {
    console.error('rate of the MariaDB scan: skipped, the mariadb client is not installed')
    return rates
  }
  const line = 'SELECT l_order, l_quantity, l_price, l_shipped, l_flag FROM lineitem'
  // Both programs collect a result before they print it, unless told to print as it comes: they are compared alike.
  const native = (...flags: string[]): Promise<number> =>
    timeProcess('mariadb', ['--no-defaults', ...flags, '-h', '127.0.0.1', '-P', String(mariadb.port), '-u', mariadb.user, '-psecret', '-N', '-B', '-e', line, mariadb.database]) // prettier-ignore
  rates.push(
    await rate(
      `MariaDB scan, ${lines} rows x 5, both collect`,
      0.8,
      () => ours(line),
      () => native(),
    ),
    await rate(
      `MariaDB scan, ${lines} rows x 5, both print as it comes`,
      0.8,
      () => ours(line, '', 10_000),
      () => native('--quick'),
    ),
    await rate(
      `MariaDB scan, ${lines} rows x 5, psql collects, mariadb does not`,
      0.8,
      () => ours(line),
      () => native('--quick'),
    ),
  )
  return rates
}

function isInstalled(command: string): boolean {
  try {
    execFileSync(command, ['--version'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
