/** Finds the connector of a kind: the folder of that name. */
import { existsSync, readdirSync } from 'node:fs'
import { didYouMean } from '../catalog/did-you-mean.js'
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
  const url = isSafeName ? entryOf(kind) : undefined
  const module =
    url === undefined ? undefined : ((await import(url.href)) as { connector?: Connector })
  if (module?.connector === undefined) {
    throw new EngineError(SQLSTATE.invalidCatalog, `No connector is named "${kind}"`, {
      category: 'user',
      hint: didYouMean(kind, connectorKinds()) ?? 'see docs/connectors.md for those there are',
    })
  }
  return module.connector
}

/** The kinds there are: the folders beside this file that hold a connector, and those from outside. */
function connectorKinds(): string[] {
  const folders = readdirSync(new URL('.', import.meta.url), { withFileTypes: true })
    .filter((entry) => entry.isDirectory() && entryOf(entry.name) !== undefined)
    .map((entry) => entry.name)
  return [...folders, ...loaded.keys()]
}

function entryOf(kind: string): URL | undefined {
  return ['index.js', 'index.ts']
    .map((file) => new URL(`./${kind}/${file}`, import.meta.url))
    .find((candidate) => existsSync(candidate))
}
