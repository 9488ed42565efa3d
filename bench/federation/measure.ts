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

/**
 * Runs two things in turn, A B, B A, A B ..., after one warm-up each, so that neither a slow moment nor what the one leaves behind is always
 * the same one's; returns both medians in ms and the median of the pairs' ratios A/B.
 */
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
    if (i % 2 === 0) as.push(await a())
    bs.push(await b())
    if (i % 2 === 1) as.push(await a())
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

/** Processor time of a process and its threads so far, in ms; undefined where /proc is missing. */
export function processorMilliseconds(pid: number): number | undefined {
  try {
    // Behind the name in parentheses, which may hold anything: user and system time are the 12th and 13th field, in 1/100 s.
    const [, fields = ''] = /^.*\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8')) ?? []
    const [user, system] = fields.split(' ').slice(11, 13).map(Number)
    return ((user ?? NaN) + (system ?? NaN)) * 10
  } catch {
    return undefined
  }
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
