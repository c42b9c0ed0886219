"""From a signal to a closed trade: tickets, gates, orders, positions, their protection, and the operator's word on them."""
