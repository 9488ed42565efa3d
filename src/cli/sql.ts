/** `tributary sql "..."`: runs one statement and prints its rows. */
import { EngineError } from '../errors.js'
import { catalogDirectory } from './open-catalog.js'
import { namesOf, openOnce } from './run-once.js'
import { printCsvRow, printTable } from './print-rows.js'
import { onlyPositional, readArguments, UsageError } from './usage.js'

/** Formats: table (all rows are gathered first), json (one object a line), csv (with a header). */
export async function sql(argv: string[]): Promise<number> {
  const args = readArguments(argv, ['catalog', 'as', 'format'])
  const statement = onlyPositional(args, 'the SQL statement')
  const format = args.text('format') ?? 'table'
  if (format !== 'table' && format !== 'json' && format !== 'csv') {
    throw new UsageError(`--format is table, json or csv: ${format}`)
  }
  const once = await openOnce(
    catalogDirectory(args.text('catalog')),
    args.text('as') ?? 'tributary',
  )
  try {
    const compiled = await once.compile(statement)
    const names = namesOf(compiled.columns)
    const table: (string | null)[][] = []
    if (format === 'csv') console.log(printCsvRow(names))
    for await (const rows of once.rows(statement, compiled)) {
      for (const row of rows) {
        if (format === 'table') table.push(row)
        else if (format === 'csv') console.log(printCsvRow(row))
        else console.log(JSON.stringify(Object.fromEntries(names.map((n, i) => [n, row[i]]))))
      }
    }
    if (format === 'table') console.log(printTable(names, table))
    return 0
  } catch (error) {
    if (error instanceof EngineError && error.position !== undefined)
      pointAt(statement, error.position)
    throw error
  } finally {
    await once.close()
  }
}

/** Shows the place of an error below the line it is in, as psql does. */
function pointAt(statement: string, position: number): void {
  const before = [...statement].slice(0, position - 1).join('')
  const lineNumber = before.split('\n').length
  const line = statement.split('\n')[lineNumber - 1] ?? ''
  const column = before.length - (before.lastIndexOf('\n') + 1)
  const prefix = `LINE ${lineNumber}: `
  console.error(`${prefix}${line}\n${' '.repeat(prefix.length + column)}^`)
}
