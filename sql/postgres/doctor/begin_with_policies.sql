BEGIN READ ONLY; SET LOCAL row_security = on
