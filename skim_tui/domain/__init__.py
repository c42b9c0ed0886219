"""What a trader would recognise, as pure values and functions: no I/O, no clock reads, no asyncio."""
