/** Tributary as users run it: the compiled program, in a process of its own. */
import { execFile, spawn } from 'node:child_process'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

export const ROOT = join(dirname(fileURLToPath(import.meta.url)), '..', '..')

export interface TributaryProcess {
  readonly port: number
  readonly pid: number
  /** What it wrote to standard error so far. */
  log(): string
  stop(): Promise<void>
}

/** Runs `tributary serve` on a free port; fails with what it printed when it refuses to start. */
export async function startTributary(
  catalogDirectory: string,
  environment: Readonly<Record<string, string>> = {},
  flags: readonly string[] = [],
): Promise<TributaryProcess> {
  const child = spawn(
    process.execPath,
    [
      ...[join(ROOT, 'bin', 'tributary.js'), 'serve', '--catalog', catalogDirectory, '--port', '0'],
      ...flags,
    ],
    // Plans that change while a test looks at them would prove nothing: who wants fresh statistics says so.
    {
      env: { TRIBUTARY_STATISTICS_REFRESH: 'off', ...process.env, ...environment },
      stdio: ['ignore', 'pipe', 'pipe'],
    },
  )
  const killOnExit = (): void => void child.kill('SIGKILL')
  process.once('exit', killOnExit)
  const ended = new Promise<void>((resolve) => child.once('exit', () => resolve()))
  let errors = ''
  let output = ''
  child.stderr.on('data', (chunk: Buffer) => (errors += chunk.toString()))
  const port = await new Promise<number>((resolve, reject) => {
    child.stdout.on('data', (chunk: Buffer) => {
      output += chunk.toString()
      const match = /serving database \S+ on \S+:(\d+)/.exec(output)
      if (match) resolve(Number(match[1]))
    })
    child.once('exit', (code) =>
      reject(new Error(`tributary serve ended with code ${code}\n${output}${errors}`)),
    )
  })
  return {
    port,
    pid: child.pid ?? 0,
    log: () => errors,
    async stop() {
      process.removeListener('exit', killOnExit)
      child.kill('SIGTERM')
      await ended
    },
  }
}

/** Runs `tributary discover SOURCE --write`; fails with what it printed. */
export async function discoverSource(
  catalogDirectory: string,
  source: string,
  environment: Readonly<Record<string, string>> = {},
): Promise<void> {
  const program = join(ROOT, 'bin', 'tributary.js')
  await promisify(execFile)(
    process.execPath,
    [program, 'discover', source, '--catalog', catalogDirectory, '--write'],
    { env: { ...process.env, ...environment } },
  )
}
