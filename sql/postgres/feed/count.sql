SELECT {source}::int4 AS source, {tenant}::text AS tenant, count({counted})::int8 AS number FROM {table} WHERE ({where}) AND {tenant} {tenant_is} GROUP BY 2
