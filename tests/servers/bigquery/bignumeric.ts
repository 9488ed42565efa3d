/**
 * BIGNUMERIC beyond the 38 digits of DuckDB's decimals, as macros: values are compared as whole numbers of any length, and a product is a
 * text of its digits. What would be rounded is refused.
 */
import type { DuckDBConnection } from '@duckdb/node-api'

const DIGITS = 38
/** Digits of a half: the product of two halves fits a HUGEINT. */
const HALF = 19

const MACROS = [
  // The value times 10^38.
  `CREATE MACRO bignumeric_scaled(x) AS CAST(split_part(CAST(x AS VARCHAR), '.', 1) || rpad(split_part(CAST(x AS VARCHAR) || '.', '.', 2), ${DIGITS}, '0') AS BIGNUM)`,
  `CREATE MACRO bignumeric_scale(x) AS CAST(length(split_part(CAST(x AS VARCHAR) || '.', '.', 2)) AS INTEGER)`,
  `CREATE MACRO bignumeric_high(x) AS CAST(replace(replace(CAST(x AS VARCHAR), '.', ''), '-', '') AS HUGEINT) // CAST(1e${HALF} AS HUGEINT)`,
  `CREATE MACRO bignumeric_low(x) AS CAST(replace(replace(CAST(x AS VARCHAR), '.', ''), '-', '') AS HUGEINT) % CAST(1e${HALF} AS HUGEINT)`,
  `CREATE MACRO bignumeric_shifted(x, digits) AS CAST(CAST(x AS VARCHAR) || repeat('0', digits) AS BIGNUM)`,
  `CREATE MACRO bignumeric_digits(a, b) AS CAST(
     bignumeric_shifted(bignumeric_high(a) * bignumeric_high(b), ${2 * HALF})
     + bignumeric_shifted(bignumeric_high(a) * bignumeric_low(b), ${HALF})
     + bignumeric_shifted(bignumeric_low(a) * bignumeric_high(b), ${HALF})
     + bignumeric_shifted(bignumeric_low(a) * bignumeric_low(b), 0) AS VARCHAR)`,
  `CREATE MACRO bignumeric_pointed(digits, scale) AS left(lpad(digits, CAST(greatest(length(digits), scale + 1) AS INTEGER), '0'), -scale) || '.' || right(lpad(digits, CAST(greatest(length(digits), scale + 1) AS INTEGER), '0'), scale)`,
  `CREATE MACRO bignumeric_product(a, b) AS CASE
     WHEN bignumeric_scale(a) + bignumeric_scale(b) > ${DIGITS} THEN error('A BIGNUMERIC product of more than ${DIGITS} digits behind the point')
     ELSE CASE WHEN (a < 0) <> (b < 0) AND a <> 0 AND b <> 0 THEN '-' ELSE '' END
       || CASE bignumeric_scale(a) + bignumeric_scale(b) WHEN 0 THEN bignumeric_digits(a, b)
          ELSE bignumeric_pointed(bignumeric_digits(a, b), bignumeric_scale(a) + bignumeric_scale(b)) END END`,
]

/** Makes the macros known. */
export async function createBignumericMacros(connection: DuckDBConnection): Promise<void> {
  for (const macro of MACROS) await connection.run(macro)
}

/** A comparison of numbers of which one is a BIGNUMERIC. */
export function comparedBignumerics(operator: string, left: string, right: string): string {
  return `(bignumeric_scaled(${left}) ${operator} bignumeric_scaled(${right}))`
}
