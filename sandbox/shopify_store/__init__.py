"""A Shopify store on this machine: the real schema, with memory, strictness and faults."""
