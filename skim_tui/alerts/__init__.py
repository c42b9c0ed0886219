"""Messages that leave the machine or ring a bell."""
