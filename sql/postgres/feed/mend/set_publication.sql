ALTER PUBLICATION {publication} SET ({option})
