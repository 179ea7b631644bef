-- Which of the server's processes answers now.
SELECT pg_catalog.pg_backend_pid()
