/** Packets come out whole, however the stream was cut. */
import fc from 'fast-check'
import { expect, test } from 'vitest'
import { PacketSplitter } from '../../../../src/connectors/mysql/packet-splitter.js'

function framed(payload: Buffer): Buffer {
  const header = Buffer.alloc(4)
  header.writeUIntLE(payload.length, 0, 3)
  return Buffer.concat([header, payload])
}

function split(chunks: readonly Buffer[]): Buffer[] {
  const packets: Buffer[] = []
  const splitter = new PacketSplitter((buffer, start, end) => {
    packets.push(Buffer.from(buffer.subarray(start, end)))
  })
  for (const chunk of chunks) splitter.push(chunk)
  return packets
}

test('any cut gives the same packets', () => {
  fc.assert(
    fc.property(
      fc.array(fc.uint8Array({ maxLength: 300 }), { maxLength: 20 }),
      fc.array(fc.integer({ min: 1, max: 50 }), { minLength: 1, maxLength: 20 }),
      (payloads, sizes) => {
        const stream = Buffer.concat(payloads.map((payload) => framed(Buffer.from(payload))))
        const chunks: Buffer[] = []
        for (let at = 0, i = 0; at < stream.length; i++) {
          const size = sizes[i % sizes.length]!
          chunks.push(stream.subarray(at, at + size))
          at += size
        }
        expect(split(chunks)).toEqual(payloads.map((payload) => Buffer.from(payload)))
      },
    ),
  )
})

test('a payload of 16 MB and more is put together', () => {
  const large = Buffer.alloc(0xffffff, 1)
  const rest = Buffer.from('rest')
  const [packet, next] = split([framed(large), framed(rest), framed(Buffer.from('next'))])
  expect(packet!.length).toBe(0xffffff + 4)
  expect(packet!.subarray(-4)).toEqual(rest)
  expect(next).toEqual(Buffer.from('next'))
})
