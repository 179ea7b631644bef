SELECT l.name, l.partial, s.sql
  FROM pragma_index_list(?1) AS l
  JOIN sqlite_schema AS s ON s.type = 'index' AND s.name = l.name
 WHERE l."unique"
 ORDER BY l.name
