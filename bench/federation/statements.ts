/** The fixed set of statements. Names are unqualified: every engine finds them in its search path. */

export interface BenchStatement {
  readonly name: string
  readonly sql: string
}

export const STATEMENTS: readonly BenchStatement[] = [
  {
    name: 'join 3 tables, 2 date filters, group by segment',
    sql: `SELECT c_segment, count(*) AS lines, sum(l_price) AS revenue
      FROM customer JOIN orders ON o_customer = c_id JOIN lineitem ON l_order = o_id
      WHERE o_date < DATE '1995-03-15' AND l_shipped > DATE '1995-03-15'
      GROUP BY c_segment ORDER BY revenue DESC`,
  },
  {
    name: 'aggregate in MariaDB',
    sql: `SELECT l_flag, count(*) AS n, sum(l_quantity) AS quantity FROM lineitem GROUP BY l_flag ORDER BY l_flag`,
  },
  {
    name: 'aggregate in PostgreSQL',
    sql: `SELECT e_kind % 10 AS k, count(*) AS n, sum(e_amount) AS amount FROM events GROUP BY 1 ORDER BY 1`,
  },
  {
    // As many facts as there are lines: 1,000 sums and 1,000 rows of the dimension are all that must move.
    name: 'facts in PostgreSQL, dimension in MariaDB',
    sql: `SELECT k_family, count(*) AS n, sum(e_amount) AS amount FROM events JOIN kind ON k_id = e_kind GROUP BY k_family ORDER BY k_family`,
  },
  {
    name: 'facts in MariaDB, dimension in PostgreSQL',
    sql: `SELECT b_name, count(*) AS n, sum(l_price) AS amount FROM lineitem JOIN band ON b_quantity = l_quantity GROUP BY b_name ORDER BY b_name`,
  },
  {
    name: 'selective join, one customer',
    sql: `SELECT c_name, o_id, l_line, l_price FROM customer JOIN orders ON o_customer = c_id
      JOIN lineitem ON l_order = o_id WHERE c_id = 42 ORDER BY o_id, l_line, l_price`,
  },
  {
    name: 'top 10 of a join',
    sql: `SELECT o_id, c_name, l_price FROM customer JOIN orders ON o_customer = c_id JOIN lineitem ON l_order = o_id
      WHERE l_quantity = 50 AND o_date >= DATE '1998-01-01' ORDER BY l_price DESC, o_id, l_line LIMIT 10`,
  },
  {
    name: 'anti join',
    sql: `SELECT count(*) FROM orders WHERE o_total > 490000 AND NOT EXISTS (SELECT 1 FROM lineitem WHERE l_order = o_id)`,
  },
]

/** Five relations, two sources: what planning is timed on. */
export const FIVE_TABLES = `SELECT c.c_segment, count(*) FROM customer c
  JOIN orders o ON o.o_customer = c.c_id JOIN lineitem l ON l.l_order = o.o_id
  JOIN events e ON e.e_id = o.o_id JOIN customer d ON d.c_id = e.e_kind
  WHERE o.o_date > DATE '1996-01-01' AND l.l_quantity > 10 AND d.c_nation = 7 GROUP BY c.c_segment`
