SELECT count(*) FROM sqlite_schema WHERE type = 'trigger' AND name GLOB 'badged_*' AND tbl_name NOT GLOB 'badged_*'
