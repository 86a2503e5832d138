-- What the pairs were made from. `tried` pairs of products with enough buyers; `looked_at` passed all tests but chance.
CREATE OR REPLACE TABLE expansion_basis AS
SELECT $as_of AS as_of, $as_of - 364 AS starts_on, CAST($least AS BIGINT) AS least_people,
       CAST($most AS BIGINT) AS most_products, CAST($tried AS BIGINT) AS pairs_tried,
       CAST($looked_at AS BIGINT) AS pairs_looked_at,
       (SELECT count(*) FROM bought_together AS t) AS pairs_found,
       (SELECT count(DISTINCT f.buyer) FROM first_purchase AS f) AS people,
       (SELECT count(DISTINCT f.buyer) FROM first_purchase AS f WHERE f.items > $most) AS people_left_out,
       (SELECT count(*) FROM product_item AS i) AS products,
       (SELECT count(*) FROM product_item AS i WHERE i.left_out) AS products_left_out,
       (SELECT count(*) FROM kept_order AS k) AS orders,
       (SELECT count(*) FROM kept_order AS k WHERE k.delivered_on IS NOT NULL) AS orders_delivered,
       CAST($margin_pct AS DOUBLE) AS margin_pct;
