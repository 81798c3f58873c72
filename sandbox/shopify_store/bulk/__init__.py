"""Bulk operations: what may be asked, the files in and out, and the threads that do the work."""
