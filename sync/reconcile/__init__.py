"""Read both sides, and put right or write down what differs.

It decides nothing itself: levels go through the comparison that every notice goes
through, a product is decided as its flow decides it, and an order or a shipment found
missing enters by the road that every one takes.
"""
