SELECT seq, "table", row, salt FROM badged_change WHERE seq > ?1 ORDER BY seq
