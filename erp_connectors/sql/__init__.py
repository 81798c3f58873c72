"""An ERP that is a database: read-only views in, staging tables out."""
