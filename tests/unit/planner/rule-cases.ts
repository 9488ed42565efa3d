/** Per rewrite rule: statements it must change, and the tempting ones it must leave alone. */
export interface RuleCase {
  readonly sql: string
  readonly fires: boolean
  /** A function that no source aggregates with or groups by. */
  readonly without?: string
  /** All tables are taken for so many times as large. */
  readonly factor?: number
}

const yes = (sql: string): RuleCase => ({ sql, fires: true })
const no = (sql: string): RuleCase => ({ sql, fires: false })
/** The same over tables of a hundred times the rows. */
const large = (given: RuleCase): RuleCase => ({ ...given, factor: 100 })

export const RULE_CASES: Readonly<Record<string, readonly RuleCase[]>> = {
  'inline-common-tables': [
    yes('WITH t AS (SELECT id, country FROM customer) SELECT id FROM t WHERE id > 3'),
    yes(
      'WITH t AS (SELECT id FROM customer WHERE id > 3) SELECT a.id FROM t a JOIN t b ON a.id = b.id',
    ),
    no('WITH t AS MATERIALIZED (SELECT id FROM customer) SELECT id FROM t'),
    no('WITH t AS (SELECT random() AS x FROM customer) SELECT x FROM t'),
    no(
      'WITH t AS (SELECT country, count(*) AS n FROM customer GROUP BY 1) SELECT a.n FROM t a JOIN t b ON a.n = b.n',
    ),
  ],
  'fold-constants': [
    // The other branch cannot deliver.
    yes(
      "SELECT id FROM (SELECT 'c' AS k, id FROM customer UNION ALL SELECT 'o', id FROM orders) u WHERE k IN ('c', 'x')",
    ),
    yes('SELECT id FROM customer WHERE id > 1 + 2'),
    no('SELECT CASE WHEN id < 0 THEN 1 / 0 ELSE id END FROM customer'),
    no("SELECT id FROM orders WHERE placed < now() - interval '1 day'"),
  ],
  'simplify-conditions': [
    yes(
      "SELECT id FROM customer WHERE (country = 'DE' AND id < 9) OR (country = 'DE' AND id > 50)",
    ),
    yes('SELECT id FROM customer WHERE id > 3 AND false'),
    no('SELECT id FROM customer WHERE id > 3 OR active'),
  ],
  'merge-projects': [
    yes('SELECT b + 1 AS c FROM (SELECT id + 1 AS b FROM customer) s'),
    no('SELECT x, x + 1 AS y FROM (SELECT random() AS x FROM customer) s'),
  ],
  'push-limit': [
    yes('SELECT id FROM customer UNION ALL SELECT id FROM orders LIMIT 3'),
    yes(
      'SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id LIMIT 3 OFFSET 2',
    ),
    // Below the projection, but not below the join.
    yes('SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id LIMIT 3'),
    no('(SELECT id FROM customer UNION SELECT id FROM orders) LIMIT 3'),
  ],
  'subquery-conjunct-to-join': [
    yes(
      'SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)',
    ),
    yes('SELECT id FROM customer c WHERE id NOT IN (SELECT customer_id FROM orders)'),
    yes('SELECT id FROM customer WHERE id > ALL (SELECT priority FROM orders)'),
    no(
      'SELECT id FROM customer c WHERE id < 3 OR EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)',
    ),
  ],
  'subquery-value-to-join': [
    // The order is the aggregate's own: a sort below a grouping is no promise.
    yes(
      'SELECT id, ARRAY(SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.total DESC) FROM customer c',
    ),
    yes(
      'SELECT id, ARRAY(SELECT o.id FROM orders o WHERE o.customer_id = c.id ORDER BY o.total LIMIT 2) FROM customer c',
    ),
    yes('SELECT id, (SELECT max(total) FROM orders) FROM customer'),
    yes('SELECT id FROM customer c WHERE id < 3 OR id IN (SELECT customer_id FROM orders)'),
    yes('SELECT CASE WHEN id > 3 THEN (SELECT id FROM orders) END FROM customer'),
    // A key finds one row: there is no second to look for.
    yes('SELECT id, (SELECT total FROM orders WHERE id = 7) FROM customer'),
    yes("SELECT id, (SELECT total FROM orders WHERE status = 'open') FROM customer"),
    no(
      'SELECT id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)',
    ),
  ],
  'unnest-lateral-join': [
    yes('SELECT id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c'),
    yes(
      'SELECT c.id, s.id FROM customer c LEFT JOIN LATERAL (SELECT id FROM orders o WHERE o.customer_id = c.id ORDER BY total LIMIT 2) s ON true',
    ),
    yes('SELECT c.id, v.x FROM customer c CROSS JOIN LATERAL (VALUES (c.id), (c.id + 1)) AS v(x)'),
    no('SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id < c.id) FROM customer c'),
    no('SELECT c.id, s.r FROM customer c, LATERAL (SELECT random() AS r WHERE c.id > 0) s'),
  ],
  'simplify-outer-joins': [
    yes('SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.total > 5'),
    yes('SELECT c.id FROM customer c FULL JOIN orders o ON o.customer_id = c.id WHERE o.total > 5'),
    no('SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL'),
    no(
      'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE coalesce(o.total, 0) = 0',
    ),
    no(
      'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.total > 5 OR c.id = 1',
    ),
  ],
  'prune-empty': [
    yes('SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE false'),
    yes('SELECT id FROM customer WHERE false UNION ALL SELECT id FROM orders'),
    no('SELECT count(*) FROM customer WHERE false'),
  ],
  'lift-renames-above-join': [
    yes(
      'SELECT s.k, o.id FROM (SELECT c.id AS k FROM customer c JOIN product p ON p.title = c.name) s JOIN orders o ON o.customer_id = s.k',
    ),
    no(
      'SELECT s.k, o.id FROM (SELECT id + 1 AS k FROM customer) s JOIN orders o ON o.customer_id = s.k',
    ),
  ],
  'push-filter': [
    yes(
      "SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.country = 'DE' AND o.total > 5",
    ),
    yes(
      'SELECT * FROM (SELECT country, count(*) AS n FROM customer GROUP BY 1) s WHERE country IS NOT NULL',
    ),
    yes('SELECT * FROM (SELECT id FROM customer EXCEPT SELECT id FROM orders) s WHERE id > 3'),
    no('SELECT * FROM (SELECT id FROM customer ORDER BY id LIMIT 3) s WHERE id > 1'),
    // Below the projection, but not below the grouping.
    yes('SELECT * FROM (SELECT country, count(*) AS n FROM customer GROUP BY 1) s WHERE n > 2'),
    no('SELECT count(*) FROM customer HAVING count(*) > 100'),
    no('SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL'),
    no('SELECT c.id FROM customer c CROSS JOIN orders o WHERE random() < 0.5'),
  ],
  'push-join-condition': [
    yes(
      'SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.total > 5',
    ),
    no('SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND c.active'),
    no(
      'SELECT c.id, o.id FROM customer c FULL JOIN orders o ON o.customer_id = c.id AND o.total > 5',
    ),
  ],
  'infer-conditions': [
    yes('SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = 5'),
    yes(
      'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE c.id IN (1, 2)',
    ),
    no(
      'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND o.customer_id = 5',
    ),
    no(
      "SELECT c.id FROM customer c JOIN orders o ON o.total = c.credit WHERE c.credit::text = '1.0'",
    ),
  ],
  'remove-sort': [
    yes('SELECT count(*) FROM (SELECT id FROM customer ORDER BY name) s'),
    no("SELECT string_agg(name, ',') FROM (SELECT name FROM customer ORDER BY id) s"),
    no('SELECT count(*) FROM (SELECT id FROM customer ORDER BY name LIMIT 3) s'),
  ],
  'join-domain': [
    yes('SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id < c.id) FROM customer c'),
    yes(
      'SELECT c.id, s.n FROM customer c LEFT JOIN LATERAL (SELECT max(o.total) AS n FROM orders o WHERE o.customer_id IS DISTINCT FROM c.id) s ON true WHERE c.id < 30',
    ),
    no('SELECT c.id, (SELECT count(*) FROM orders o WHERE o.customer_id = c.id) FROM customer c'),
    no('SELECT c.id, s.r FROM customer c, LATERAL (SELECT random() AS r WHERE c.id > 0) s'),
    no(
      'SELECT c.id, (SELECT count(*) FROM orders o WHERE o.status > c.credit::text) FROM customer c',
    ),
    // The source does it.
    no('SELECT o.id, (SELECT count(*) FROM item i WHERE i.order_id < o.id) FROM orders o'),
  ],
  'prune-common-tables': [
    yes(
      'WITH t AS (SELECT country, max(name) AS n, min(name) AS m FROM customer GROUP BY 1) SELECT a.n FROM t a JOIN t b ON a.n = b.country',
    ),
    no(
      'WITH t AS (SELECT country, max(name) AS n FROM customer GROUP BY 1) SELECT a.n FROM t a JOIN t b ON a.n = b.country',
    ),
  ],
  'group-below-union': [
    // Another constant in each branch: nothing is added up.
    yes(
      "SELECT k, count(*), sum(v) FROM (SELECT 'c' AS k, credit AS v FROM customer UNION ALL SELECT 'o', total FROM orders) u GROUP BY k",
    ),
    yes(
      "SELECT k, sum(v::float8), array_agg(v) FROM (SELECT 'c' AS k, id::int8 AS v FROM customer UNION ALL SELECT 'o', id FROM orders) u GROUP BY k",
    ),
    yes(
      "SELECT DISTINCT k, v FROM (SELECT 'c' AS k, country AS v FROM customer UNION ALL SELECT 'o', status FROM orders) u",
    ),
    // The same one in both, or no groups.
    yes(
      "SELECT k, count(*) FROM (SELECT 'c' AS k, id FROM customer UNION ALL SELECT 'c', id FROM orders) u GROUP BY k",
    ),
    yes(
      "SELECT count(*) FROM (SELECT 'c' AS k, id FROM customer UNION ALL SELECT 'o', id FROM orders) u",
    ),
    no(
      "SELECT id, count(*) FROM (SELECT 'c' AS k, id FROM customer UNION ALL SELECT 'o', id FROM orders) u GROUP BY id",
    ),
    yes(
      "SELECT count(*), sum(v), avg(v), max(v) FROM (SELECT 'c' AS k, credit AS v FROM customer UNION ALL SELECT 'o', total FROM orders) u",
    ),
    yes(
      'SELECT k, count(*) AS n, count(DISTINCT v) FROM (SELECT country AS k, segment AS v FROM customer UNION ALL SELECT status, status FROM orders) u GROUP BY k',
    ),
    yes(
      'SELECT DISTINCT k FROM (SELECT country AS k FROM customer UNION ALL SELECT status FROM orders) u',
    ),
    // Sums of floats depend on the order; a key of a branch spares no rows; one source does it all; a value of each row.
    no(
      'SELECT sum(v::float8) FROM (SELECT id::int8 AS v FROM customer UNION ALL SELECT id FROM orders) u',
    ),
    no(
      'SELECT sku, count(*) FROM (SELECT sku FROM product UNION ALL SELECT sku FROM item WHERE order_id = 7 AND line = 1) u GROUP BY sku',
    ),
    no('SELECT count(*) FROM (SELECT id FROM customer UNION ALL SELECT id FROM customer) u'),
    no(
      'SELECT count(v + random()) FROM (SELECT id::int8 AS v FROM customer UNION ALL SELECT id FROM orders) u',
    ),
  ],
  'sum-by-filter': [
    {
      sql: `SELECT status, sum(CASE WHEN due > '2024-01-01' THEN total ELSE 0 END) FROM orders GROUP BY 1`,
      fires: true,
      without: 'case',
    },
    {
      sql: `SELECT c.country, sum(CASE WHEN o.status = 'open' THEN o.total END), sum(CASE WHEN o.status = 'paid' THEN o.total ELSE 0.00 END) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY 1`,
      fires: true,
      without: 'case',
      factor: 100,
    },
    // The source takes it as it is.
    no(
      `SELECT status, sum(CASE WHEN due > '2024-01-01' THEN total ELSE 0 END) FROM orders GROUP BY 1`,
    ),
    // The zero has more digits; it is none; it is one of several.
    {
      sql: `SELECT sum(CASE WHEN due > '2024-01-01' THEN total ELSE 0.000 END), sum(CASE WHEN due > '2024-01-01' THEN total ELSE 1 END), sum(CASE WHEN id = 1 THEN total WHEN id = 2 THEN -total ELSE 0 END) FROM orders`,
      fires: false,
      without: 'case',
    },
    // Drawn once for each row.
    {
      sql: `SELECT sum(CASE WHEN id > 2 THEN total ELSE 0 END) FILTER (WHERE random() < 0.5), sum(CASE WHEN random() < 0.5 THEN total ELSE 0 END) FROM orders`,
      fires: false,
      without: 'case',
    },
    // Both sides of a join are in it.
    {
      sql: `SELECT sum(CASE WHEN c.active THEN o.total ELSE 0 END) FROM customer c JOIN orders o ON o.customer_id = c.id`,
      fires: false,
      without: 'case',
    },
  ],
  'divide-averages': [
    {
      ...yes('SELECT country, avg(credit), sum(credit), avg(id) FROM customer GROUP BY country'),
      without: 'avg',
    },
    {
      ...yes('SELECT avg(DISTINCT id) FILTER (WHERE active), sum(id) FROM customer'),
      without: 'avg',
    },
    // Sources that take it, floats, and groups that cannot be made at the source for another reason.
    no('SELECT country, avg(credit) FROM customer GROUP BY country'),
    { ...no('SELECT avg(score) FROM customer'), without: 'avg' },
    { ...no('SELECT avg(credit), sum(credit) FROM customer'), without: 'sum' },
    {
      ...no(
        'SELECT o.due, avg(c.credit) FROM customer c JOIN orders o ON o.customer_id > c.id GROUP BY 1',
      ),
      without: 'avg',
    },
  ],
  'eliminate-join': [
    yes('SELECT o.id FROM orders o LEFT JOIN customer c ON c.id = o.customer_id'),
    yes('SELECT count(*) FROM orders o LEFT JOIN customer c ON c.id = o.customer_id AND c.active'),
    // The key is the whole group, and copies do not count below DISTINCT.
    yes(
      'SELECT c.name FROM customer c LEFT JOIN (SELECT customer_id, sum(total) AS s FROM orders GROUP BY 1) o ON o.customer_id = c.id',
    ),
    yes('SELECT DISTINCT c.name FROM customer c LEFT JOIN orders o ON o.customer_id = c.id'),
    // Along a foreign key that may be NULL.
    yes('SELECT i.order_id, p.sku FROM item i JOIN product p ON p.sku = i.sku'),
    yes('SELECT order_id FROM item WHERE sku IN (SELECT sku FROM product)'),
    no('SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id'),
    no('SELECT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id'),
    no("SELECT i.order_id FROM item i JOIN product p ON p.sku = i.sku WHERE p.category = 'toy'"),
    no('SELECT o.id FROM orders o JOIN customer c ON c.id = o.customer_id'),
    no(
      'SELECT o.id FROM orders o LEFT JOIN (SELECT id, random() AS r FROM customer) c ON c.id = o.customer_id',
    ),
  ],
  'remove-grouping': [
    yes('SELECT id, max(name), count(country), count(*) FROM customer GROUP BY id'),
    yes('SELECT id, country, sum(id) FILTER (WHERE active) FROM customer GROUP BY id, country'),
    // What the orders are grouped by is all that there is of a customer: the sums are what they are.
    large(
      yes(
        'SELECT c.id, c.name, count(o.id) AS n FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.name LIMIT 10',
      ),
    ),
    large(
      yes(
        'SELECT c.id, count(*) AS n, count(o.due), sum(o.id) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY n DESC LIMIT 10',
      ),
    ),
    large(
      no(
        'SELECT c.country, count(*) AS n FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.country ORDER BY n DESC LIMIT 10',
      ),
    ),
    no('SELECT id, avg(credit) FROM customer GROUP BY id'),
    no('SELECT country, max(id) FROM customer GROUP BY country'),
    no('SELECT o.id, count(*) FROM orders o JOIN item i ON i.order_id = o.id GROUP BY o.id'),
  ],
  'find-contradictions': [
    yes('SELECT id FROM customer WHERE id = 4 AND id = 5'),
    yes('SELECT id FROM customer WHERE id > 100 AND id < 50'),
    yes('SELECT id FROM customer WHERE id >= 50 AND id < 50'),
    yes('SELECT id FROM customer WHERE id IN (1, 9, 12) AND id > 5'),
    yes('SELECT id FROM customer WHERE id IS NULL'),
    yes(
      'SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE c.id = 4 AND o.customer_id = 5',
    ),
    no('SELECT id FROM customer WHERE id >= 50 AND id <= 50'),
    no('SELECT id FROM customer WHERE credit = 1.0 AND credit = 1.00'),
    no('SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id WHERE o.id IS NULL'),
    no('SELECT id FROM customer WHERE id = 4 OR id = 5'),
  ],
  'restrict-by-or': [
    yes(
      "SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE (c.country = 'DE' AND o.total > 5) OR (c.country = 'FR' AND o.total < 3)",
    ),
    yes(
      "SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id AND ((c.country = 'DE' AND o.total > 5) OR (c.active AND o.total < 3))",
    ),
    no(
      "SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id AND ((c.country = 'DE' AND o.total > c.credit) OR o.customer_id > c.id + 3)",
    ),
  ],
  'push-top-n': [
    yes(
      'SELECT id, name AS n FROM customer UNION ALL SELECT id, status FROM orders ORDER BY n LIMIT 3',
    ),
    yes(
      'SELECT c.id, o.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY c.name, c.id LIMIT 3 OFFSET 2',
    ),
    // The first customers make the first groups.
    yes(
      'SELECT c.name, avg(o.total) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY lower(c.name), c.id LIMIT 3 OFFSET 2',
    ),
    yes(
      'SELECT c.id, o.status, count(*) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id, o.status ORDER BY c.name LIMIT 3',
    ),
    no(
      'SELECT c.name, count(o.id) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.name ORDER BY c.name LIMIT 3',
    ),
    no(
      'SELECT c.name, avg(o.total) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY c.name LIMIT 3',
    ),
    no(
      'SELECT c.name, avg(o.total) AS a FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id ORDER BY a LIMIT 3',
    ),
    no(
      'SELECT c.name, avg(o.total) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id HAVING count(*) > 1 ORDER BY c.name LIMIT 3',
    ),
    no('SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id ORDER BY c.name LIMIT 3'),
    no(
      'SELECT c.id FROM customer c LEFT JOIN orders o ON o.customer_id = c.id ORDER BY o.total LIMIT 3',
    ),
    no('(SELECT id FROM customer UNION SELECT id FROM orders) ORDER BY id LIMIT 3'),
    no(
      'SELECT i.order_id, p.title FROM item i JOIN product p ON p.sku = i.sku ORDER BY i.price LIMIT 3',
    ),
  ],
  'remove-distinct': [
    yes('SELECT DISTINCT id, country FROM customer'),
    yes('SELECT DISTINCT o.id, c.name FROM orders o LEFT JOIN customer c ON c.id = o.customer_id'),
    no('SELECT DISTINCT c.id FROM orders o LEFT JOIN customer c ON c.id = o.customer_id'),
    no('SELECT DISTINCT c.id, o.status FROM customer c JOIN orders o ON o.customer_id = c.id'),
    yes('SELECT DISTINCT country, count(*) FROM customer GROUP BY country'),
    no('SELECT DISTINCT country FROM customer GROUP BY country, active'),
  ],
  'order-joins': [
    yes(
      'SELECT i.sku FROM customer c JOIN product p ON p.title = c.name JOIN item i ON i.sku = p.sku JOIN orders o ON o.id = i.order_id AND o.customer_id = c.id',
    ),
    // Outer, semi and anti joins come where they are cheapest.
    yes(
      'SELECT o.id, c.name, i.sku FROM orders o LEFT JOIN customer c ON c.id = o.customer_id JOIN item i ON i.order_id = o.id WHERE i.quantity = 3',
    ),
    yes(
      'SELECT o.id, i.sku FROM orders o JOIN item i ON i.order_id = o.id WHERE o.status = $$open$$ AND NOT EXISTS (SELECT 1 FROM customer c WHERE c.id = o.customer_id)',
    ),
    // What needs the columns of an outer join comes after it.
    yes(
      'SELECT c.id FROM customer c LEFT JOIN product p ON p.title = c.name JOIN orders o ON coalesce(p.sku, o.status) = o.status',
    ),
    no(
      'SELECT c.id FROM customer c LEFT JOIN (orders o JOIN item i ON i.order_id = o.id) ON o.customer_id = c.id',
    ),
  ],
  'join-within-source': [
    yes(
      'SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE o.id NOT IN (SELECT i.order_id FROM item i)',
    ),
    no(
      'SELECT c.id FROM customer c JOIN orders o ON o.customer_id = c.id WHERE EXISTS (SELECT 1 FROM item i WHERE i.order_id = o.id AND i.quantity > c.id)',
    ),
  ],
  'aggregate-below-join': [
    yes(
      'SELECT c.country, sum(o.total), count(*), count(o.due), min(o.placed), avg(o.total) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.country',
    ),
    yes(
      'SELECT c.id, count(o.id), sum(o.total), count(*) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id GROUP BY c.id',
    ),
    // The other side's values count once per row.
    yes(
      'SELECT sum(c.credit), avg(c.id), count(c.born) FROM customer c JOIN orders o ON o.customer_id = c.id',
    ),
    yes(
      'SELECT sum(total) FROM orders WHERE customer_id IN (SELECT id FROM customer WHERE active)',
    ),
    yes('SELECT DISTINCT c.country FROM customer c JOIN orders o ON o.customer_id = c.id'),
    // Floats depend on the order of addition.
    no(
      'SELECT p.category, sum(i.discount) FROM item i JOIN product p ON p.sku = i.sku GROUP BY p.category',
    ),
    no(
      'SELECT c.country, string_agg(o.status, o.status) FROM customer c JOIN orders o ON o.customer_id = c.id GROUP BY c.country',
    ),
    // Customers without orders count as 1: the orders' numbers are needed one by one.
    no('SELECT sum(coalesce(o.id, 1)) FROM customer c LEFT JOIN orders o ON o.customer_id = c.id'),
    // Orders without a customer must not divide by zero: their numbers are grouped by, which saves nothing.
    no('SELECT sum(1000 / o.id) FROM customer c JOIN orders o ON o.customer_id = c.id'),
    // No orders would be one empty group.
    no('SELECT count(*) FROM customer c, orders o'),
    // Every group has one row.
    no(
      'SELECT o.status, max(c.credit) FROM orders o JOIN customer c ON c.id = o.id GROUP BY o.status',
    ),
    // The source does it all.
    no(
      'SELECT o.status, sum(i.quantity) FROM orders o JOIN item i ON i.order_id = o.id GROUP BY o.status',
    ),
    no(
      'SELECT count(*) FROM customer c JOIN orders o ON o.customer_id = c.id AND o.total > random()',
    ),
    // 0 and -0 are one group, and two texts.
    no(
      'SELECT c.score::text, count(*) FROM customer c JOIN orders o ON o.id = length(c.country) GROUP BY 1',
    ),
    // Expressions of the part: two quarters make fewer groups than the days.
    yes(
      'SELECT extract(quarter FROM i.shipped), p.category, sum(i.quantity) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2',
    ),
    yes(
      "SELECT CASE WHEN i.quantity > 40 THEN 'many' ELSE 'few' END, count(DISTINCT i.quantity % 4), count(p.list_price) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1",
    ),
    yes(
      'SELECT DISTINCT i.quantity > 25, p.category FROM item i JOIN product p ON p.sku = i.sku AND (p.list_price > 9 OR i.price > 9)',
    ),
    // NULL where a product has no item, as its quantity is.
    yes(
      'SELECT i.quantity % 3, p.category, count(*) FROM product p LEFT JOIN item i ON i.sku = p.sku GROUP BY 1, 2',
    ),
    // Where a product has no item this is false, and no key of an item that is not there.
    no(
      'SELECT coalesce(i.quantity, 0) > 25, p.category, count(*) FROM product p LEFT JOIN item i ON i.sku = p.sku GROUP BY 1, 2',
    ),
    // Items without a product must not divide by zero.
    no(
      'SELECT 100 / (i.quantity - 3) > 5, p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2',
    ),
    no(
      'SELECT i.quantity > 50 * random(), p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2',
    ),
    // Drawn for each item, not for each product.
    no(
      'SELECT random() < 0.5, p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2',
    ),
    // Over columns of both sides.
    no(
      'SELECT i.price > p.list_price, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1',
    ),
    {
      sql: 'SELECT extract(quarter FROM i.shipped), p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2',
      fires: false,
      without: 'extract',
    },
    // A source that does not know the session's time zone truncates the day without one; of hours the zone is another.
    {
      sql: "SELECT date_trunc('year', i.shipped), p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2",
      fires: true,
      without: 'timestamptz',
    },
    {
      sql: "SELECT date_trunc('hour', i.shipped), p.category, count(*) FROM item i JOIN product p ON p.sku = i.sku GROUP BY 1, 2",
      fires: false,
      without: 'timestamptz',
    },
  ],
  'group-by-parts-of-keys': [
    {
      sql: "SELECT to_char(shipped, 'YYYY'), count(*), avg(quantity), max(price) FROM item GROUP BY 1",
      fires: false,
      without: 'to_char',
    },
    {
      sql: 'SELECT extract(month FROM shipped) = quantity % 2, count(*), avg(price) FROM item GROUP BY 1',
      fires: false,
      without: 'extract',
    },
    {
      sql: 'SELECT upper(sku), i.quantity > 30, count(*), sum(i.quantity) FROM item i JOIN orders o ON o.id = i.order_id GROUP BY 1, 2',
      fires: true,
      without: 'upper',
    },
    {
      sql: "SELECT DISTINCT upper(sku) || '!', 100 / (length(sku) - 9) FROM item",
      fires: true,
      without: 'upper',
    },
    {
      sql: "SELECT date_trunc('year', shipped), min(quantity) FROM item GROUP BY 1",
      fires: true,
      without: 'timestamptz',
    },
    // The source does it all.
    no('SELECT upper(sku), count(*) FROM item GROUP BY 1'),
    // Sums of floats depend on the order, and texts are put together row by row.
    {
      sql: "SELECT upper(sku), sum(discount), string_agg(sku, ',') FROM item GROUP BY 1",
      fires: false,
      without: 'upper',
    },
    {
      sql: 'SELECT upper(sku) || random()::text, count(*) FROM item GROUP BY 1',
      fires: false,
      without: 'upper',
    },
  ],
  'distinct-branches': [
    large(yes('SELECT id FROM customer EXCEPT SELECT customer_id FROM orders')),
    large(yes('SELECT customer_id FROM orders UNION SELECT id FROM customer WHERE active')),
    large(yes('SELECT id FROM customer INTERSECT SELECT customer_id FROM orders WHERE id > 7')),
    // Copies count.
    large(no('SELECT id FROM customer EXCEPT ALL SELECT customer_id FROM orders')),
    large(no('SELECT customer_id FROM orders UNION ALL SELECT id FROM customer')),
    // There are none.
    large(no('SELECT id::bigint FROM customer EXCEPT SELECT id FROM orders')),
    // One source does all of it.
    large(no('SELECT customer_id FROM orders EXCEPT SELECT id::int FROM orders')),
    // Drawn for each row.
    large(
      no('SELECT id FROM customer EXCEPT SELECT customer_id + (random() * 3)::int FROM orders'),
    ),
  ],
  'distinct-matches': [
    yes(
      'SELECT c.id FROM customer c WHERE NOT EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = c.id)',
    ),
    yes('SELECT c.id FROM customer c WHERE c.id NOT IN (SELECT customer_id FROM orders)'),
    // A key is different in every row.
    no('SELECT c.id FROM customer c WHERE EXISTS (SELECT 1 FROM orders o WHERE o.id = c.id)'),
    // One source does it all.
    no(
      'SELECT i.line FROM item i WHERE EXISTS (SELECT 1 FROM orders o WHERE o.customer_id = i.line)',
    ),
    // Copies count in an inner join.
    no('SELECT c.id, o.total FROM customer c JOIN orders o ON o.customer_id = c.id'),
  ],
  'ask-catalog-early': [
    yes(
      "SELECT c.relname, has_table_privilege(c.oid, 'select') FROM pg_class c JOIN customer k ON k.country = c.relname",
    ),
    yes(
      "SELECT k.id FROM customer k LEFT JOIN pg_class c ON k.country = c.relname ORDER BY obj_description(c.oid, 'pg_class')",
    ),
    // The catalog alone: all of it goes there anyway.
    no(
      "SELECT k.id, c.p FROM customer k, (SELECT has_table_privilege(oid, 'select') AS p FROM pg_class) c",
    ),
    // NULL is not what format_type makes of a row that is not there.
    no(
      'SELECT format_type(a.atttypid, k.id::int) FROM customer k LEFT JOIN pg_attribute a ON k.country = a.attname',
    ),
    no(
      'SELECT format_type(a.atttypid, 4) FROM customer k LEFT JOIN pg_attribute a ON k.country = a.attname',
    ),
  ],
  'group-early': [
    large(
      yes(
        'SELECT c.country, count(*), sum(i.quantity), max(p.weight) FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price JOIN customer c ON c.id = o.customer_id GROUP BY c.country',
      ),
    ),
    // A customer without orders counts 1, and adds nothing to the sum.
    large(
      yes(
        'SELECT c.country, count(*), sum(x.quantity) FROM customer c LEFT JOIN (SELECT o.customer_id, i.quantity FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price) x ON x.customer_id = c.id GROUP BY c.country',
      ),
    ),
    // Whether a price is high is all that is read of it.
    large(
      yes(
        'SELECT c.country, i.price > 100, sum(i.quantity) FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price JOIN customer c ON c.id = o.customer_id GROUP BY 1, 2',
      ),
    ),
    // Every item is a row of its own above.
    large(
      no(
        'SELECT c.country, max(i.price + c.credit) FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price JOIN customer c ON c.id = o.customer_id GROUP BY c.country',
      ),
    ),
    // Floats depend on the order of addition.
    large(
      no(
        'SELECT c.country, sum(i.discount) FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price JOIN customer c ON c.id = o.customer_id GROUP BY c.country',
      ),
    ),
    // Few rows are joined as they are.
    no(
      'SELECT c.country, count(*) FROM orders o JOIN item i ON i.order_id = o.id JOIN product p ON p.sku = i.sku AND p.list_price < i.price JOIN customer c ON c.id = o.customer_id GROUP BY c.country',
    ),
  ],
  'send-value': [
    yes('SELECT id FROM orders WHERE total > (SELECT avg(credit) FROM customer)'),
    yes('SELECT id FROM orders WHERE total > (SELECT credit FROM customer WHERE id = 7)'),
    yes('SELECT id FROM orders WHERE total > (SELECT credit FROM customer WHERE id = $1)'),
    yes('SELECT o.id FROM orders o JOIN customer c ON o.total > c.credit WHERE c.id = 7'),
    // These may have a second row, which is an error.
    no("SELECT id FROM orders WHERE total > (SELECT credit FROM customer WHERE name = 'x')"),
    no('SELECT id FROM orders WHERE total > (SELECT credit FROM customer WHERE id < 7)'),
    // One row is not worth the wait.
    no('SELECT id FROM orders WHERE id = 3 AND total > (SELECT credit FROM customer WHERE id = 7)'),
    // A bind join sends what must be equal.
    no('SELECT id FROM orders WHERE customer_id = (SELECT max(id) FROM customer)'),
    no('SELECT id FROM orders WHERE total > (SELECT avg(price) FROM item)'),
    no(
      'SELECT o.id FROM (SELECT max(credit) AS most FROM customer) c LEFT JOIN orders o ON o.total > c.most',
    ),
    no('SELECT o.id FROM orders o JOIN customer c ON o.total > c.credit'),
  ],
  'prune-columns': [
    yes('SELECT a FROM (SELECT id AS a, sum(total) OVER () AS b FROM orders) s'),
    no('SELECT DISTINCT country, active FROM customer'),
  ],
}
