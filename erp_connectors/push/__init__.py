"""An ERP that calls our REST API."""
