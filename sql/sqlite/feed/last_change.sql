SELECT coalesce(l.seq, s.seq, 0), l.salt
  FROM (SELECT 1)
  LEFT JOIN sqlite_sequence AS s ON s.name = 'badged_change'
  LEFT JOIN (SELECT seq, salt FROM badged_change ORDER BY seq DESC LIMIT 1) AS l
