/** The `tributary` command: picks the subcommand and turns errors into exit codes (1: it failed, 2: wrong usage). */
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

  tributary serve    --catalog DIR [--host H] [--port P]       serve the catalog over the PostgreSQL protocol
  tributary sql      "SELECT ..." [--catalog DIR] [--as USER] [--format table|json|csv]
  tributary explain  "SELECT ..." [--catalog DIR] [--as USER] [--analyze] [--verbose] [--format text|json|mermaid]
  tributary check    [--catalog DIR] [--format text|json|github]
  tributary discover SOURCE [--catalog DIR] [--write]

Flags win over TRIBUTARY_CATALOG, TRIBUTARY_HOST, TRIBUTARY_PORT, ...; the catalog is ./catalog by default.`

async function run(argv: string[]): Promise<number> {
  const [command, ...rest] = argv
  if (command === undefined || command === 'help' || command === '--help' || command === '-h') {
    console.log(USAGE)
    return command === undefined ? 2 : 0
  }
  const load = COMMANDS[command]
  if (load === undefined) throw new UsageError(`Unknown command "${command}"`)
  return (await load())(rest)
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
