/**
 * Statements over TPC-H with orders and lineitem in PostgreSQL, customer, nation and region in MariaDB, part, partsupp and
 * supplier in Parquet files.
 */
import { tpchQueries } from '../../tests/tpch/splits.js'
import { wholeAtSource, type PlanStatement } from './statement.js'

const query = (name: string): string =>
  (tpchQueries().find((candidate) => candidate.name === name)?.sql ?? '').trim().replace(/;$/, '')

const IN_SEPTEMBER = `l_shipdate >= DATE '1995-09-01' AND l_shipdate < DATE '1995-10-01'`
const SMALL_PARTS = `SELECT p_partkey FROM part WHERE p_brand = 'Brand#23' AND p_container = 'MED BOX'`
const Q19_PARTS = `(p_brand = 'Brand#12' AND p_container IN ('SM CASE', 'SM BOX', 'SM PACK', 'SM PKG') AND p_size BETWEEN 1 AND 5
    OR p_brand = 'Brand#23' AND p_container IN ('MED BAG', 'MED BOX', 'MED PKG', 'MED PACK') AND p_size BETWEEN 1 AND 10
    OR p_brand = 'Brand#34' AND p_container IN ('LG CASE', 'LG BOX', 'LG PACK', 'LG PKG') AND p_size BETWEEN 1 AND 15)`
const Q10_CUSTOMERS = `SELECT count(DISTINCT o_custkey) FROM orders JOIN lineitem ON l_orderkey = o_orderkey
    WHERE o_orderdate >= DATE '1993-10-01' AND o_orderdate < DATE '1994-01-01' AND l_returnflag = 'R'`
const LARGE_ORDERS = `SELECT l_orderkey FROM lineitem GROUP BY l_orderkey HAVING sum(l_quantity) > 300`

const PARTS_OF_CUSTOMERS = `lineitem JOIN orders ON o_orderkey = l_orderkey JOIN part ON p_partkey = l_partkey
    JOIN customer ON c_custkey = o_custkey JOIN nation ON n_nationkey = c_nationkey`
const PARTS_OF_SUPPLIERS = `lineitem JOIN part ON p_partkey = l_partkey
    JOIN supplier ON s_suppkey = l_suppkey JOIN nation ON n_nationkey = s_nationkey`

export const TPCH_STATEMENTS: readonly PlanStatement[] = [
  wholeAtSource('Q1 pricing summary', query('q01')),
  wholeAtSource('Q4 order priorities', query('q04')),
  wholeAtSource('Q6 forecast', query('q06')),
  wholeAtSource('Q12 shipping modes', query('q12')),
  {
    name: 'Q3 shipping priority',
    sql: query('q03'),
    least: `SELECT (SELECT count(*) FROM customer WHERE c_mktsegment = 'BUILDING') +
      (SELECT count(*) FROM (${query('q03')}) AS answer)`,
    because: 'the keys of the segment, which are sent to PostgreSQL, and its first 10 rows',
  },
  {
    name: 'Q10 returned items',
    sql: query('q10'),
    least: `SELECT 2 * (${Q10_CUSTOMERS})`,
    because:
      'revenue per customer key from PostgreSQL, then these customers with their nation from MariaDB',
  },
  {
    name: 'Q13 orders per customer',
    sql: query('q13'),
    least: `SELECT (SELECT count(*) FROM customer) +
      (SELECT count(DISTINCT o_custkey) FROM orders WHERE o_comment NOT LIKE '%special%requests%')`,
    because: 'every customer key, and one count per customer who ordered',
  },
  {
    name: 'Q14 promotion effect',
    sql: query('q14'),
    least: `SELECT 2 * (SELECT count(DISTINCT l_partkey) FROM lineitem WHERE ${IN_SEPTEMBER})`,
    because: 'revenue per part key of the month, then these parts',
  },
  {
    name: 'Q17 small quantities',
    sql: query('q17'),
    least: `SELECT 2 * (SELECT count(*) FROM (${SMALL_PARTS}) p) +
      (SELECT count(*) FROM lineitem WHERE l_partkey IN (${SMALL_PARTS}))`,
    because: 'the parts, their lines, and one average per part',
  },
  {
    name: 'Q18 large orders',
    sql: query('q18'),
    least: `SELECT count(*) + count(DISTINCT o_custkey) FROM orders WHERE o_orderkey IN (${LARGE_ORDERS})`,
    because: 'the large orders from PostgreSQL, then their customers',
  },
  {
    name: 'Q19 discounted revenue',
    sql: query('q19'),
    least: `SELECT (SELECT count(*) FROM part WHERE ${Q19_PARTS}) +
      (SELECT count(*) FROM lineitem JOIN part ON p_partkey = l_partkey WHERE ${Q19_PARTS}
        AND l_shipmode IN ('AIR', 'AIR REG') AND l_shipinstruct = 'DELIVER IN PERSON' AND l_quantity BETWEEN 1 AND 30)`,
    because: 'the parts that any branch of the OR allows, then their lines',
  },
  wholeAtSource(
    'lines of one order',
    'SELECT l_linenumber, l_quantity FROM lineitem WHERE l_orderkey = 5',
  ),
  wholeAtSource(
    'customers per nation',
    `SELECT n_name, r_name, count(*) FROM customer JOIN nation ON n_nationkey = c_nationkey
      JOIN region ON r_regionkey = n_regionkey GROUP BY n_name, r_name`,
  ),
  {
    name: 'facts by a dimension in another source',
    sql: `SELECT p_brand, sum(l_quantity), count(*) FROM lineitem JOIN part ON p_partkey = l_partkey GROUP BY p_brand`,
    least: 'SELECT 2 * count(DISTINCT l_partkey) FROM lineitem',
    because: 'one sum per part key, and the brand of each',
    most: 'SELECT count(DISTINCT p_brand) * count(DISTINCT p_partkey) FROM part',
  },
  {
    name: 'facts by dimensions in two other sources',
    sql: `SELECT p_brand, n_name, sum(l_extendedprice) FROM ${PARTS_OF_CUSTOMERS} GROUP BY p_brand, n_name`,
    least: `SELECT (SELECT count(*) FROM customer) + (SELECT count(*) FROM part) +
      (SELECT count(*) FROM (SELECT DISTINCT p_brand, n_name FROM ${PARTS_OF_CUSTOMERS}) g)`,
    because:
      'the customers with their nation and the parts, sent to the facts, and one sum per group; of one dimension alone, there would be sums per brand and customer',
  },
  {
    name: 'facts by two dimensions of another source',
    sql: `SELECT p_brand, n_name, sum(l_extendedprice) FROM ${PARTS_OF_SUPPLIERS} GROUP BY p_brand, n_name`,
    least: `SELECT (SELECT count(*) FROM supplier) + (SELECT count(*) FROM nation) + (SELECT count(*) FROM part) +
      (SELECT count(*) FROM (SELECT DISTINCT p_brand, n_name FROM ${PARTS_OF_SUPPLIERS}) g)`,
    because:
      'the suppliers and parts from files, the nations, and one sum per group from the source of the facts; a sum per supplier and part would be more',
  },
  {
    name: 'orders per nation',
    sql: `SELECT n_name, sum(o_totalprice) FROM orders JOIN customer ON c_custkey = o_custkey
      JOIN nation ON n_nationkey = c_nationkey GROUP BY n_name`,
    least: 'SELECT 2 * count(DISTINCT o_custkey) FROM orders',
    because: 'one sum per customer who ordered, and the nation of each',
  },
  {
    name: 'revenue per segment over two joins',
    sql: `SELECT c_mktsegment, sum(l_extendedprice) FROM lineitem JOIN orders ON o_orderkey = l_orderkey
      JOIN customer ON c_custkey = o_custkey GROUP BY c_mktsegment`,
    least: 'SELECT 2 * count(DISTINCT o_custkey) FROM orders',
    because:
      'orders and lines are joined in PostgreSQL: one sum per customer, and the segment of each',
  },
  {
    name: 'revenue by year of the order and segment',
    sql: `SELECT date_trunc('year', o_orderdate), c_mktsegment, sum(o_totalprice) FROM orders JOIN customer ON c_custkey = o_custkey GROUP BY 1, 2`,
    least: `SELECT (SELECT count(*) FROM customer) + (SELECT count(*) FROM
      (SELECT DISTINCT date_trunc('year', o_orderdate), c_mktsegment FROM orders JOIN customer ON c_custkey = o_custkey) AS groups)`,
    because:
      'seven years of each of 1000 customers are more rows than the customers, which are sent to PostgreSQL: they move, and the groups',
  },
  {
    name: 'orders of each customer before and after a day',
    sql: `SELECT c_name, o_orderdate < DATE '1995-01-01' AS early, count(*), sum(o_totalprice) FROM orders JOIN customer ON c_custkey = o_custkey GROUP BY 1, 2`,
    least: `SELECT (SELECT count(*) FROM (SELECT DISTINCT o_custkey, o_orderdate < DATE '1995-01-01' FROM orders) AS groups) +
      (SELECT count(DISTINCT o_custkey) FROM orders)`,
    because:
      'two sums at most for each customer who ordered, and the name of each: sending names to PostgreSQL would bring as many groups back',
  },
  {
    name: 'top 10 through a left join',
    sql: `SELECT o_orderkey, o_totalprice, c_name FROM orders LEFT JOIN customer ON c_custkey = o_custkey
      ORDER BY o_totalprice DESC, o_orderkey LIMIT 10`,
    least: `SELECT count(*) + count(DISTINCT o_custkey) FROM
      (SELECT o_custkey FROM orders ORDER BY o_totalprice DESC, o_orderkey LIMIT 10) t`,
    because:
      'c_custkey is unique, so each order has one row: the top 10 orders, then their customers',
  },
  {
    name: 'first page of customers with their orders counted',
    sql: `SELECT c_name, count(o_orderkey) AS n FROM customer LEFT JOIN orders ON o_custkey = c_custkey
      GROUP BY c_custkey, c_name ORDER BY c_name LIMIT 10`,
    least: `SELECT count(*) + count(DISTINCT o_custkey) FROM
      (SELECT c_custkey FROM customer ORDER BY c_name LIMIT 10) c LEFT JOIN
      (SELECT DISTINCT o_custkey FROM orders) o ON o_custkey = c_custkey`,
    because: 'each customer is a group: the first 10 of them, then one count for each that ordered',
  },
  {
    name: 'parts that bring most',
    sql: `SELECT p_name, s FROM (SELECT p_partkey, p_name, sum(l_extendedprice) AS s FROM lineitem JOIN part ON p_partkey = l_partkey
      GROUP BY p_partkey, p_name ORDER BY s DESC LIMIT 5) t`,
    least: 'SELECT 10',
    because: 'each part is a group: the first 5 sums of the lines, then these parts',
  },
  {
    name: 'customers without late orders, by EXCEPT',
    sql: `SELECT c_custkey FROM customer EXCEPT SELECT o_custkey FROM orders WHERE o_orderdate > DATE '1996-01-01'`,
    least: `SELECT (SELECT count(*) FROM customer) +
      (SELECT count(DISTINCT o_custkey) FROM orders WHERE o_orderdate > DATE '1996-01-01')`,
    because: 'every customer key, and each customer who ordered once',
  },
  {
    name: 'a list of keys on one side only',
    sql: `SELECT c_name, o_orderkey FROM customer JOIN orders ON o_custkey = c_custkey WHERE c_custkey IN (1, 2, 4)`,
    least: `SELECT (SELECT count(*) FROM customer WHERE c_custkey IN (1, 2, 4)) + (SELECT count(*) FROM orders WHERE o_custkey IN (1, 2, 4))`,
    because: 'the list holds for o_custkey as well',
  },
  {
    name: 'a range of keys on one side only',
    sql: `SELECT c_name, o_orderkey FROM customer JOIN orders ON o_custkey = c_custkey WHERE o_custkey BETWEEN 10 AND 20`,
    least: `SELECT count(*) + count(DISTINCT o_custkey) FROM orders WHERE o_custkey BETWEEN 10 AND 20`,
    because: 'the range holds for c_custkey as well, and customers without orders need not come',
  },
  {
    name: 'a contradiction',
    sql: 'SELECT o_orderkey, c_name FROM orders JOIN customer ON c_custkey = o_custkey WHERE o_custkey = 4 AND c_custkey = 5',
    least: 'SELECT 0',
    because: 'o_custkey = c_custkey cannot be both 4 and 5',
  },
  {
    name: 'a contradiction of ranges',
    sql: 'SELECT count(*) FROM orders WHERE o_orderkey > 100 AND o_orderkey < 50',
    least: 'SELECT 0',
    because: 'no number is above 100 and below 50: the count is 0',
  },
  {
    name: 'one customer over three sources',
    sql: `SELECT c_name, o_orderdate, p_name, l_quantity FROM customer JOIN orders ON o_custkey = c_custkey
      JOIN lineitem ON l_orderkey = o_orderkey JOIN part ON p_partkey = l_partkey WHERE c_custkey = 7`,
    least: `SELECT 1 + count(*) + count(DISTINCT l_partkey) FROM orders JOIN lineitem ON l_orderkey = o_orderkey WHERE o_custkey = 7`,
    because: 'the customer, their lines joined with orders in PostgreSQL, the parts on them',
  },
  {
    name: 'exists in another source',
    sql: `SELECT c_name FROM customer WHERE c_nationkey = 6 AND EXISTS
      (SELECT 1 FROM orders WHERE o_custkey = c_custkey AND o_totalprice > 250000)`,
    least: `SELECT (SELECT count(*) FROM customer WHERE c_nationkey = 6) +
      (SELECT count(DISTINCT o_custkey) FROM orders JOIN customer ON c_custkey = o_custkey WHERE c_nationkey = 6 AND o_totalprice > 250000)`,
    because: 'the customers of the nation, and of their keys those that match',
  },
  {
    name: 'not exists in another source',
    sql: `SELECT c_name FROM customer WHERE c_acctbal < -800 AND NOT EXISTS (SELECT 1 FROM orders WHERE o_custkey = c_custkey)`,
    least: `SELECT (SELECT count(*) FROM customer WHERE c_acctbal < -800) +
      (SELECT count(DISTINCT o_custkey) FROM orders JOIN customer ON c_custkey = o_custkey WHERE c_acctbal < -800)`,
    because: 'the poor customers, and of their keys those that ordered',
  },
  {
    name: 'sum over keys of another source',
    sql: `SELECT sum(l_extendedprice) FROM lineitem WHERE l_partkey IN (SELECT p_partkey FROM part WHERE p_brand = 'Brand#12' AND p_size < 5)`,
    least: `SELECT (SELECT count(*) FROM part WHERE p_brand = 'Brand#12' AND p_size < 5) +
      (SELECT count(DISTINCT l_partkey) FROM lineitem JOIN part ON p_partkey = l_partkey WHERE p_brand = 'Brand#12' AND p_size < 5)`,
    because: 'the part keys, then one sum for each',
  },
  {
    name: 'top 5 of a union over two sources',
    sql: `SELECT 'order' AS kind, o_orderkey AS key, o_totalprice AS amount FROM orders
      UNION ALL SELECT 'customer', c_custkey, c_acctbal FROM customer ORDER BY amount DESC, key LIMIT 5`,
    least: 'SELECT 10',
    because: 'the top 5 of each branch',
  },
  {
    name: 'any 10 rows of a join',
    sql: `SELECT o_orderkey, o_totalprice, c_name FROM orders JOIN customer ON c_custkey = o_custkey LIMIT 10`,
    least: `SELECT 10 + count(DISTINCT o_custkey) FROM (SELECT o_custkey FROM orders LIMIT 10) t`,
    because: 'every order has its customer: any 10 orders, then their customers',
  },
  {
    name: 'the second page of any rows of a join',
    sql: `SELECT o_orderkey, o_totalprice, c_name FROM orders JOIN customer ON c_custkey = o_custkey LIMIT 10 OFFSET 20`,
    least: `SELECT 30 + count(DISTINCT o_custkey) FROM (SELECT o_custkey FROM orders LIMIT 30) t`,
    because: 'another statement may give others first, so those before the page are read as well',
  },
  {
    name: 'any 10 rows over three sources',
    sql: `SELECT c_name, o_orderdate, p_name, l_quantity FROM customer JOIN orders ON o_custkey = c_custkey
      JOIN lineitem ON l_orderkey = o_orderkey JOIN part ON p_partkey = l_partkey LIMIT 10`,
    least: `SELECT 10 + count(DISTINCT o_custkey) + count(DISTINCT l_partkey)
      FROM (SELECT o_custkey, l_partkey FROM lineitem JOIN orders ON o_orderkey = l_orderkey LIMIT 10) t`,
    because:
      'any 10 lines joined with their orders in PostgreSQL, then the customers and the parts on them',
  },
  wholeAtSource('distinct values', 'SELECT DISTINCT o_orderpriority, o_orderstatus FROM orders'),
  {
    name: 'a correlated count without an equality',
    sql: `SELECT s_suppkey, (SELECT count(*) FROM nation WHERE n_nationkey < s_suppkey % 10) AS below FROM supplier`,
    least: `SELECT (SELECT count(*) FROM supplier) + (SELECT count(*) FROM nation)`,
    because: 'both tables once',
  },
  wholeAtSource(
    'a common table used twice',
    `WITH spent AS (SELECT o_custkey, sum(o_totalprice) AS total FROM orders GROUP BY o_custkey)
      SELECT o_custkey, total FROM spent WHERE total > (SELECT 1.5 * avg(total) FROM spent)`,
  ),
  {
    name: 'compared with a number from another source',
    sql: `SELECT o_orderkey, o_totalprice FROM orders WHERE o_totalprice > (SELECT 45 * max(c_acctbal) FROM customer)`,
    least: `SELECT 1 + count(*) FROM orders WHERE o_totalprice > (SELECT 45 * max(c_acctbal) FROM customer)`,
    because: 'the number first, then it is sent to the other source',
  },
  {
    name: 'compared with one row of another source',
    sql: `SELECT o_orderkey, o_totalprice FROM orders WHERE o_totalprice > (SELECT 45 * c_acctbal FROM customer WHERE c_custkey = 7)`,
    least: `SELECT 1 + count(*) FROM orders WHERE o_totalprice > (SELECT 45 * c_acctbal FROM customer WHERE c_custkey = 7)`,
    because: 'its key finds one customer, whose number is sent to the other source',
  },
  wholeAtSource(
    'first row of each group',
    `SELECT o_custkey, o_orderkey FROM (SELECT o_custkey, o_orderkey,
        row_number() OVER (PARTITION BY o_custkey ORDER BY o_totalprice DESC, o_orderkey) AS place FROM orders) r
      WHERE place = 1 AND o_custkey < 20`,
  ),
  {
    name: 'suppliers of a nation with their stock',
    sql: `SELECT n_name, count(*), sum(ps_availqty) FROM nation JOIN supplier ON s_nationkey = n_nationkey
      JOIN partsupp ON ps_suppkey = s_suppkey WHERE n_regionkey = 3 GROUP BY n_name`,
    least: `SELECT (SELECT count(*) FROM nation WHERE n_regionkey = 3) +
      (SELECT count(DISTINCT s_nationkey) FROM supplier JOIN nation ON n_nationkey = s_nationkey WHERE n_regionkey = 3)`,
    because: 'the nations, then one sum for each from the files',
  },
]
