SELECT count(*)
  FROM sqlite_schema
 WHERE (type, name) IN (VALUES ('table', 'badged_meta'), ('table', 'badged_change'), ('trigger', 'badged_change_ring'))
