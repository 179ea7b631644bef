DROP PUBLICATION {publication}
