SELECT c.id AS customer_id,
       c.name,
       c.segment,
       c.country,
       o.orders,
       o.revenue,
       coalesce(t.tickets, 0) AS tickets,
       t.sentiment
FROM crm.customers c
LEFT JOIN (SELECT customer_id, count(*) AS orders, sum(total) AS revenue
             FROM crm.orders
            WHERE status <> 'returned'
            GROUP BY customer_id) o ON o.customer_id = c.id
LEFT JOIN (SELECT customer_id, count(*) AS tickets, avg(sentiment) AS sentiment
             FROM lake.tickets
            GROUP BY customer_id) t ON t.customer_id = c.id
