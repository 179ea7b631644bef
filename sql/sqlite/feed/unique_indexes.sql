SELECT name FROM pragma_index_list(?1) WHERE "unique" ORDER BY name
