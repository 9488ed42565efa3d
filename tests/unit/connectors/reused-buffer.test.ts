/** A socket that is read into one buffer: nothing is lost or doubled while reading rests, stops and goes on. */
import { createServer, type AddressInfo, type Server, type Socket } from 'node:net'
import { once } from 'node:events'
import { setTimeout as sleep } from 'node:timers/promises'
import { afterEach, expect, test } from 'vitest'
import { inflowOf, ReusedBuffer } from '../../../src/connectors/reused-buffer.js'

const SMALL = 8192

let server: Server
let reused: ReusedBuffer
let peer: Socket

afterEach(() => {
  reused.socket.destroy()
  peer.destroy()
  server.close()
})

async function connectPair(): Promise<void> {
  server = createServer((socket) => void (peer = socket.setNoDelay(true))).listen(0, '127.0.0.1')
  await once(server, 'listening')
  reused = new ReusedBuffer()
  const accepted = once(server, 'connection')
  reused.socket.connect({ host: '127.0.0.1', port: (server.address() as AddressInfo).port })
  await Promise.all([once(reused.socket, 'connect'), accepted])
}

/** Sends numbered bytes as servers do: a few kilobytes at a time. */
async function sendInPieces(pieces: number): Promise<Buffer> {
  const all = Buffer.alloc(pieces * SMALL)
  for (let i = 0; i < all.length; i += 4) all.writeUInt32BE(i, i)
  for (let i = 0; i < pieces; i++) {
    if (!peer.write(all.subarray(i * SMALL, (i + 1) * SMALL))) await once(peer, 'drain')
    if (i % 7 === 0) await sleep(0)
  }
  return all
}

test('a long answer in small pieces arrives whole, and the next one too', async () => {
  await connectPair()
  const got: Buffer[] = []
  let bytes = 0
  const inflow = inflowOf(reused.socket, reused)
  inflow.startTaking((chunk) => {
    got.push(Buffer.from(chunk))
    bytes += chunk.length
  })
  for (const pieces of [400, 3]) {
    got.length = bytes = 0
    inflow.startAnswer()
    const sent = await sendInPieces(pieces)
    while (bytes < sent.length) await sleep(2)
    expect(Buffer.concat(got).equals(sent)).toBe(true)
  }
})

test('it can be stopped and started in the midst of it, also while reading rests', async () => {
  await connectPair()
  const got: Buffer[] = []
  let bytes = 0
  let isStopped = false
  let whileStopped = 0
  const inflow = inflowOf(reused.socket, reused)
  inflow.startTaking((chunk) => {
    if (isStopped) whileStopped++
    got.push(Buffer.from(chunk))
    bytes += chunk.length
    if (got.length % 5 !== 0) return
    isStopped = true
    inflow.pause()
    setTimeout(() => {
      isStopped = false
      inflow.resume()
    }, got.length % 3)
  })
  inflow.startAnswer()
  const sent = await sendInPieces(500)
  while (bytes < sent.length) await sleep(2)
  expect(whileStopped).toBe(0)
  expect(Buffer.concat(got).equals(sent)).toBe(true)
})

test('until somebody takes them, bytes are data events of their own', async () => {
  await connectPair()
  const got: Buffer[] = []
  reused.socket.on('data', (chunk: Buffer) => got.push(chunk))
  const all = await sendInPieces(1)
  while (Buffer.concat(got).length < SMALL) await sleep(2)
  peer.write(Buffer.alloc(SMALL, 7))
  while (Buffer.concat(got).length < 2 * SMALL) await sleep(2)
  expect(Buffer.concat(got).subarray(0, SMALL).equals(all)).toBe(true)
})
