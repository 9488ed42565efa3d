/** The enum types of a catalog, as the engine's type registry takes them. */
import type { EnumType } from '../types/enum-types.js'
import type { SourceDefinition } from './catalog.js'

/** Lists the types of all sources. */
export function enumTypesOf(catalog: {
  readonly sources: readonly SourceDefinition[]
}): EnumType[] {
  return catalog.sources.flatMap((source) =>
    (source.types ?? []).map(({ name, labels }) => ({ schema: source.name, name, labels })),
  )
}
