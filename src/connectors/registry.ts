/** Finds the connector of a kind: the folder of that name. */
import { existsSync } from 'node:fs'
import { EngineError, SQLSTATE } from '../errors.js'
import type { Connector } from './connector.js'

const loaded = new Map<string, Promise<Connector>>()

/** Loads `src/connectors/<kind>/index.js` on first use. An unknown kind is F0000, naming what exists nowhere. */
export function connectorOf(kind: string): Promise<Connector> {
  let connector = loaded.get(kind)
  if (connector === undefined) {
    connector = load(kind)
    loaded.set(kind, connector)
  }
  return connector
}

/** Makes a connector from outside src/connectors known in this thread, under its kind: for programs that embed the engine. */
export function registerConnector(connector: Connector): void {
  loaded.set(connector.kind, Promise.resolve(connector))
}

async function load(kind: string): Promise<Connector> {
  const isSafeName = /^[a-z][a-z0-9-]*$/.test(kind)
  const url = ['index.js', 'index.ts']
    .map((file) => new URL(`./${kind}/${file}`, import.meta.url))
    .find((candidate) => isSafeName && existsSync(candidate))
  const module =
    url === undefined ? undefined : ((await import(url.href)) as { connector?: Connector })
  if (module?.connector === undefined) {
    throw new EngineError(SQLSTATE.invalidCatalog, `No connector is named "${kind}"`, {
      category: 'user',
      hint: 'see docs/connectors.md for those there are',
    })
  }
  return module.connector
}
