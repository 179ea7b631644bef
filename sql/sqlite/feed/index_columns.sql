SELECT i.name, i.coll, CASE WHEN t."notnull" THEN t.dflt_value END
  FROM pragma_index_xinfo(?1) AS i
  LEFT JOIN pragma_table_xinfo(?2) AS t ON t.cid = i.cid
 WHERE i.key
 ORDER BY i.seqno
