"""A small Spanish back office that is a database: the demo's ERP. It imports nothing of ours."""
