/** Three sessions with the same settings: the oracle's, and Tributary's with pushdown on and off. */
import type pg from 'pg'
import type { World } from '../world/world.js'

/** What a client set before its statements. */
export interface Profile {
  readonly timezone: string
  readonly settings: readonly string[]
}

export const PROFILES: readonly Profile[] = [
  { timezone: 'UTC', settings: [] },
  {
    timezone: 'America/New_York',
    settings: [
      "SET DateStyle = 'German'",
      "SET IntervalStyle = 'iso_8601'",
      "SET bytea_output = 'escape'",
    ],
  },
]

export interface Lane {
  readonly profile: Profile
  readonly oracle: pg.Client
  readonly on: pg.Client
  readonly off: pg.Client
  close(): Promise<void>
}

/** Opens the sessions of a lane. */
export async function openLane(world: World, profile: Profile): Promise<Lane> {
  const [oracle, on, off] = await Promise.all([
    world.connectOracle(),
    world.connect(),
    world.connect(),
  ])
  for (const client of [oracle, on, off]) {
    await client.query(`SET TimeZone = '${profile.timezone}'`)
    for (const setting of profile.settings) await client.query(setting)
  }
  await oracle.query("SET statement_timeout = '1s'")
  for (const client of [on, off]) await client.query("SET statement_timeout = '20s'")
  await off.query('SET tributary.pushdown = off')
  return {
    ...{ profile, oracle, on, off },
    async close() {
      await Promise.all([oracle.end(), on.end(), off.end()])
    },
  }
}
