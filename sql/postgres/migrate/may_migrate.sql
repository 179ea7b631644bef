-- Why this role can migrate nothing here; NULL when it can. $1: whether the record is there, which takes no right to
-- create. What a session of badged sets for itself does not count, so that of read-only the value from before does.
SELECT CASE
    WHEN pg_is_in_recovery() THEN 'this server is a standby, which takes no changes: migrate its primary'
    WHEN (SELECT s.reset_val FROM pg_catalog.pg_settings s WHERE s.name = 'default_transaction_read_only') = 'on'
        THEN format('default_transaction_read_only is on for role %I in database %I, so somebody wants nothing written: '
                    'have it turned off, or add options=-c%%20default_transaction_read_only%%3Doff to the URL',
                    current_user, current_database())
    WHEN to_regnamespace('public') IS NULL THEN 'there is no schema public: its tables would be there: CREATE SCHEMA public'
    WHEN NOT has_schema_privilege('public', 'USAGE') OR NOT $1::boolean AND NOT has_schema_privilege('public', 'CREATE')
        THEN format('permission denied for schema public: its owner runs GRANT %s ON SCHEMA public TO %I', concat_ws(', ',
                    CASE WHEN NOT has_schema_privilege('public', 'USAGE') THEN 'USAGE' END,
                    CASE WHEN NOT has_schema_privilege('public', 'CREATE') THEN 'CREATE' END), current_user)
    END
