/** Compares what a view yields with what its YAML promises (`contract: enforced`). */
import type { Analyzer } from '../analyzer/analyzer.js'
import type { Problem } from '../catalog/problem.js'
import { formatTypeName, parseTypeName } from '../types/type-registry.js'
import { commandLineOptions, type CheckedFiles } from './open-catalog.js'

/** Reports each promised column that is missing or of another type, of all views but those that `failed`. */
export function checkContracts(
  analyzer: Analyzer,
  checked: CheckedFiles,
  failed: ReadonlySet<string | undefined>,
): Problem[] {
  const problems: Problem[] = []
  const options = commandLineOptions(checked.catalog, 'tributary')
  for (const view of checked.catalog.views) {
    if (view.columns.length === 0 || failed.has(`${view.schema}.${view.name}`)) continue
    const sql = `SELECT * FROM "${view.schema}"."${view.name}"`
    const { columns } = analyzer.analyze(sql, [], options)
    const file = view.file.replace(/\.sql$/, '.yaml')
    const lines = (checked.texts.get(file) ?? '').split('\n')
    for (const promised of view.columns) {
      const index = lines.findIndex((line) => new RegExp(`name:\\s*${promised.name}\\b`).test(line))
      const place = {
        ...{ file, line: Math.max(index, 0) + 1 },
        column: (lines[index]?.indexOf(promised.name) ?? 0) + 1,
      }
      const actual = columns.find((column) => column.name === promised.name)
      const severity = view.contractEnforced ? 'error' : 'warning'
      if (actual === undefined) {
        const message = `View ${view.schema}.${view.name} yields no column "${promised.name}"`
        problems.push({ ...place, severity, code: 'E2002', message })
      } else if (promised.type !== undefined) {
        const type = parseTypeName(promised.type)
        const sameModifier = type.typmod === -1 || type.typmod === actual.type.typmod
        if (type.oid !== actual.type.oid || !sameModifier) {
          const message = `Column "${promised.name}" is ${formatTypeName(actual.type)}, not ${promised.type}`
          problems.push({ ...place, severity, code: 'E2003', message })
        }
      }
    }
  }
  return problems
}
