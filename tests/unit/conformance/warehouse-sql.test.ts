/** The statements that load the suite's tables into BigQuery and Snowflake, written out. */
import { expect, test } from 'vitest'
import { bigqueryStatements, snowflakeStatements } from '../../conformance/warehouse-sql.js'
import type { WorldTable } from '../../world/table.js'

const TABLE: WorldTable = {
  name: 'odd',
  primaryKey: ['id'],
  columns: [
    { name: 'id', type: 'int8' },
    { name: 'word', type: 'text' },
    { name: 'wide', type: 'numeric(38,10)' },
    { name: 'f', type: 'float8' },
    { name: 'at', type: 'timestamptz' },
    { name: 'bytes', type: 'bytea' },
    { name: 'doc', type: 'jsonb' },
  ],
  rows: [
    ['-9223372036854775808', `it's a \\ and\na line`, '0.0000000001', '-Infinity', '2024-03-31 00:59:59+00', '\\x00ff', '{"a": 1}'], // prettier-ignore
    ['2', null, null, null, null, null, null],
  ],
}

test('BigQuery', () => {
  expect(bigqueryStatements('ds', [TABLE])).toEqual([
    'CREATE TABLE `ds`.`odd` (`id` INT64, `word` STRING, `wide` BIGNUMERIC(38, 10), `f` FLOAT64, `at` TIMESTAMP, `bytes` BYTES, `doc` JSON, PRIMARY KEY (`id`) NOT ENFORCED)',
    'INSERT INTO `ds`.`odd` (`id`, `word`, `wide`, `f`, `at`, `bytes`, `doc`) VALUES ' +
      `(CAST('-9223372036854775808' AS INT64), 'it\\'s a \\\\ and\\na line', CAST('0.0000000001' AS BIGNUMERIC), CAST('-inf' AS FLOAT64), CAST('2024-03-31 00:59:59+00' AS TIMESTAMP), FROM_HEX('00ff'), PARSE_JSON('{"a": 1}', wide_number_mode=>'round')), ` +
      `(CAST('2' AS INT64), NULL, NULL, NULL, NULL, NULL, NULL)`,
  ])
})

test('Snowflake', () => {
  expect(snowflakeStatements('s', [TABLE])).toEqual([
    'CREATE TABLE "s"."odd" ("id" NUMBER(38, 0), "word" VARCHAR, "wide" NUMBER(38, 10), "f" FLOAT, "at" TIMESTAMP_TZ(9), "bytes" BINARY, "doc" VARIANT, PRIMARY KEY ("id"))',
    'INSERT INTO "s"."odd" ("id", "word", "wide", "f", "at", "bytes", "doc") SELECT column1::NUMBER(38, 0), column2::VARCHAR, column3::NUMBER(38, 10), column4::FLOAT, column5::TIMESTAMP_TZ(9), ' +
      `TO_BINARY(column6, 'HEX'), PARSE_JSON(column7) FROM VALUES ('-9223372036854775808', 'it\\'s a \\\\ and\\na line', '0.0000000001', '-inf', '2024-03-31 00:59:59+00', '00ff', '{"a": 1}'), ` +
      `('2', NULL, NULL, NULL, NULL, NULL, NULL)`,
  ])
})

test('large tables go in several statements', () => {
  const rows = Array.from({ length: 1001 }, (_, i) => [String(i)])
  const large: WorldTable = { name: 'n', columns: [{ name: 'i', type: 'int4' }], rows }
  expect(bigqueryStatements('ds', [large])).toHaveLength(4)
})
