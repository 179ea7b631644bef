SELECT a.application_id,
       v.user_version,
       EXISTS (SELECT 1 FROM sqlite_schema WHERE type = 'table' AND name = 'badged_meta')
  FROM pragma_application_id AS a, pragma_user_version AS v
