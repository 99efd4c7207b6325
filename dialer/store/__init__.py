"""SQL: tables, statements, migrations. Functions take a connection and never commit."""
