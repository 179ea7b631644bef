-- What the file lacks of the tables that badges count, as one JSON list. ?1: wanted.json.
WITH wanted AS (SELECT json_extract(w.value, '$.table') AS name, w.value AS wanted FROM json_each(?1) AS w)
SELECT json_group_array(json_object('table', l.name, 'kind', l.kind, 'name', l.what, 'text', l.text)) FROM (
    SELECT name, 'table' AS kind, name AS what, 'table ' || name || ' is not there' AS text
    FROM wanted WHERE NOT EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'table' AND s.name = wanted.name)
    UNION ALL
    SELECT w.name, 'column', json_extract(k.value, '$.column'), w.name || ' has no column ' || (json_extract(k.value, '$.column'))
    FROM wanted w CROSS JOIN json_each(w.wanted, '$.columns') AS k
    WHERE EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'table' AND s.name = w.name)
      AND NOT EXISTS (SELECT 1 FROM pragma_table_xinfo(w.name) AS c WHERE c.name = json_extract(k.value, '$.column'))
    UNION ALL
    SELECT w.name, 'index', json_extract(k.value, '$.index'), w.name || ' has no index ' || (json_extract(k.value, '$.index'))
    FROM wanted w CROSS JOIN json_each(w.wanted, '$.indexes') AS k
    WHERE EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'table' AND s.name = w.name)
      AND NOT EXISTS (SELECT 1 FROM sqlite_schema s
                      WHERE s.type = 'index' AND s.name = json_extract(k.value, '$.index') AND s.tbl_name = w.name)
    UNION ALL
    SELECT w.name, 'trigger', json_extract(w.wanted, '$.trigger'), w.name || ' has no trigger ' || (json_extract(w.wanted, '$.trigger'))
    FROM wanted w
    WHERE json_extract(w.wanted, '$.trigger') IS NOT NULL
      AND EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'table' AND s.name = w.name)
      AND NOT EXISTS (SELECT 1 FROM sqlite_schema s WHERE s.type = 'trigger' AND s.name = json_extract(w.wanted, '$.trigger'))
) AS l
