"""A Shopify store on this machine: the real schema over HTTP, with memory, strictness and faults."""
