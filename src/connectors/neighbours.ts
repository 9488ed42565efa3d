/** Finds the sources that share a source's site. */
import type { SourceDefinition } from '../catalog/catalog.js'
import type { Connector } from './connector.js'

/** Gives a source its neighbours among all sources. `connector`: its own. */
export function withNeighbours(
  source: SourceDefinition,
  sources: readonly SourceDefinition[],
  connector: Connector,
): SourceDefinition {
  const { site } = connector.pushdown(source)
  const neighbours = sources.filter(
    (other) =>
      other.name !== source.name &&
      other.connector === source.connector &&
      connector.pushdown(other).site === site,
  )
  if (neighbours.length === 0) return source
  // One server: what discovery learnt of it through one source is true for all.
  const server = [source, ...neighbours].find((one) => one.server !== undefined)?.server
  return { ...source, neighbours, ...(server === undefined ? {} : { server }) }
}
