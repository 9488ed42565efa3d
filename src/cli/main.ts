/** The `tributary` command: picks the subcommand and turns errors into exit codes (1: it failed, 2: wrong usage). */
import { readFileSync } from 'node:fs'
import { EngineError } from '../errors.js'
import { UsageError } from './usage.js'

const COMMANDS: Readonly<Record<string, () => Promise<(argv: string[]) => Promise<number>>>> = {
  serve: async () => (await import('./serve.js')).serve,
  sql: async () => (await import('./sql.js')).sql,
  explain: async () => (await import('./explain.js')).explain,
  check: async () => (await import('./check.js')).check,
  discover: async () => (await import('./discover.js')).discover,
}

const USAGE = `tributary: a federated query engine that looks like a PostgreSQL database

  tributary serve    [--host H] [--port P] [--statement-threads N] [--statistics-refresh 10m|off]
                     serves the catalog over the PostgreSQL protocol
  tributary sql      "SELECT ..." [--as USER] [--format table|json|csv]
                     runs one statement
  tributary explain  "SELECT ..." [--as USER] [--analyze] [--verbose] [--format text|json|mermaid]
                     shows where a statement's parts would run
  tributary check    [--online] [--format text|json|github]
                     reports every mistake in the catalog; --online: and what changed at the sources
  tributary discover SOURCE [--write]
                     reads tables, keys and statistics of a source; --write: into its lock file
  tributary help, tributary version

Each takes --catalog DIR, ./catalog by default. Flags win over TRIBUTARY_CATALOG, TRIBUTARY_HOST, TRIBUTARY_PORT, ...`

async function run(argv: string[]): Promise<number> {
  const [command, ...rest] = argv
  const flags = argv.slice(0, argv.includes('--') ? argv.indexOf('--') : undefined)
  if (command === 'help' || flags.includes('--help') || flags.includes('-h')) {
    console.log(USAGE)
    return 0
  }
  if (command === 'version' || command === '--version') {
    console.log(`tributary ${versionOf(new URL('../../package.json', import.meta.url))}`)
    return 0
  }
  if (command === undefined) throw new UsageError('Expected a command')
  const load = COMMANDS[command]
  if (load === undefined) throw new UsageError(`Unknown command "${command}"`)
  return (await load())(rest)
}

/** The version that a package.json says. */
function versionOf(file: URL): string {
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version
}

try {
  process.exitCode = await run(process.argv.slice(2))
} catch (error) {
  if (error instanceof UsageError) {
    console.error(`tributary: ${error.message}\n\n${USAGE}`)
    process.exitCode = 2
  } else if (error instanceof EngineError) {
    console.error(`ERROR ${error.code}: ${error.message}`)
    if (error.detail !== undefined) console.error(`DETAIL: ${error.detail}`)
    if (error.hint !== undefined) console.error(`HINT: ${error.hint}`)
    process.exitCode = 1
  } else {
    console.error(error)
    process.exitCode = 1
  }
}
