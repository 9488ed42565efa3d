/** The peer `chdb`: ClickHouse in a child process, with its postgresql() and mysql() table functions. */
import { fork } from 'node:child_process'
import { createRequire } from 'node:module'
import { fileURLToPath } from 'node:url'
import type { Peer, StartPeer } from './peer.js'

/** Needs the npm package chdb (`npm install --no-save chdb`), which is no dependency of ours. */
export const startChdb: StartPeer = async (postgres, mariadb) => {
  let path: string
  try {
    path = createRequire(import.meta.url).resolve('chdb')
  } catch {
    console.error('peer chdb: skipped, install it with `npm install --no-save chdb`')
    return undefined
  }
  const child = fork(fileURLToPath(new URL('./chdb-process.mjs', import.meta.url)), [path])
  const ask = (sql: string): Promise<number> =>
    new Promise((resolve, reject) => {
      child.once('message', (answer: { milliseconds?: number; error?: string }) => {
        if (answer.milliseconds === undefined) reject(new Error(answer.error))
        else resolve(answer.milliseconds)
      })
      child.send({ sql })
    })
  const pg = `'127.0.0.1:${postgres.port}', '${postgres.database}'`
  for (const table of ['customer', 'orders', 'events']) {
    await ask(
      `CREATE VIEW ${table} AS SELECT * FROM postgresql(${pg}, '${table}', '${postgres.user}', '${postgres.password}')`,
    )
  }
  await ask(
    `CREATE VIEW lineitem AS SELECT * FROM mysql('127.0.0.1:${mariadb.port}', '${mariadb.database}', 'lineitem', '${mariadb.user}', '${mariadb.password}')`,
  )
  return {
    name: 'chdb',
    run: ask,
    stop: () =>
      new Promise((resolve) => {
        child.once('exit', () => resolve())
        child.kill('SIGKILL')
      }),
  } satisfies Peer
}
