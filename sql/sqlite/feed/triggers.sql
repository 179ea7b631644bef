SELECT name, sql
  FROM sqlite_schema
 WHERE type = 'trigger' AND tbl_name = ?1 AND name GLOB 'badged_*' AND instr(sql, 'badged_change')
