/** What MySQL's histograms and MariaDB's column statistics become: bounds of equal shares, common values, different values. */
import { expect, test } from 'vitest'
import type { DiscoveredColumn } from '../../../../src/connectors/connector.js'
import { readDistributions } from '../../../../src/connectors/mysql/distributions.js'
import { mysqlDistribution } from '../../../../src/connectors/mysql/mysql-histogram.js'

const column = (type: string, name = 'c'): DiscoveredColumn => ({ name, type, native: type, notNull: false }) // prettier-ignore

test('a singleton histogram gives the common values of whole numbers and texts', () => {
  const numbers = { 'histogram-type': 'singleton', 'null-values': 0.1, buckets: [[1, 0.2], [2, 0.7], [5, 0.9]] } // prettier-ignore
  const read = mysqlDistribution(JSON.stringify(numbers), column('integer'))
  expect(read).toMatchObject({ nullFraction: 0.1, distinct: 3 })
  expect(read.mostCommon?.map(({ value }) => value).sort()).toEqual(['1', '2', '5'])
  expect(read.mostCommon?.[0]?.value).toBe('2')
  expect(read.mostCommon?.[0]?.share).toBeCloseTo(0.5)
  const texts = { 'histogram-type': 'singleton', 'null-values': 0, buckets: [['base64:type254:w6QgYg==', 1]] } // prettier-ignore
  expect(mysqlDistribution(JSON.stringify(texts), column('text')).mostCommon).toEqual([
    { value: 'ä b', share: 1 },
  ])
})

test('an equi-height histogram gives bounds of equal shares', () => {
  const buckets = [['2020-01-01', '2020-01-31', 0.5, 31], ['2020-02-01', '2020-12-31', 0.8, 300]] // prettier-ignore
  const histogram = { 'histogram-type': 'equi-height', 'null-values': 0.2, buckets }
  const { min, max, distinct, histogram: bounds = [] } = mysqlDistribution(JSON.stringify(histogram), column('date')) // prettier-ignore
  expect([min, max, distinct]).toEqual(['2020-01-01', '2020-12-31', 331])
  expect(bounds).toHaveLength(21)
  // 0.5 of 0.8: five eighths of the values that are not NULL lie before the end of January.
  expect(bounds.filter((bound) => bound <= '2020-01-31')).toHaveLength(13)
})

test("MariaDB's histograms of widths become values", async () => {
  const row = ['c', '0', '1000', '0.5000', '4.0000', '2.0000', 'DOUBLE_PREC_HB', '0.1,0.1,0.1,0.7']
  const read = async (type: string, values: readonly string[]) => {
    const table = { product: 'MariaDB', schema: 's', name: 't', rows: 400, columns: [column(type)] }
    return (await readDistributions(() => Promise.resolve([[...values]]), table)).get('c')
  }
  expect(await read('integer', row)).toMatchObject({ nullFraction: 0.5, distinct: 100, width: 4 })
  expect((await read('integer', row))?.histogram?.filter((b) => Number(b) < 301)).toHaveLength(16)
  const dates = ['c', '2020-01-01', '2020-01-11', '0', '3', '1', 'SINGLE_PREC_HB', '0.5,0.5']
  expect((await read('date', dates))?.histogram?.[10]).toMatch(/^2020-01-06/)
  // Texts are not compared here as there.
  expect((await read('text', row))?.histogram).toBeUndefined()
})
