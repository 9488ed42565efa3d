/**
 * GETs the pages and chunks of results. By node:http and one gunzip: fetch passes a compressed answer through several layers of
 * streams in pieces of 16 kB, which takes more processor time than everything that is then done with the rows.
 */
import * as http from 'node:http'
import * as https from 'node:https'
import { pipeline } from 'node:stream'
import { createGunzip } from 'node:zlib'

/** An answer, decompressed. */
export interface HttpAnswer {
  readonly status: number
  readonly bytes: Uint8Array<ArrayBuffer>
}

/** A connection on which nothing comes for so long is given up, in ms. */
const SILENCE = 60_000
const DECOMPRESSED_PIECE = 1 << 18

const plainAgent = new http.Agent({ keepAlive: true })
const secureAgent = new https.Agent({ keepAlive: true })

/** GETs a whole answer, whatever its status. Rejects when the connection fails or the signal aborts. */
export async function getBytes(
  url: string | URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<HttpAnswer> {
  const response = await responseTo(new URL(url), headers, signal)
  const isCompressed = response.headers['content-encoding'] === 'gzip'
  const stream = isCompressed
    ? pipeline(response, createGunzip({ chunkSize: DECOMPRESSED_PIECE }), () => undefined)
    : response
  const parts: Buffer[] = []
  for await (const part of stream) parts.push(part as Buffer)
  return { status: response.statusCode ?? 0, bytes: joined(parts) }
}

/** Waits for the head of an answer. */
async function responseTo(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): Promise<http.IncomingMessage> {
  for (let isFirst = true; ; isFirst = false) {
    const request = start(url, headers, signal)
    try {
      return await new Promise((resolve, reject) => {
        request.once('response', resolve)
        // Not once: what fails behind the head fails the answer's stream as well.
        request.on('error', reject)
        request.once('timeout', () => {
          request.destroy(Object.assign(new Error('The server is silent'), { code: 'ETIMEDOUT' }))
        })
      })
    } catch (error) {
      // The server may close a kept connection while a request is on its way to it.
      const isStale = request.reusedSocket && (error as NodeJS.ErrnoException).code === 'ECONNRESET'
      if (!isStale || !isFirst || signal.aborted) throw error
    }
  }
}

function start(
  url: URL,
  headers: Readonly<Record<string, string>>,
  signal: AbortSignal,
): http.ClientRequest {
  const isSecure = url.protocol === 'https:'
  const options = {
    agent: isSecure ? secureAgent : plainAgent,
    headers: { 'accept-encoding': 'gzip', ...headers },
    timeout: SILENCE,
    signal,
  }
  return isSecure ? https.get(url, options) : http.get(url, options)
}

function joined(parts: readonly Buffer[]): Uint8Array<ArrayBuffer> {
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0))
  let at = 0
  for (const part of parts) {
    bytes.set(part, at)
    at += part.length
  }
  return bytes
}
