/** Measuring: repeated runs, medians, whole client processes, memory of a process. */
import { spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import pg from 'pg'

/** The middle of the values. */
export function median(values: readonly number[]): number {
  const sorted = [...values].sort((a, b) => a - b)
  const middle = sorted.length >> 1
  const upper = sorted[middle] ?? NaN
  return sorted.length % 2 === 1 ? upper : ((sorted[middle - 1] ?? NaN) + upper) / 2
}

/** Runs two things in turn, A B A B ..., after one warm-up each; returns both medians in ms and the median ratio A/B. */
export async function inTurn(
  runs: number,
  a: () => Promise<number>,
  b: () => Promise<number>,
): Promise<{ a: number; b: number; ratio: number }> {
  await a()
  await b()
  const as: number[] = []
  const bs: number[] = []
  for (let i = 0; i < runs; i++) {
    as.push(await a())
    bs.push(await b())
  }
  return {
    a: median(as),
    b: median(bs),
    ratio: median(as.map((value, i) => value / (bs[i] as number))),
  }
}

/** Runs a program to its end, its output thrown away; returns ms. Fails when it does. */
export function timeProcess(
  command: string,
  args: readonly string[],
  environment: Readonly<Record<string, string>> = {},
): Promise<number> {
  const started = performance.now()
  return new Promise((resolve, reject) => {
    const child = spawn(command, args, {
      stdio: ['ignore', 'ignore', 'pipe'],
      env: { ...process.env, ...environment },
    })
    let errors = ''
    child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
    child.once('error', reject)
    child.once('close', (code) => {
      if (code === 0) resolve(performance.now() - started)
      else reject(new Error(`${command} ended with code ${code}: ${errors}`))
    })
  })
}

export interface TimedQuery {
  readonly milliseconds: number
  readonly firstRowMilliseconds: number
  readonly rows: number
}

/** Runs a statement and times the first and the last row. */
export async function timeQuery(client: pg.Client, sql: string): Promise<TimedQuery> {
  const started = performance.now()
  let first = NaN
  let rows = 0
  await new Promise<void>((resolve, reject) => {
    const query = new pg.Query(sql)
    query.on('row', () => {
      if (rows++ === 0) first = performance.now() - started
    })
    query.on('end', () => resolve())
    query.on('error', reject)
    client.query(query)
  })
  return { milliseconds: performance.now() - started, firstRowMilliseconds: first, rows }
}

/** Resident memory of a process in MB: now, or at its highest. undefined where /proc is missing. */
export function residentMegabytes(pid: number, which: 'VmRSS' | 'VmHWM'): number | undefined {
  try {
    const status = readFileSync(`/proc/${pid}/status`, 'utf8')
    const match = new RegExp(`${which}:\\s+(\\d+) kB`).exec(status)
    return match ? Math.round(Number(match[1]) / 1024) : undefined
  } catch {
    return undefined
  }
}
