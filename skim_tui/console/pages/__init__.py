"""The screens beside the desk: one file each, all of the same frame."""
