-- How much there is in a file: nothing in a new one.
SELECT count(*) FROM sqlite_schema;
