/** The enum types of a source: their names here, and how columns name them. */
import type { SourceType } from './catalog.js'

/** By remote name: the labels in their order. */
export type TypesData = Readonly<Record<string, readonly string[]>>

/**
 * Names the types of a source. A type keeps its own name without the remote schema; where a table here or another type has that
 * name, the remote schema goes before it (`app_status`): tables and types share their names in PostgreSQL.
 */
export function nameTypes(data: TypesData, tables: readonly string[]): SourceType[] {
  const taken = new Set(tables)
  return Object.entries(data).map(([from, labels]) => {
    const parts = (from.match(/"(?:[^"]|"")*"|[^.]+/g) ?? [from]).map((part) =>
      part.replace(/^"|"$/g, '').replaceAll('""', '"'),
    )
    let name = parts.at(-1) ?? from
    if (taken.has(name)) name = parts.join('_')
    for (let n = 2; taken.has(name); n++) name = `${parts.join('_')}_${n}`
    taken.add(name)
    return { name, from, labels }
  })
}

/**
 * The full name here of a type that a lock or a source file names: by its remote name (`app.status`), by its name
 * here (`status`, `crm.status`), or an array of it. Undefined: none of this source's types.
 */
export function typeHere(
  text: string,
  types: readonly SourceType[],
  source: string,
): string | undefined {
  const [, base = text, array = ''] = /^(.*?)((?:\[\])?)$/s.exec(text) ?? []
  const names = (type: SourceType): readonly string[] => [
    ...[type.from, type.name, `${source}.${type.name}`, quoted(source, type.name)],
  ]
  const type =
    types.find(({ from }) => from === base) ?? types.find((one) => names(one).includes(base))
  return type && `${quoted(source, type.name)}${array}`
}

function quoted(schema: string, name: string): string {
  return `"${schema}"."${name.replaceAll('"', '""')}"`
}
