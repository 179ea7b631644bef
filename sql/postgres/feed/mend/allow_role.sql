ALTER ROLE {role} {right}
