ALTER SYSTEM SET {setting} = {value}
