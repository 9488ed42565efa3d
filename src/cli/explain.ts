/** `tributary explain "..."`: what would run where, and why; with --analyze also what it cost. */
import { renderPlan } from '../planner/explain/explain.js'
import { planInUse } from '../session/compiler/proven-digits.js'
import { catalogDirectory } from './open-catalog.js'
import { openOnce } from './run-once.js'
import { onlyPositional, readArguments, UsageError } from './usage.js'

/** Prints the plan; a statement over no virtual table has none. */
export async function explain(argv: string[]): Promise<number> {
  const args = readArguments(argv, ['catalog', 'as', 'format'], ['analyze', 'verbose'])
  const statement = onlyPositional(args, 'the SQL statement')
  const format = args.text('format') ?? 'text'
  if (format !== 'text' && format !== 'json' && format !== 'mermaid')
    throw new UsageError(`--format is text, json or mermaid: ${format}`)
  const once = await openOnce(
    catalogDirectory(args.text('catalog')),
    args.text('as') ?? 'tributary',
  )
  try {
    const compiled = await once.compile(statement)
    if (compiled.plan === undefined) {
      console.log('Catalog Query: answered by the catalog, no source is involved')
      return 0
    }
    if (args.flag('analyze')) {
      for await (const rows of once.rows(statement, compiled)) void rows
    }
    const report = once.report()
    const estimates = report === undefined ? await once.estimates(compiled) : undefined
    const { plan = compiled.plan, rules = [], ledger = [], refusal } = planInUse(compiled)
    const lines = renderPlan(plan, {
      ...{ format, verbose: args.flag('verbose'), costs: true, rules, ledger, refusal },
      ...(report === undefined ? { estimates } : { report }),
    })
    console.log(lines.join('\n'))
    return 0
  } finally {
    await once.close()
  }
}
