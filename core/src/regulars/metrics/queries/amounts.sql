-- Parts of an order, all in minor units of its own currency. Where prices include tax, `goods_tax` is the tax
-- inside the goods and whatever tax is beyond it is inside the shipping; else all of it came on top.
CREATE OR REPLACE TEMP MACRO tax_on_top(goods, goods_tax, shipping, tax, total) AS
    CASE WHEN goods_tax <> 0 THEN 0
         ELSE greatest(CAST(0 AS HUGEINT), least(CAST(tax AS HUGEINT), total - goods - shipping)) END;
CREATE OR REPLACE TEMP MACRO tax_in_shipping(goods_tax, shipping, tax) AS
    CASE WHEN goods_tax = 0 THEN 0
         ELSE greatest(CAST(0 AS HUGEINT), least(CAST(shipping AS HUGEINT), tax - goods_tax)) END;
