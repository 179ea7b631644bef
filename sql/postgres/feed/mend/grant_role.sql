GRANT {right} TO {role}
