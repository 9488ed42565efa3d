/** Whole answers or errors: compressed, refused, cut, aborted, and over connections that the server has closed meanwhile. */
import { createServer, type Server, type ServerResponse } from 'node:http'
import type { AddressInfo, Socket } from 'node:net'
import { gzipSync } from 'node:zlib'
import { afterAll, beforeAll, beforeEach, expect, test } from 'vitest'
import { getBytes } from '../../../../src/connectors/warehouse/http-bytes.js'

const BODY = Buffer.from('event number 1 of many, '.repeat(100_000))
const { signal } = new AbortController()

let server: Server
let url: string
let answer: (response: ServerResponse, socket: Socket) => void
let requests = 0

beforeAll(async () => {
  server = createServer((request, response) => {
    requests++
    answer(response, request.socket)
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
})

afterAll(() => {
  server.closeAllConnections()
  server.close()
})

beforeEach(() => {
  requests = 0
})

function compressed(response: ServerResponse): Buffer {
  const bytes = gzipSync(BODY)
  response.writeHead(200, { 'content-encoding': 'gzip', 'content-length': bytes.length })
  return bytes
}

test('gives a plain answer and a compressed one as the same bytes', async () => {
  answer = (response) => void response.end(BODY)
  const plain = await getBytes(url, {}, signal)
  answer = (response) => void response.end(compressed(response))
  const packed = await getBytes(url, {}, signal)
  expect(plain.status).toBe(200)
  expect(Buffer.compare(plain.bytes, BODY)).toBe(0)
  expect(Buffer.compare(packed.bytes, BODY)).toBe(0)
})

test('gives an answer that is not a success with its text', async () => {
  answer = (response) => void response.writeHead(403).end('denied')
  const { status, bytes } = await getBytes(url, {}, signal)
  expect([status, Buffer.from(bytes).toString()]).toEqual([403, 'denied'])
})

test.each(['plain', 'compressed'])('fails where a %s answer is cut', async (kind) => {
  answer = (response) => {
    const bytes = kind === 'plain' ? BODY : compressed(response)
    if (kind === 'plain') response.writeHead(200, { 'content-length': bytes.length })
    response.write(bytes.subarray(0, bytes.length >> 1), () => response.destroy())
  }
  await expect(getBytes(url, {}, signal)).rejects.toThrow()
  expect(requests).toBe(1)
})

test('fails where compressed bytes end early though the answer does not', async () => {
  answer = (response) => {
    response.writeHead(200, { 'content-encoding': 'gzip' })
    response.end(gzipSync(BODY).subarray(0, -20))
  }
  await expect(getBytes(url, {}, signal)).rejects.toThrow('unexpected end of file')
})

test('stops when it is aborted in the middle', async () => {
  const controller = new AbortController()
  answer = (response) => {
    response.writeHead(200, { 'content-length': BODY.length })
    response.write(BODY.subarray(0, 1000), () => controller.abort())
  }
  await expect(getBytes(url, {}, controller.signal)).rejects.toMatchObject({ name: 'AbortError' })
})

test('asks once more where the server closed the kept connection', async () => {
  answer = (response) => void response.end('first')
  await getBytes(url, {}, signal)
  let isClosed = false
  answer = (response, socket) => {
    if (isClosed) response.end('second')
    else socket.destroy()
    isClosed = true
  }
  const { bytes } = await getBytes(url, {}, signal)
  expect(Buffer.from(bytes).toString()).toBe('second')
  expect(requests).toBe(3)
})

test('does not ask again on a connection of its own', async () => {
  answer = (_response, socket) => socket.destroy()
  const controller = new AbortController()
  // The kept connection is used up by the first request; the second has a new one.
  await getBytes(url, {}, controller.signal).catch(() => undefined)
  requests = 0
  await expect(getBytes(url, {}, controller.signal)).rejects.toMatchObject({ code: 'ECONNRESET' })
  expect(requests).toBe(1)
})
