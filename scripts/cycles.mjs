// Finds import cycles among the modules of src/. Type-only imports count too: a cycle of types is a cycle of ideas,
// but only value cycles fail; type cycles within one folder are allowed.
import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, relative } from 'node:path'
import ts from 'typescript'
import { root } from './setup.mjs'

const files = readdirSync(join(root, 'src'), { recursive: true })
  .filter((name) => name.endsWith('.ts'))
  .map((name) => join(root, 'src', name))
const graph = new Map()
for (const file of files) {
  const source = ts.createSourceFile(file, readFileSync(file, 'utf8'), ts.ScriptTarget.ES2023)
  const imports = []
  for (const statement of source.statements) {
    const isImport = ts.isImportDeclaration(statement) || ts.isExportDeclaration(statement)
    if (!isImport || statement.moduleSpecifier === undefined) continue
    if (statement.importClause?.isTypeOnly || statement.isTypeOnly) continue
    const bindings = statement.importClause?.namedBindings
    const onlyTypes =
      bindings !== undefined &&
      ts.isNamedImports(bindings) &&
      statement.importClause.name === undefined &&
      bindings.elements.length > 0 &&
      bindings.elements.every((element) => element.isTypeOnly)
    const target = statement.moduleSpecifier.text
    if (!onlyTypes && target.startsWith('.')) {
      imports.push(join(dirname(file), target).replace(/\.js$/, '.ts'))
    }
  }
  graph.set(file, imports)
}
const done = new Set()
const path = []
let cycles = 0
function visit(file) {
  const at = path.indexOf(file)
  if (at >= 0) {
    cycles++
    console.error(
      'import cycle: ' + [...path.slice(at), file].map((f) => relative(root, f)).join(' -> '),
    )
    return
  }
  if (done.has(file)) return
  path.push(file)
  for (const target of graph.get(file) ?? []) visit(target)
  path.pop()
  done.add(file)
}
for (const file of files) visit(file)
process.exit(cycles > 0 ? 1 : 0)
