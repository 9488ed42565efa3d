/** The test server's evaluator against a second opinion, mingo, where the two mean the same; and what it refuses. */
import { aggregate } from 'mingo'
import { BSON } from 'mongodb'
import { describe, expect, test } from 'vitest'
import type { Fields } from '../../../servers/mongodb/bson-values.js'
import { ServerError } from '../../../servers/mongodb/server-error.js'
import { parsePipeline, type Database } from '../../../servers/mongodb/stages.js'

const DOCUMENTS = [
  { _id: 1, name: 'Ann', age: 30, tags: ['a', 'b'], address: { city: 'Bonn' }, lines: [{ n: 1 }, { n: 5 }] }, // prettier-ignore
  { _id: 2, name: 'ann', age: -5, tags: [], address: { city: 'bonn' } },
  { _id: 3, name: 'Ann ', age: null },
  { _id: 4, name: 'ÄNN', age: 7.5, tags: ['a'], lines: [{ n: 2 }] },
  { _id: 5, age: 7.5, active: true },
  { _id: 6, name: '', age: 0, active: false, address: [{ city: 'Bonn' }] },
]

const PIPELINES: readonly (readonly object[])[] = [
  [{ $match: { name: 'ann' } }],
  [{ $match: { name: { $ne: 'ann' } } }],
  [{ $match: { age: { $gt: 0, $lt: 10 } } }],
  [{ $match: { age: null } }],
  [{ $match: { name: { $in: ['ann', ''] }, $nor: [{ age: { $gt: 5 } }] } }],
  [{ $match: { name: { $nin: ['ann', ''] } } }],
  [{ $match: { tags: 'a' } }],
  [{ $match: { 'address.city': 'Bonn' } }],
  [{ $match: { 'lines.n': { $gte: 5 } } }],
  [{ $match: { $or: [{ active: true }, { 'address.city': { $lt: 'a' } }] } }],
  [{ $match: { name: { $type: 'string', $not: { $in: ['ann'] } } } }],
  [{ $match: { $expr: { $and: [{ $eq: [{ $type: '$age' }, 'missing'] }] } } }],
  [{ $match: { $expr: { $gt: ['$age', 5] } } }],
  [{ $project: { n: { $strLenCP: { $ifNull: ['$name', 'none'] } }, c: '$address.city' } }],
  [{ $project: { _id: 0, x: { $cond: [{ $gt: ['$age', 1] }, '$name', { $literal: '$no' }] } } }],
  [{ $project: { x: { $concat: ['$name', '!'] }, y: { $in: ['$age', [0, 7.5]] } } }],
  [{ $group: { _id: '$age', n: { $sum: 1 }, first: { $min: '$name' } } }, { $sort: { _id: 1 } }],
  [{ $group: { _id: null, sum: { $sum: '$age' }, greatest: { $max: '$age' } } }],
  [{ $sort: { age: -1, _id: 1 } }, { $skip: 1 }, { $limit: 3 }],
  [{ $unwind: '$lines' }, { $project: { n: '$lines.n' } }],
  [{ $unwind: { path: '$tags', preserveNullAndEmptyArrays: true } }],
  [{ $set: { double: { $add: ['$age', '$age'] } } }],
  [{ $match: { age: { $gt: 1 } } }, { $count: 'n' }],
  [{ $facet: { rows: [{ $limit: 1 }] } }, { $replaceRoot: { newRoot: { $arrayElemAt: ['$rows', 0] } } }], // prettier-ignore
]

function run(pipeline: readonly object[], documents: readonly object[]): unknown {
  const kept = documents.map((document) => read(document))
  const database: Database = {
    documents: () => kept,
    statistics: () => ({}),
    random: () => 0,
  }
  const stages = (read({ pipeline }) as { pipeline: unknown }).pipeline
  const found = parsePipeline(stages, 'c', database)(kept, {})
  return found.map((document) => BSON.deserialize(BSON.serialize(document)))
}

/** As the server gets them: nothing promoted. */
function read(document: object): Fields {
  return BSON.deserialize(BSON.serialize(document), { promoteValues: false, bsonRegExp: true })
}

describe('the test server', () => {
  test.each(PIPELINES.map((pipeline) => [JSON.stringify(pipeline), pipeline] as const))(
    '%s',
    (_text, pipeline) => {
      expect(run(pipeline, DOCUMENTS)).toEqual(aggregate(DOCUMENTS, [...pipeline] as never))
    },
  )

  test.each<readonly [number, object]>([
    [40324, { $nothing: {} }],
    [2, { $match: { a: { $near: 1 } } }],
    [2, { $match: { $where: 'true' } }],
    [168, { $project: { a: { $nothing: '$a' } } }],
    [168, { $match: { $expr: { $lower: '$a' } } }],
    [15952, { $group: { _id: null, a: { $push: '$a' } } }],
    [15958, { $limit: 0 }],
    [15975, { $sort: { a: 2 } }],
    [31254, { $project: { a: 0 } }],
    [16410, { $project: { a: '$a..b' } }],
    [28818, { $unwind: 'a' }],
    [34471, { $project: { a: { $strLenCP: '$age' } } }],
    [241, { $project: { a: { $toInt: 'x' } } }],
  ])('refuses with %i: %j', (code, stage) => {
    const error = (() => {
      try {
        return run([stage], DOCUMENTS)
      } catch (caught) {
        return caught
      }
    })()
    expect(error).toBeInstanceOf(ServerError)
    expect((error as ServerError).code).toBe(code)
  })

  test('expressions compare across types in BSON order, as mingo does not', () => {
    const below = run([{ $match: { $expr: { $lt: ['$age', 5] } } }], DOCUMENTS) as { _id: number }[]
    expect(below.map(({ _id }) => _id)).toEqual([2, 3, 6])
  })

  test('integers become longs, then doubles; decimals keep their digits', () => {
    const { Int32, Long, Decimal128 } = BSON
    const sumOf = (...values: unknown[]): unknown => {
      const [result] = parsePipeline(
        read({ p: [{ $group: { _id: null, s: { $sum: '$v' } } }] }).p,
        'c',
        { documents: () => [], statistics: () => ({}), random: () => 0 },
      )(
        values.map((v) => ({ v })),
        {},
      )
      return result!.s
    }
    const greatest = Long.fromString('9223372036854775807')
    expect(sumOf(new Int32(2147483647), new Int32(1))).toEqual(Long.fromString('2147483648'))
    expect(sumOf(greatest, new Int32(1))).toEqual(new BSON.Double(2 ** 63))
    const decimal = (text: string): BSON.Decimal128 => Decimal128.fromString(text)
    expect(String(sumOf(decimal('0.10'), decimal('0.2'), greatest))).toBe('9223372036854775807.30')
  })
})
