SELECT c.customer_id, c.name, c.segment, c.country, c.since, a.tariff, a.balance, m.points, o.marketing, s.calls, s.last_call,
       u.gigabytes, d.model, r.score AS credit_score, v.visits AS shop_visits, h.churn_score, w.sessions, y.promoter
FROM crm.customers c
LEFT JOIN billing.accounts a ON a.customer_id = c.customer_id
LEFT JOIN loyalty.members m ON m.customer_id = c.customer_id
LEFT JOIN consent.consents o ON o.customer_id = c.customer_id
LEFT JOIN support.contacts s ON s.customer_id = c.customer_id
LEFT JOIN network.usage_profiles u ON u.customer_id = c.customer_id
LEFT JOIN devices.devices d ON d.customer_id = c.customer_id
LEFT JOIN credit.scores r ON r.customer_id = c.customer_id
LEFT JOIN shops.visits v ON v.customer_id = c.customer_id
LEFT JOIN churn.scores h ON h.customer_id = c.customer_id
LEFT JOIN web.sessions w ON w.customer_id = c.customer_id
LEFT JOIN survey.answers y ON y.customer_id = c.customer_id
