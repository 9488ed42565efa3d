/** Statements over the three example catalogs: the shop, the insurer, the telephone company. */
import { wholeAtSource, type PlanStatement } from './statement.js'

const GERMAN_ORDERS = `crm.orders o JOIN crm.customers c ON c.id = o.customer_id WHERE c.country = 'DE'`

export const SHOP_STATEMENTS: readonly PlanStatement[] = [
  {
    name: 'revenue by segment and category, one country',
    sql: `SELECT c.segment, p.category, sum(s.quantity * s.price) AS revenue FROM crm.customers c
      JOIN crm.orders o ON o.customer_id = c.id JOIN warehouse.shipments s ON s.order_id = o.id
      JOIN lake.products p ON p.sku = s.product WHERE c.country = 'DE' GROUP BY c.segment, p.category`,
    least: `SELECT (SELECT count(*) FROM ${GERMAN_ORDERS}) + (SELECT count(*) FROM lake.products) +
      (SELECT count(*) FROM (SELECT DISTINCT order_id, product FROM warehouse.shipments WHERE order_id IN (SELECT o.id FROM ${GERMAN_ORDERS})) l)`,
    because: 'the orders of the country, one sum per order and product, and the products',
  },
  {
    name: 'one customer of the value view',
    sql: 'SELECT * FROM c360.customer_value WHERE customer_id = 42',
    least: `SELECT 1 + count(DISTINCT customer_id) FROM lake.tickets WHERE customer_id = 42`,
    because:
      'the customer with orders summed up in PostgreSQL, and one row of tickets if there are any',
  },
  wholeAtSource(
    'two columns of the value view',
    `SELECT name, segment FROM c360.customer_value WHERE country = 'JP'`,
  ),
  wholeAtSource(
    'best customers of the value view',
    'SELECT name, revenue FROM c360.customer_value ORDER BY revenue DESC NULLS LAST, name LIMIT 5',
  ),
  {
    name: 'tickets per segment',
    sql: `SELECT c.segment, count(*) FROM crm.customers c JOIN lake.tickets t ON t.customer_id = c.id GROUP BY c.segment`,
    least: 'SELECT 2 * count(DISTINCT customer_id) FROM lake.tickets',
    because: 'one count per customer with tickets, and the segment of each',
  },
  {
    name: 'products that never left',
    sql: 'SELECT p.sku FROM lake.products p WHERE NOT EXISTS (SELECT 1 FROM warehouse.shipments s WHERE s.product = p.sku AND s.quantity > 8)',
    least: `SELECT (SELECT count(*) FROM lake.products) + (SELECT count(DISTINCT product) FROM warehouse.shipments WHERE quantity > 8)`,
    because: 'the products, and each product shipped once',
  },
  wholeAtSource(
    'pages of one year',
    'SELECT page, count(*), max(seconds) FROM lake.visits WHERE year = 2026 GROUP BY page',
  ),
]

export const INSURANCE_STATEMENTS: readonly PlanStatement[] = [
  {
    name: 'one policy type of the union view',
    sql: `SELECT count(*), sum(premium) FROM c360.policies WHERE policy_type = 'Vehicle' AND active`,
    least: 'SELECT 1',
    because: 'only PostgreSQL has vehicles, and it counts',
  },
  {
    name: 'premiums per policy type',
    sql: 'SELECT policy_type, count(*), sum(premium) FROM c360.policies GROUP BY policy_type',
    least: 'SELECT 3',
    because: 'each branch is one group',
  },
  {
    name: 'premiums of all policies',
    sql: 'SELECT active, count(*), sum(premium), avg(premium) FROM c360.policies GROUP BY active',
    least: 'SELECT count(*) FROM (SELECT DISTINCT policy_type, active FROM c360.policies) p',
    because: 'the groups of each branch',
  },
  {
    name: 'policies of one customer',
    sql: 'SELECT policy_type, policy_id, premium FROM c360.policies WHERE customer_id = 32',
    least: 'SELECT count(*) FROM c360.policies WHERE customer_id = 32',
    because: 'the filter holds in every branch',
  },
  {
    name: 'policies of old customers',
    sql: `SELECT c.name, p.policy_type, p.premium FROM crm.customers c JOIN c360.policies p ON p.customer_id = c.id WHERE c.born < DATE '1941-01-01'`,
    least: `SELECT (SELECT count(*) FROM crm.customers WHERE born < DATE '1941-01-01') +
      (SELECT count(*) FROM c360.policies WHERE customer_id IN (SELECT id FROM crm.customers WHERE born < DATE '1941-01-01'))`,
    because: 'the customers, then their policies from each branch',
  },
  {
    name: 'claims of one policy type',
    sql: `SELECT p.active, sum(k.amount) FROM c360.policies p JOIN claims.claims k ON k.policy_id = p.policy_id
      WHERE p.policy_type = 'Life' AND k.policy_type = 3 GROUP BY p.active`,
    least: 'SELECT 2 * count(DISTINCT policy_id) FROM claims.claims WHERE policy_type = 3',
    because: 'one sum per policy with claims, and these policies',
  },
  {
    name: 'latest policies of the union view',
    sql: 'SELECT policy_type, policy_id, started_on FROM c360.policies ORDER BY started_on DESC, policy_id LIMIT 10',
    least: 'SELECT 30',
    because: 'the latest 10 of each branch',
  },
  {
    name: 'a policy type nobody sells',
    sql: `SELECT policy_id FROM c360.policies WHERE policy_type = 'Boat'`,
    least: 'SELECT 0',
    because: 'every branch says another type',
  },
  wholeAtSource(
    'customers of a policy, already unique',
    'SELECT DISTINCT policy_id, customer_id FROM motor.vehicle_policies WHERE premium > 1000',
  ),
]

const FOUR_SYSTEMS = `crm.customers c JOIN billing.invoices i ON i.customer_id = c.customer_id
  JOIN devices.devices d ON d.customer_id = c.customer_id JOIN churn.scores s ON s.customer_id = c.customer_id`

export const TELECOM_STATEMENTS: readonly PlanStatement[] = [
  {
    name: 'two columns of a view over twelve systems',
    sql: 'SELECT name, tariff FROM c360.customer WHERE customer_id <= 50',
    least: 'SELECT 100',
    because: 'only crm and billing have these columns; the range holds for both',
  },
  wholeAtSource('one system of twelve', 'SELECT name, since FROM c360.customer WHERE segment = 3'),
  {
    name: 'one customer of twelve systems',
    sql: 'SELECT * FROM c360.customer WHERE customer_id = 901',
    least: 'SELECT 12',
    because: 'every system knows 901: one row each',
  },
  {
    name: 'one customer over four systems, by key',
    sql: `SELECT c.name, i.amount, d.model, s.churn_score FROM ${FOUR_SYSTEMS} WHERE c.customer_id = 901`,
    least: 'SELECT 3 + count(*) FROM billing.invoices WHERE customer_id = 901',
    because: 'the key holds in every system: their invoices, and one row each of the others',
    most: 'SELECT 100',
  },
  {
    name: 'one customer over four systems, by name',
    sql: `SELECT c.name, i.amount, d.model, s.churn_score FROM ${FOUR_SYSTEMS} WHERE c.name = 'Customer 901'`,
    least: 'SELECT 3 + count(*) FROM billing.invoices WHERE customer_id = 901',
    because: 'the customer first, whose key is sent to the others',
    most: 'SELECT 100',
  },
  {
    name: 'how many customers',
    sql: 'SELECT count(*) FROM c360.customer',
    least: 'SELECT 1',
    because: 'no left join changes the count, as each key is unique',
  },
  {
    name: 'likely to leave, by segment',
    sql: 'SELECT segment, count(*) FROM c360.customer WHERE churn_score >= 98 GROUP BY segment',
    least: 'SELECT 2 * count(*) FROM churn.scores WHERE churn_score >= 98',
    because: 'their keys from the file, then their segments',
  },
  wholeAtSource('countries', 'SELECT DISTINCT country FROM c360.customer'),
  {
    name: 'invoices by year and device',
    sql: `SELECT extract(year FROM i.issued), d.model, count(*), sum(i.amount) FROM billing.invoices i JOIN devices.devices d ON d.customer_id = i.customer_id GROUP BY 1, 2`,
    least: `SELECT (SELECT count(*) FROM devices.devices) + (SELECT count(*) FROM
      (SELECT DISTINCT extract(year FROM i.issued), d.model FROM billing.invoices i JOIN devices.devices d ON d.customer_id = i.customer_id) AS groups)`,
    because:
      'each device is sent to billing, where it meets invoices of up to two years: these groups by customer are more rows than the devices',
  },
  {
    name: 'first page over three systems',
    sql: 'SELECT customer_id, name, tariff, points FROM c360.customer ORDER BY customer_id LIMIT 20',
    least: 'SELECT 60',
    because: 'the first 20 of crm, then one row each of billing and loyalty',
  },
  {
    name: 'a join that only checks a foreign key',
    sql: 'SELECT i.invoice_id, i.amount FROM billing.invoices i JOIN crm.customers c ON c.customer_id = i.customer_id WHERE i.amount > 99',
    least: 'SELECT count(*) FROM billing.invoices WHERE amount > 99',
    because: 'every invoice has a customer: crm is not asked',
  },
  {
    name: 'rich and unhappy',
    sql: 'SELECT name, balance, promoter FROM c360.customer WHERE promoter <= 1 AND balance > 400',
    least: `SELECT (SELECT count(*) FROM survey.answers WHERE promoter <= 1) + 2 * (SELECT count(*) FROM survey.answers y
      JOIN billing.accounts a ON a.customer_id = y.customer_id WHERE y.promoter <= 1 AND a.balance > 400)`,
    because: 'the unhappy from the file, of these the rich accounts, of these the names',
  },
]
