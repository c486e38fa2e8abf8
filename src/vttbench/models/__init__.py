"""GGUF models: the inventory of named ones, discovery below a folder, synthetic ones."""
