ALTER TABLE {table} ALTER COLUMN id SET DEFAULT gen_random_uuid()
