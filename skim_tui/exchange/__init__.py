"""The embedded simulated exchange: one matching core, several doors, tapes."""
