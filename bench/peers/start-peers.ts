/** The peers by name. */
import { startChdb } from './chdb.js'
import { startFdw } from './fdw.js'
import type { Peer, PeerServers, StartPeer } from './peer.js'

const PEERS: Readonly<Record<string, StartPeer>> = { fdw: startFdw, chdb: startChdb }

/** Starts the peers of a list such as `fdw,chdb`, as far as they are installed. */
export async function startPeers(names: string, servers: PeerServers): Promise<Peer[]> {
  const peers: Peer[] = []
  for (const name of names.split(',').filter((each) => each !== '')) {
    const start = PEERS[name]
    if (start === undefined) throw new Error(`No peer is called "${name}": fdw, chdb`)
    const peer = await start(servers)
    if (peer !== undefined) peers.push(peer)
  }
  return peers
}
